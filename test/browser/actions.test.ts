import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { HOUR, NOW } from "./support/example-state.ts";
import { covers, Refusal } from "./support/fixture-backend.ts";
import { addSilences, failingRow, mixedState } from "./support/scene-states.ts";
import { loaded } from "./support/tab.ts";

const bench = useBench();

const state = mixedState();
const row = failingRow(state);
const opened = `containers?open=${row.id}`;
const line = (page: Page) => page.locator(`tr:has([data-row="${row.id}"])`);
const toast = (page: Page) => page.getByRole("list", { name: "Messages" });

const acknowledged = (page: Page) => line(page).getByRole("img", { name: /^Acknowledged by jdoe/ });

async function acknowledge(page: Page): Promise<void> {
  await page.getByRole("checkbox", { name: `Select ${row.id}` }).check();
  await page.getByRole("button", { name: "Acknowledge 1", exact: true }).click();
}

describe("acknowledging", () => {
  it("shows who acknowledged it, and can be undone", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await line(page).waitFor();
    // A toast closes after ten seconds by the page's clock, which the test controls from here on.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await acknowledge(page);
    await toast(page).getByText(`Acknowledged ${row.pod}`).waitFor();
    await acknowledged(page).waitFor();
    // Wait for the slide-in animation.
    await page.clock.runFor(1_000);
    const call = server.calls.find((each) => each.path.endsWith("/acknowledge"));
    expect(call?.body).toEqual({ subjects: [{ row: row.id }], notifyOnWorsening: true });
    expect(call?.headers["x-csrf-token"]).toBe("csrf-token");
    await toast(page).getByRole("button", { name: "Undo" }).click();
    await acknowledged(page).waitFor({ state: "detached" });
    await toast(page)
      .getByText(/No longer acknowledged/)
      .waitFor();
  });

  it("accepts a note, from the toast or the dialog", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, opened);
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
    await toast(page).getByRole("button", { name: "Add a note" }).click();
    await page.getByLabel("Note").fill("known, OPS-4127");
    await page.getByRole("checkbox", { name: /Notify again/ }).uncheck();
    await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
    await page.getByText("“known, OPS-4127”").waitFor();
    expect(server.calls.filter((each) => each.path.endsWith("/acknowledge")).at(-1)?.body).toEqual({
      subjects: [{ row: row.id }],
      note: "known, OPS-4127",
      notifyOnWorsening: false,
    });
  });

  it("reports why it failed, and offers a retry", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers", { expected: /500/ });
    const { page } = tab;
    server.backend.answers.set("POST acknowledge", () => {
      throw new Refusal(500, "Store is full", { detail: "No space left on the volume." });
    });
    await acknowledge(page);
    await toast(page)
      .getByText(/could not be acknowledged/)
      .waitFor();
    await toast(page)
      .getByText(/Server error \(HTTP 500\): Store is full · No space left on the volume\. · Request id: req-7f3a/)
      .waitFor();
    server.backend.answers.clear();
    await toast(page).getByRole("button", { name: "Retry" }).click();
    await acknowledged(page).waitFor();
    expect(server.calls.filter((each) => each.path.endsWith("/acknowledge"))).toHaveLength(2);
  });

  it("covers several rows at once", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers?sort=pod");
    const { page } = tab;
    for (const place of [1, 2, 3]) await page.getByRole("checkbox").nth(place).check();
    await page.getByText("3 selected").waitFor();
    await page.getByRole("button", { name: /^Acknowledge \d$/ }).click();
    await toast(page)
      .getByText(/^(Success alert:)?Acknowledged/)
      .waitFor();
    await page.getByText("3 selected").waitFor({ state: "detached" });
  });
});

it("bulk actions skip selected rows that a filter hides, and the page shows their number", async () => {
  await using server = await bench.serve(state);
  await using tab = await bench.open(server, "containers");
  const { page } = tab;
  const other = state.rows.find(
    (each) => each.state === "Failure" && each.namespace !== row.namespace && each.alerts && !each.deletedAt,
  );
  if (other === undefined) throw new Error("No failing row in another namespace");
  await page.getByRole("checkbox", { name: `Select ${row.id}` }).check();
  await page.getByRole("checkbox", { name: `Select ${other.id}` }).check();
  await page.getByText("2 selected").waitFor();
  await page.getByRole("textbox", { name: /^Search/ }).fill(row.pod ?? "");
  await page.getByText("1 selected").waitFor();
  await page.getByText("1 more outside this list").waitFor();
  await page.getByRole("button", { name: "Acknowledge 1", exact: true }).click();
  await acknowledged(page).waitFor();
  expect(server.calls.find((each) => each.path.endsWith("/acknowledge"))?.body).toMatchObject({
    subjects: [{ row: row.id }],
  });
});

