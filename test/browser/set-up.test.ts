import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { exampleReceivers } from "./support/example-answers.ts";
import { mixedState } from "./support/scene-states.ts";

const bench = useBench();

describe("setting up notifications", () => {
  it("leads from a choice to the commands, the configuration and a test message", async () => {
    await using server = await bench.serve(mixedState());
    const receivers = [...exampleReceivers()];
    server.backend.answers.set("GET receivers", () => ({ receivers }));
    await using tab = await bench.open(server, "notifications?tab=setup");
    const { page } = tab;
    await page.clock.install();
    await page.reload();
    await page.getByRole("button", { name: "Teams" }).click();
    await page.getByRole("textbox", { name: "Name of the receiver" }).fill("team-shop");
    await page.getByRole("textbox", { name: "Only this namespace" }).fill("shop");
    await page
      .getByText(/create secret generic pod-watcher-team-shop --from-file=TEAM_SHOP_URL=\/dev\/stdin/)
      .waitFor();
    const configuration = page.getByRole("button", { name: /^Copy the configuration/ });
    await expect.poll(() => configuration.getAttribute("aria-label")).toContain("type: teams");
    await expect.poll(() => configuration.getAttribute("aria-label")).toContain('namespace=\\"shop\\"');
    await page.getByText("Waiting for the receiver team-shop").waitFor();
    receivers.push({ name: "team-shop", kind: "teams", state: "unused", pending: 0 });
    await page.clock.runFor(16_000);
    await page.getByText(/The receiver team-shop is there/).waitFor();
    await page.getByRole("button", { name: "Send test message" }).click();
    await page.getByText(/team-shop accepted the test message in 182ms|team-shop accepted the test message/).waitFor();
    await page.getByRole("textbox", { name: "Name of the receiver" }).fill('a"b');
    await page.getByText(/^At most 63 letters/).waitFor();
    await expect.poll(() => configuration.count()).toBe(0);
  });
});
