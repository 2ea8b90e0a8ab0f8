import { describe, expect, it } from "vitest";
import type { Row, State } from "../../src/http/base/api-types.ts";
import { useBench } from "./support/bench.ts";
import { exampleRows, exampleState, NAMESPACES, NOW } from "./support/example-state.ts";
import { failingRow, mixedState } from "./support/scene-states.ts";

const bench = useBench();

const normal = exampleRows(40).map(
  ({ id, scope, namespace, pod = "", container = "" }): Row => ({
    id,
    scope,
    namespace,
    pod,
    container,
    state: "Normal",
  }),
);

describe("the containers", () => {
  it("shows nothing for a moment while it loads, then that it loads, and no zeros", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    const measured = Promise.withResolvers<void>();
    server.backend.answers.set("GET state", async () => {
      await measured.promise;
      return { ...server.backend.state, serverNow: server.now() };
    });
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    const loading = page.getByRole("status").getByText("Loading…");
    await loading.waitFor();
    await expect.poll(() => page.locator("body").textContent()).not.toMatch(/\b0\b/);
    measured.resolve();
    await page.getByRole("table").waitFor();
    await expect.poll(() => loading.count()).toBe(0);
  });

  it("shows the error, the request id and a retry when the first load fails", async () => {
    await using server = await bench.serve(mixedState());
    server.setMood("unavailable");
    await using tab = await bench.open(server, "containers", { expected: /503/ });
    const { page } = tab;
    await page.getByText("The server is starting or overloaded (HTTP 503): Not ready yet").waitFor();
    await page.getByText("req-7f3a").waitFor();
    server.setMood("well");
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByRole("table").waitFor();
  });

  it("shows the selector and a link to the configuration when nothing is watched", async () => {
    const health = { namespaces: [], receivers: [], problems: [] };
    await using server = await bench.serve(
      exampleState([], { health, selector: "every project that the token can see" }),
    );
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await page.getByText("Nothing is watched yet").waitFor();
    await page.getByText(/every project that the token can see/).waitFor();
    await page.getByRole("link", { name: "Open configuration" }).click();
    await page.getByRole("heading", { name: "Configuration", exact: true }).waitFor();
  });

  it("shows no number of normal containers while nothing can be seen", async () => {
    const namespaces = NAMESPACES.map((namespace) => ({
      namespace,
      state: "stale" as const,
      pods: 4,
      staleSince: NOW - 480_000,
    }));
    await using server = await bench.serve(
      exampleState(normal, { health: { namespaces, receivers: [], problems: [] } }),
    );
    await using tab = await bench.open(server, "containers");
    const { page } = tab;
    await page.getByText(/Unknown in 10 of 10 namespaces since 09:52 UTC/).waitFor();
    await page.getByRole("button", { name: "Unknown 40" }).waitFor();
    await page.getByRole("button", { name: "Normal –" }).waitFor();
    await page.getByRole("banner").getByText("Unknown: nothing is watched").waitFor();
    await expect.poll(() => page.title()).toBe("(?) Containers · Pod Watcher");
  });

  it("shows how many rows are hidden by how many filters, and clears them", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "containers?q=nothing-like-it&ns=identity");
    const { page } = tab;
    await page.getByText("No containers match").waitFor();
    await page.getByText(/^\d{3} are hidden by 2 filters\.$/).waitFor();
    await page
      .getByRole("list", { name: "Active filters" })
      .getByRole("button", { name: /Namespace: identity/ })
      .waitFor();
    await page.getByRole("button", { name: "Clear filters" }).last().click();
    await page.getByRole("table").waitFor();
    await expect.poll(() => page.url()).toBe(`${server.url}containers`);
  });

  it("shows when the alert of a workload resolved, on request", async () => {
    const state = mixedState();
    const workload = state.rows.find((each) => each.scope === "workload");
    if (workload === undefined) throw new Error("No workload in the state");
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers?gone=show");
    const { page } = tab;
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    const { alerts: _alerts, ...over } = workload;
    server.push([{ ...over, state: "Normal", resolvedAt: server.now() - 280_000 }]);
    await page.getByText(/^\d deleted or resolved/).waitFor();
    await page.getByRole("textbox", { name: /^Search/ }).fill("checkout-6fd9c5b7c4");
    const line = page.locator(`tr:has([data-row="${workload.id}"])`);
    await line.getByText("Resolved 4 min ago").waitFor();
    await page.locator(`[data-row="${workload.id}"]`).click();
    await page.getByText("Resolved 4 min ago.").waitFor();
  });

  it("counts deleted pods next to the list, and lists them struck through on request", async () => {
    const state = exampleState(exampleRows(160));
    const row = failingRow(state);
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "containers?severity=critical");
    const { page } = tab;
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    const critical = () => page.getByRole("button", { name: /^Critical \d/ }).textContent();
    const before = Number((await critical())?.replace(/\D/g, ""));
    server.push([{ ...row, deletedAt: server.now() - 280_000 }]);
    await page.getByText("1 deleted or resolved").waitFor();
    const line = page.locator(`tr:has([data-row="${row.id}"])`);
    await expect.poll(() => line.count()).toBe(0);
    await page.getByRole("button", { name: "Show them", exact: true }).click();
    await line.getByText("Deleted 4 min ago").waitFor();
    await expect.poll(() => page.url()).toContain("gone=show");
    await expect.poll(critical).toBe(`Critical ${before - 1}`);
    await page.getByRole("button", { name: "Hide them", exact: true }).click();
    await line.waitFor({ state: "detached" });
    await page.getByRole("textbox", { name: /^Search/ }).fill(row.pod ?? "");
    await line.waitFor();
    server.push([], [row.id]);
    await line.waitFor({ state: "detached" });
  });

  describe("with more rows than are sent", () => {
    const paging = (page: number, change: Partial<State["paging"]> = {}): NonNullable<State["paging"]> => ({
      page,
      perPage: 50,
      matching: 1_240,
      gone: 34,
      total: 31_000,
      unattended: 690,
      severities: { critical: 700, unknown: 0, warning: 540, normal: 29_760 },
      change: { Failure: 12, Sent: -3, Warning: 0, Normal: -9 },
      lastRestartAt: NOW - 7_200_000,
      namespaces: NAMESPACES.map((namespace) => ({
        namespace,
        counts: { Failure: 30, Sent: 40, Warning: 54, Normal: 2_976 },
      })),
      ...change,
    });

    it("lets the server filter and page", async () => {
      const rows = exampleRows(1_200)
        .filter((row) => row.state !== "Normal")
        .slice(0, 50);
      await using server = await bench.serve(exampleState(rows, { paging: paging(1) }));
      server.backend.answers.set("GET state", ({ url }) => ({
        ...server.backend.state,
        serverNow: server.now(),
        paging: paging(Number(url.searchParams.get("page") ?? 1)),
      }));
      await using tab = await bench.open(server, "containers");
      const { page } = tab;
      await page.getByRole("heading", { name: "31,000 containers" }).waitFor();
      await page.getByRole("button", { name: "Critical 700" }).waitFor();
      await page.getByText("1–50 of 1,240 that match").waitFor();
      await page.getByRole("button", { name: "Next page" }).click();
      await page.getByText("2 of 25").waitFor();
      await page.getByRole("button", { name: /^Critical/ }).click();
      const asked = () => server.calls.filter((call) => call.path === "/api/v1/state").map((call) => call.query);
      await expect.poll(() => asked().at(-1)).toContain("severity=critical");
      expect(asked().at(-1)).toContain("page=1");
      expect(asked().at(-1)).toContain("gone=hide");
      await page.getByText(/34 deleted or resolved/).waitFor();
      await page.getByRole("button", { name: "Show them", exact: true }).click();
      await expect.poll(() => asked().at(-1)).toContain("gone=show");
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download this list as CSV" }).click(),
      ]);
      expect(download.url()).toBe(`${server.url}api/v1/state.csv?severity=critical&view=all&gone=show`);
    });

    it("shows that no row matches, and clears the filters", async () => {
      await using server = await bench.serve(exampleState([], { paging: paging(1, { matching: 0 }) }));
      await using tab = await bench.open(server, "containers?q=nothing-like-it");
      const { page } = tab;
      await page.getByText("No containers match").waitFor();
      await page.getByText("31,000 are hidden by 1 filter.").waitFor();
      await expect.poll(() => page.getByText("Nothing is watched yet").count()).toBe(0);
      await page.getByRole("button", { name: "Clear filters" }).last().click();
      await expect.poll(() => page.url()).toBe(`${server.url}containers`);
    });
  });

  it("shows which panel failed, while the others continue", async () => {
    const state = mixedState();
    const row = failingRow(state);
    await using server = await bench.serve(state);
    server.backend.answers.set("GET containers/{id}", () => ({ row }));
    await using tab = await bench.open(server, `containers?open=${row.id}`, { expected: /TypeError/ });
    const { page } = tab;
    await page.getByText("Overview stopped working").waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText(/Notified Slack/).waitFor();
    await expect.poll(() => page.getByRole("table", { name: "Containers" }).count()).toBe(1);
  });

  it("shows gaps in the watch of a namespace with their causes", async () => {
    await using server = await bench.serve(mixedState(), { frozen: true });
    await using tab = await bench.open(server, "configuration");
    const { page } = tab;
    await page.getByRole("button", { name: "2 gaps, newest until 09:12 UTC" }).click();
    await page
      .getByText(/^22 Nov 2026, 09:10:\d\d UTC – 22 Nov 2026, 09:12:\d\d UTC: the watch was lost \(expired\)$/)
      .waitFor();
    await page.getByText(/: Pod Watcher was not running$/).waitFor();
  });

  it("offers a search for the last segment of an unknown address", async () => {
    const state = mixedState();
    const row = failingRow(state);
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, row.pod);
    const { page } = tab;
    await page.getByText("Page not found").waitFor();
    await page.getByRole("textbox", { name: "Search for a pod" }).press("Enter");
    await page.locator(`[data-row="${row.id}"]`).waitFor();
  });
});