describe("silencing", () => {
  it("shows a preview, requires a reason, and appears under Silences and in the list", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, opened);
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "Silence…", exact: true }).click();
    const dialog = page.getByRole("dialog");
    const scope = { kind: "workload", namespace: row.namespace, workload: row.owner ?? "" } as const;
    const under = state.rows.filter((each) => covers(scope, each));
    const failing = under.filter((each) => each.state !== "Normal").length;
    const noun = under.length === 1 ? "container" : "containers";
    await dialog.getByText(`Silences ${under.length} ${noun}, ${failing} failing now.`).waitFor();
    const submit = dialog.getByRole("button", { name: `Silence ${under.length} ${noun}` });
    await expect.poll(() => submit.getAttribute("title")).toBe("A reason is required");
    await submit.click({ force: true });
    expect(server.backend.silences).toEqual([]);
    await dialog.getByLabel("Reason").fill("Node drain, ticket OPS-4127");
    await submit.click();
    await toast(page)
      .getByText(/^(Success alert:)?Silenced until/)
      .waitFor();
    expect(server.backend.silences[0]).toMatchObject({ scope, reason: "Node drain, ticket OPS-4127", by: "jdoe" });
    const length = (server.backend.silences[0]?.until ?? 0) - server.now();
    // The time since the dialog was opened.
    expect(Math.abs(length - 2 * HOUR)).toBeLessThan(HOUR / 2);
    await line(page)
      .getByRole("img", { name: /^Silenced until/ })
      .waitFor();
    await page.getByRole("link", { name: "Silences" }).click();
    await page.getByText(`${row.owner} in ${row.namespace}`).waitFor();
  });

  it("can start later, and can cover a namespace", async () => {
    await using server = await bench.serve(state, { frozen: true });
    const context = await bench.browser.newContext({ timezoneId: "UTC" });
    await context.clock.setFixedTime(NOW);
    await using tab = await bench.open(server, opened, { context });
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "Silence…", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: /^Namespace / }).check();
    await dialog.getByText(/^Silences \d+ container/).waitFor();
    await dialog.getByText("A reason is required").waitFor();
    await dialog.getByLabel("Reason").fill("Planned migration");
    await dialog.getByRole("checkbox", { name: "Start later" }).check();
    const from = dialog.getByLabel("Start, in local time");
    await from.fill("2026-11-22T09:00");
    await dialog.getByText("Start time is in the past").waitFor();
    await from.fill("2026-11-22T22:00");
    await dialog.getByText("Until 23 Nov 2026, 00:00 UTC").first().waitFor();
    await dialog.getByRole("button", { name: /^Silence \d/ }).click();
    await toast(page)
      .getByText(/Silenced from 22 Nov 2026, 22:00 UTC until 23 Nov 2026, 00:00 UTC/)
      .waitFor();
    expect(server.backend.silences[0]).toMatchObject({
      scope: { kind: "namespace", namespace: row.namespace },
      state: "upcoming",
      from: Date.UTC(2026, 10, 22, 22),
      until: Date.UTC(2026, 10, 23),
    });
    await page.getByRole("link", { name: "Silences" }).click();
    await page.getByRole("button", { name: "Upcoming (1)" }).click();
    await page.getByText("Planned migration").waitFor();
  });

  it("updates its preview", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, opened);
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "Silence…", exact: true }).click();
    await page.getByText(/^Silences \d+ container/).waitFor();
    server.backend.answers.set("POST silences/preview", () => ({
      containers: 77,
      failing: 7,
      examples: [],
      conflicts: [],
    }));
    await page.getByText("Silences 77 containers, 7 failing now.").waitFor();
    await page.getByRole("checkbox", { name: /Send no notifications for 77 containers/ }).waitFor();
  });

  it("requires confirmation for everything, and respects permissions", async () => {
    const can = { ...state.can, silenceEverything: { reason: "Only an administrator may silence everything" } };
    await using server = await bench.serve({ ...state, can });
    await using tab = await bench.open(server, opened);
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "Silence…", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("radio", { name: /Everything/ }).check();
    await dialog.getByLabel("Reason").fill("Upgrade");
    await dialog.getByText(/Silences \d{3} containers/).waitFor();
    const submit = dialog.getByRole("button", { name: /^Silence \d/ });
    await expect.poll(() => submit.getAttribute("title")).toBe("Only an administrator may silence everything");
    server.pushConfig({ can: { ...can, silenceEverything: true } });
    await expect.poll(() => submit.getAttribute("title")).toBe("Confirm this large silence");
    await dialog.getByRole("checkbox", { name: /^Send no notifications/ }).check();
    await submit.click();
    await toast(page)
      .getByText(/^(Success alert:)?Silenced until/)
      .waitFor();
    expect(server.backend.silences[0]?.scope).toEqual({ kind: "everything" });
  });

  it("offers to extend an existing silence", async () => {
    await using server = await bench.serve(state);
    server.backend.silences.push({
      id: "s1",
      scope: { kind: "workload", namespace: row.namespace, workload: row.owner ?? "" },
      state: "active",
      from: server.now() - HOUR,
      until: server.now() + HOUR,
      reason: "Node drain",
      by: "mkrause",
      createdAt: server.now() - HOUR,
      endWhenNormal: false,
      matches: 3,
      failing: 1,
    });
    await using tab = await bench.open(server, opened);
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "Silence…", exact: true }).click();
    await page.getByText(/Already silenced by mkrause until/).waitFor();
    await page.getByRole("button", { name: "Extend it" }).click();
    await page.getByRole("button", { name: "24h" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await toast(page)
      .getByText(/^(Success alert:)?Silenced until 23 Nov/)
      .waitFor();
    expect((server.backend.silences[0]?.until ?? 0) - server.now()).toBeGreaterThan(23 * HOUR);
  });

  it("keeps the input when it fails", async () => {
    await using server = await bench.serve(state);
    server.backend.answers.set("PUT silences/{id}", () => {
      throw new Refusal(503, "Not the leader");
    });
    await using tab = await bench.open(server, opened, { expected: /503/ });
    const { page } = tab;
    await loaded(page);
    await page.getByRole("button", { name: "Silence…", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/^Silences \d+ container/).waitFor();
    await dialog.getByLabel("Reason").fill("Node drain");
    await dialog.getByRole("button", { name: /^Silence \d/ }).click();
    await dialog.getByText(/The server is starting or overloaded \(HTTP 503\): Not the leader/).waitFor();
    await expect.poll(() => dialog.getByLabel("Reason").inputValue()).toBe("Node drain");
  });
});

