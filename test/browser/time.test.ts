import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { exampleRows, exampleState, NOW } from "./support/example-state.ts";
import { failingRow, mixedState } from "./support/scene-states.ts";
import { loaded } from "./support/tab.ts";

const bench = useBench();

describe("time", () => {
  it.each([
    ["Europe/Prague", "11:00 CET"],
    ["America/St_Johns", "06:30 GMT-3:30"],
    ["UTC", "10:00 UTC"],
  ])("is shown in the browser's zone %s, and in UTC on request", async (timezoneId, local) => {
    await using server = await bench.serve(mixedState(), { frozen: true });
    const context = await bench.browser.newContext({ timezoneId });
    await context.clock.setFixedTime(NOW);
    await using tab = await bench.open(server, "containers", { context });
    const { page } = tab;
    const clock = page.getByRole("banner").locator("time");
    await expect.poll(() => clock.textContent()).toBe(local);
    await expect.poll(() => clock.getAttribute("title")).toBe("2026-11-22T10:00:30Z");
    await page.getByRole("button", { name: /Theme/ }).click();
    await page.getByRole("menuitem", { name: "UTC" }).click();
    await expect.poll(() => clock.textContent()).toBe("10:00 UTC");
    await page.reload();
    await expect.poll(() => clock.textContent()).toBe("10:00 UTC");
  });

  it("distinguishes the two times 02:30 on the day on which summer time ends", async () => {
    const shift = Date.UTC(2026, 9, 25, 2, 0) - NOW;
    const rows = exampleRows(60).map((row) => ({
      ...row,
      ...(row.since === undefined ? {} : { since: row.since + shift }),
      ...(row.restarts === undefined ? {} : { restarts: row.restarts.map((at) => at + shift) }),
      ...(row.lastRestart === undefined ? {} : { lastRestart: { ...row.lastRestart, at: row.lastRestart.at + shift } }),
    }));
    const state = exampleState(rows, { serverNow: NOW + shift });
    const row = failingRow(state);
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `containers?open=${row.id}`, { timezoneId: "Europe/Prague" });
    const { page } = tab;
    await loaded(page);
    const axis = page.locator(".pw-timeline-axis time");
    await expect.poll(() => axis.first().textContent()).toBe("02:00 CET");
    await expect.poll(() => axis.last().textContent()).toBe("03:00 CET");
    server.backend.answers.set("GET history", () => ({
      entries: [
        { kind: "restart", at: Date.UTC(2026, 9, 25, 1, 30), exitCode: 1 },
        { kind: "restart", at: Date.UTC(2026, 9, 25, 0, 30), exitCode: 1 },
      ],
    }));
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText("25 Oct 2026, 02:30:00 CET", { exact: true }).waitFor();
    await page.getByText("25 Oct 2026, 02:30:00 CEST", { exact: true }).waitFor();
  });

  it("uses the server's clock when the browser's is wrong, and reports it", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    const row = failingRow(state);
    const minutes = Math.floor((NOW - (row.since ?? 0)) / 60_000);
    // The clock of the scripted server is in November 2026; the browser clock is not.
    await page.locator(`[data-row="${row.id}"]`).click();
    await page.getByText(new RegExp(`\\((${minutes}|${minutes + 1}) min ago\\)`)).waitFor();
    await page.getByRole("link", { name: "Configuration" }).click();
    await page.getByText(/This browser's clock is .* the server's/).waitFor();
  });

  it("has no seconds, and updates within 15 s of a new minute", async () => {
    await using server = await bench.serve(mixedState({ serverNow: NOW + 20_000 }), { frozen: true });
    const context = await bench.browser.newContext({ timezoneId: "UTC" });
    await context.clock.install({ time: NOW + 20_000 });
    await context.clock.pauseAt(NOW + 21_000);
    await using tab = await bench.open(server, "containers", { context });
    const { page } = tab;
    const clock = page.getByRole("banner").locator("time");
    await expect.poll(() => clock.textContent()).toBe("10:00 UTC");
    await page.clock.runFor(15_000);
    await expect.poll(() => clock.textContent()).toBe("10:01 UTC");
  });
});
