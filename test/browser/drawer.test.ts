import { describe, expect, it } from "vitest";
import { useBench } from "./support/bench.ts";
import { exampleDetails, exampleLog } from "./support/example-answers.ts";
import { NOW } from "./support/example-state.ts";
import { Refusal } from "./support/fixture-backend.ts";
import { collectEvidence, failingRow, mixedState } from "./support/scene-states.ts";
import { loaded, PHONE } from "./support/tab.ts";

const bench = useBench();

const state = mixedState();
const row = failingRow(state);
const opened = `containers?open=${row.id}`;

describe("the details", () => {
  it("explain the exit code, the container and its siblings", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, opened);
    const { page } = tab;
    await page.getByText(new RegExp(`^${row.lastRestart?.exitCode} \\(`)).waitFor();
    await page.getByText(`Pod/${row.pod} ›`, { exact: false }).waitFor();
    await page.getByText("CPU 500m, memory 512Mi").waitFor();
    await page.getByText("Ignored: a whole number is expected, such as 5").waitFor();
    await page.getByRole("button", { name: /Show as a table/ }).click();
    await expect.poll(() => page.getByRole("columnheader", { name: "Exit code" }).count()).toBe(1);
  });

  it("keep tab, scroll and selection through live updates", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `${opened}&tab=logs`);
    const { page } = tab;
    const log = page.getByRole("region", { name: "Log" });
    await log.getByText("panic:").waitFor();
    // The log scrolls to its end after layout; after that, the reader's scroll position stays.
    const goTo120 =
      "new Promise((done) => { const log = document.querySelector('.pw-log'); log.scrollTop = 120; setTimeout(() => done(log.scrollTop), 200); })";
    const near120 = (top: unknown) => Math.abs(Number(top) - 120) <= 2;
    await expect.poll(async () => near120(await page.evaluate(goTo120))).toBe(true);
    const loads = server.calls.filter((call) => call.path.includes("/log")).length;
    for (const count of [21, 22, 23]) {
      server.push([{ ...row, restarts: Array.from({ length: count }, (_, place) => server.now() - place).reverse() }]);
      await expect
        .poll(() => page.locator(`tr:has([data-row="${row.id}"]) .pw-col-restarts`).textContent())
        .toBe(String(count));
    }
    await expect.poll(() => page.evaluate("document.querySelector('.pw-log').scrollTop")).toSatisfy(near120);
    await expect.poll(() => page.getByRole("tab", { name: "Last logs" }).getAttribute("aria-selected")).toBe("true");
    expect(server.calls.filter((call) => call.path.includes("/log"))).toHaveLength(loads);
  });

  it("stay open when the pod is deleted, and report it", async () => {
    await using server = await bench.serve(state);
    // The page may ask for the details of the pod when the server has just forgotten it.
    await using tab = await bench.open(server, opened, { expected: /404/ });
    const { page } = tab;
    await loaded(page);
    server.push([{ ...row, deletedAt: server.now() - 240_000 }]);
    await page.getByText(/The pod was deleted/).waitFor();
    server.push([], [row.id]);
    await page.getByText(/The pod no longer exists/).waitFor();
    await expect.poll(() => page.getByRole("heading", { name: row.pod ?? "" }).count()).toBe(1);
  });

  it("show the history of rows that no longer exist, such as a workload whose alert has resolved", async () => {
    await using server = await bench.serve(state);
    server.backend.answers.set("GET history", () => ({
      entries: [{ kind: "action", at: server.now() - 60_000, action: "ack", by: "jdoe", note: "on it" }],
    }));
    const id = "orders-prod/CronJob/nightly-report";
    await using tab = await bench.open(server, `containers?open=${id}`, { expected: /404/ });
    const { page } = tab;
    await page.getByText("Not found").waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText("Acknowledged by jdoe: “on it”").waitFor();
  });

  it("report a workload whose alert ends as resolved, not as a deleted pod", async () => {
    const workload = state.rows.find((each) => each.scope === "workload");
    if (workload === undefined) throw new Error("No workload in the state");
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `containers?open=${workload.id}`, { expected: /404/ });
    const { page } = tab;
    await loaded(page);
    await expect.poll(() => page.getByText("Restarts in the window").count()).toBe(0);
    server.push([], [workload.id]);
    await page.getByText(/^Resolved: no open alerts/).waitFor();
    await expect.poll(() => page.getByText(/The pod no longer exists/).count()).toBe(0);
  });

  it("explain how a container ended that is no longer running", async () => {
    await using server = await bench.serve(state);
    server.backend.answers.set("GET containers/{id}", () => {
      const { lastTerminated: _none, ...details } = exampleDetails(row, state, server.now());
      const finishedAt = server.now() - 60_000;
      const current = { name: "terminated", exitCode: 3, reason: "Error", startedAt: finishedAt - 5_000, finishedAt };
      return { ...details, phase: "Failed", current };
    });
    await using tab = await bench.open(server, opened);
    const { page } = tab;
    await page.getByText("3 (an exit code of the application)").waitFor();
    await page.getByText("The container is not running.").waitFor();
    await expect.poll(() => page.getByText(/No earlier run/).count()).toBe(0);
  });

  it("show collected evidence with its time when the cluster no longer has it", async () => {
    await using server = await bench.serve(state);
    collectEvidence(server);
    await using tab = await bench.open(server, `${opened}&tab=events`);
    const { page } = tab;
    const kept = page.getByText(/^Collected when the alert fired, 22 Nov 2026, 09:40:30 UTC/);
    await kept.first().waitFor();
    await page.getByRole("tab", { name: "Last logs" }).click();
    await page.getByText("panic:").waitFor();
    await expect.poll(() => kept.count()).toBe(2);
  });

  it("show older history a page at a time", async () => {
    await using server = await bench.serve(state);
    server.backend.answers.set("GET history", ({ url }) => {
      const cursor = url.searchParams.get("cursor");
      const entry = (by: string) => ({ kind: "action", at: NOW, action: "ack", by });
      return cursor === null ? { entries: [entry("jdoe")], next: "older" } : { entries: [entry(`mkrause, ${cursor}`)] };
    });
    await using tab = await bench.open(server, `${opened}&tab=history`);
    const { page } = tab;
    await page.getByText("Acknowledged by jdoe").waitFor();
    await page.getByRole("button", { name: "Show older" }).click();
    await page.getByText("Acknowledged by mkrause, older").waitFor();
    await expect.poll(() => page.getByText("Acknowledged by jdoe").count()).toBe(1);
    await expect.poll(() => page.getByRole("button", { name: "Show older" }).count()).toBe(0);
  });

  it("link from a workload to the failed pod, and name the pod of the log", async () => {
    const workload = state.rows.find((each) => each.scope === "workload");
    if (workload === undefined) throw new Error("No workload in the state");
    await using server = await bench.serve(state);
    server.backend.answers.set("GET containers/{id}", ({ path }) => {
      const details = exampleDetails(path.includes("ReplicaSet") ? workload : row, state, server.now());
      return path.includes("ReplicaSet") ? { ...details, failedPod: { id: row.id, pod: row.pod } } : details;
    });
    server.backend.answers.set("GET containers/{id}/log", () => ({ ...exampleLog(false), of: row.id }));
    await using tab = await bench.open(server, `containers?open=${workload.id}&tab=logs`);
    const { page } = tab;
    await page.getByText(`Log of ${row.id}:`).waitFor();
    await page.getByRole("tab", { name: "Overview" }).click();
    await page
      .getByRole("paragraph")
      .getByRole("link", { name: row.pod ?? "" })
      .click();
    await page.getByRole("heading", { name: row.pod ?? "", level: 2 }).waitFor();
  });

  it("fail per tab, each with a retry", async () => {
    await using server = await bench.serve(state);
    server.backend.answers.set("GET containers/{id}/events", () => {
      throw new Refusal(504, "The API server does not answer");
    });
    await using tab = await bench.open(server, opened, { expected: /504/ });
    const { page } = tab;
    await loaded(page);
    await page.getByRole("tab", { name: "Events" }).click();
    await page.getByText("The events could not be loaded").waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText(/Notified Slack/).waitFor();
    server.backend.answers.clear();
    await page.getByRole("tab", { name: "Events" }).click();
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("BackOff").first().waitFor();
  });

  it.each([
    ["not-kept", "This log is no longer on the node"],
    ["forbidden", "No permission to read the log"],
    ["never-started", "No previous run"],
  ] as const)("explain why there is no log: %s", async (why, title) => {
    await using server = await bench.serve(state);
    server.backend.answers.set("GET containers/{id}/log", () => ({
      available: false,
      why,
      reason: "as the kubelet says",
    }));
    await using tab = await bench.open(server, `${opened}&tab=logs`);
    await tab.page.getByText(title).waitFor();
    await tab.page.getByText("as the kubelet says").waitFor();
  });

  it("show the previous log first, the current one on request, and search in it", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `${opened}&tab=logs`);
    const { page } = tab;
    await page.getByText("Last 202 lines · 1 secret masked").waitFor();
    await page.getByRole("textbox", { name: "Search in the log" }).fill("panic");
    await page.getByText(/^1 of 202 lines/).waitFor();
    await expect.poll(() => page.locator("mark").textContent()).toBe("panic");
    await page.getByRole("textbox", { name: "Search in the log" }).fill("");
    await page.getByRole("button", { name: "Current" }).click();
    await page.getByText("Last 12 lines").waitFor();
  });

  it("close with Back, and open again from a copied address", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, `containers?ns=${row.namespace}`);
    const { page } = tab;
    await page.locator(`[data-row="${row.id}"]`).click();
    await page.getByRole("heading", { name: row.pod ?? "" }).waitFor();
    const address = page.url();
    expect(address).toContain(`open=${row.id}`);
    await page.goBack();
    await page.getByRole("heading", { name: row.pod ?? "" }).waitFor({ state: "detached" });
    await expect.poll(() => page.url()).toBe(`${server.url}containers?ns=${row.namespace}`);
    await page.goto(address);
    await page.getByRole("heading", { name: row.pod ?? "" }).waitFor();
  });

  it("go to the next problem and back", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    const links = page.locator("[data-row]");
    const [first, second] = [await links.nth(0).textContent(), await links.nth(1).textContent()];
    await links.nth(0).click();
    await page.getByRole("button", { name: "Next in the list" }).click();
    await page.getByRole("heading", { name: second ?? "", level: 2 }).waitFor();
    await page.getByRole("button", { name: "Previous in the list" }).click();
    await page.getByRole("heading", { name: first ?? "", level: 2 }).waitFor();
  });

  it("store their width", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, opened);
    const { page } = tab;
    await loaded(page);
    const width = () =>
      page.evaluate("document.querySelector('.pw-drawer').getBoundingClientRect().width") as Promise<number>;
    const before = await width();
    await page.getByRole("separator").focus();
    for (let press = 0; press < 5; press += 1) await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    await expect.poll(width).toBeGreaterThan(before + 50);
    const after = await width();
    await page.reload();
    await loaded(page);
    await expect.poll(async () => Math.abs((await width()) - after)).toBeLessThan(10);
  });

  it("fill the screen of a phone, with their heading visible", async () => {
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, opened, { viewport: PHONE });
    const { page } = tab;
    await loaded(page);
    const close = page.getByRole("button", { name: "Close the details" });
    await expect.poll(async () => (await close.boundingBox())?.y).toBeLessThan(160);
    await expect
      .poll(() => page.evaluate("document.querySelector('.pw-drawer').getBoundingClientRect().width"))
      .toBeGreaterThan(380);
    await close.click();
    await page.locator("[data-row]").first().waitFor();
  });
});