describe("the list of silences", () => {
  it("shows silences without matches, ends them and repeats them", async () => {
    await using server = await bench.serve(state);
    addSilences(server);
    await using tab = await bench.open(server, "silences");
    const { page } = tab;
    await page.getByText("Matches nothing").waitFor();
    const item = page.locator(".pw-record").filter({ hasText: "gateway-5x2kc9v7bd-mm4nz" });
    await item.getByRole("button", { name: "End now…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End now" }).click();
    await item.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Expired (2)" }).click();
    await item.getByRole("button", { name: "Create again…" }).click();
    const dialog = page.getByRole("dialog");
    await expect.poll(() => dialog.getByLabel("Reason").inputValue()).toBe("Known bug, fixed in 2026.11.4");
    await dialog.getByRole("button", { name: /^Silence 0 containers/ }).click();
    await page.getByRole("button", { name: "Active (2)" }).waitFor();
  });
});

describe("notifications", () => {
  it("updates by itself, and keeps older entries that were loaded", async () => {
    await using server = await bench.serve(state);
    const entry = (id: string, at: number) => ({ kind: "action", id, at, by: id, action: "ack", about: [row.id] });
    let newest = [entry("second", NOW - 1_000)];
    server.backend.answers.set("GET history", ({ url }) =>
      url.searchParams.has("cursor") ? { entries: [entry("first", NOW - 2_000)] } : { entries: newest, next: "older" },
    );
    await using tab = await bench.open(server, "notifications?tab=actions");
    const { page } = tab;
    const table = page.getByRole("table", { name: /newest first/ });
    await table.getByText("second").waitFor();
    await page.getByRole("button", { name: "Show older" }).click();
    await table.getByText("first").waitFor();
    newest = [entry("third", NOW), ...newest];
    await page.clock.install();
    // The page reloads when it becomes visible.
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    await table.getByText("third").waitFor();
    await expect.poll(() => table.locator(".pw-person").allTextContents()).toEqual([" third", " second", " first"]);
  });

  it("shows notifications and actions, filters them, sends a test message and resends a notification", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "notifications?tab=sent");
    const { page } = tab;
    const table = page.getByRole("table", { name: /newest first/ });
    await page.getByRole("tab", { name: "Actions" }).click();
    await table.getByText("known, OPS-4127").waitFor();
    await page.getByRole("tab", { name: "Sent" }).click();
    await page.getByRole("button", { name: "Not delivered" }).click();
    await expect.poll(() => table.getByRole("row").count()).toBe(3);
    await table.getByRole("button", { name: "Send to audit-hook again" }).click();
    await toast(page)
      .getByText(/Queued for audit-hook/)
      .waitFor();
    expect(server.calls.some((each) => each.path === "/api/v1/notifications/n1/resend")).toBe(true);
    await page.getByRole("tab", { name: "Receivers" }).click();
    const receiver = page
      .getByRole("list", { name: "Receivers" })
      .getByRole("listitem")
      .filter({ hasText: "ops-slack" });
    await receiver.getByRole("button", { name: "Send test message" }).click();
    await toast(page)
      .getByText(/ops-slack accepted the test message in 182 ms/)
      .waitFor();
  });
});
