import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { Refusal } from "./support/fixture-backend.ts";
import { failingRow, mixedState } from "./support/scene-states.ts";

const bench = useBench();
const state = mixedState();
const failing = failingRow(state);

describe("a new silence", () => {
  it("covers the alerts that match conditions, with a preview that follows the input", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "silences", { expected: /400/ });
    const { page } = tab;
    await page.getByRole("button", { name: "New silence…" }).click();
    const dialog = page.getByRole("dialog");
    const submit = dialog.getByRole("button", { name: /^Silence/ });
    await expect.poll(() => submit.getAttribute("title")).toBe("Enter a value for each condition");
    await dialog.getByLabel("Value of namespace").fill("nothing-like-it");
    await dialog.getByText("Matches nothing now. Later alerts that match will be silenced.").waitFor();
    await dialog.getByLabel("Operator").selectOption("=~");
    await dialog.getByLabel("Value of namespace").fill(`${failing.namespace}|nowhere`);
    await dialog.getByText(/^Silences \d+ containers, \d+ failing now\.$/).waitFor();
    await dialog.getByText(failing.id).waitFor();
    server.backend.answers.set("POST silences/preview", () => {
      throw new Refusal(400, "Bad Request", { detail: "scopes.0.matchers.0.value: missing closing ]" });
    });
    await dialog.getByLabel("Value of namespace").fill("[");
    await dialog.getByText(/missing closing \]/).waitFor();
    server.backend.answers.delete("POST silences/preview");
    await dialog.getByLabel("Value of namespace").fill(failing.namespace);
    await dialog.getByText(/^Silences \d+ containers/).waitFor();
    await dialog.getByLabel("Reason").fill("Upgrade");
    await submit.click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText(`namespace=~"${failing.namespace}"`).first().waitFor();
  });

  it("can recur at times of the week, and then ends only when its time is over", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "silences");
    const { page } = tab;
    await page.getByRole("button", { name: "New silence…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Value of namespace").fill("nowhere");
    await dialog.getByRole("checkbox", { name: "Only at certain times, every week" }).check();
    for (const day of ["Mon", "Tue", "Wed", "Thu", "Fri"]) await dialog.getByRole("checkbox", { name: day }).uncheck();
    await dialog.getByLabel("Start of the hours").fill("02:00");
    await expect.poll(() => dialog.getByRole("checkbox", { name: /^End early/ }).count()).toBe(0);
    await dialog.getByLabel("Reason").fill("Backup");
    const confirm = dialog.getByRole("checkbox", { name: /^Send no notifications/ });
    await confirm.check();
    await dialog.getByRole("button", { name: /^Silence/ }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("Recurs every Sat and Sun, 02:00–06:00 UTC").waitFor();
    expect(server.backend.silences[0]).toMatchObject({
      repeat: { days: ["sat", "sun"], from: "02:00", to: "06:00", timezone: "UTC" },
      endWhenNormal: false,
    });
  });
});
