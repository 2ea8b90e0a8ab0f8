import { expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { mixedState } from "./support/scene-states.ts";

const bench = useBench();

/** Records notifications instead of showing them. */
const RECORD = `globalThis.shown = []; globalThis.Notification = class {
  static requestPermission = async () => "granted";
  constructor(title, { body }) { shown.push(title + ": " + body); }
};`;

it("the browser notifies about new incidents, in one tab", async () => {
  await using server = await bench.serve(mixedState());
  const context = await bench.browser.newContext();
  await context.addInitScript(RECORD);
  await using first = await bench.open(server, "", { context });
  await first.page.getByRole("button", { name: /^Theme/ }).click();
  await first.page.getByRole("menuitem", { name: "Critical incidents", exact: true }).click();
  await first.page.getByText(/notifies you while a tab/).waitFor();
  await using second = await bench.open(server, "", { context });
  await second.page.getByRole("link", { name: "checkout" }).waitFor();
  const [incident] = server.backend.incidents.filter(({ severity }) => severity === "critical");
  if (incident === undefined) throw new Error("The example has a critical incident");
  const fresh = {
    ...incident,
    id: "shop/Deployment/fresh@1",
    key: "shop/Deployment/fresh",
    workload: "Deployment/fresh",
  };
  server.pushIncidents([...server.backend.incidents, { ...fresh, since: server.now() }]);
  await expect.poll(() => first.page.evaluate("shown.join()")).toMatch(/^Critical: fresh in \w+: /);
  await second.page.getByRole("link", { name: "fresh" }).waitFor();
  await expect.poll(() => second.page.evaluate("shown.length")).toBe(0);
});
