import { describe, expect, it } from "vitest";
import type { Row, State } from "../../src/http/base/api-types.ts";
import { useBench } from "./support/bench.ts";
import { exampleRows, exampleState, NAMESPACES, NOW } from "./support/example-state.ts";
import { failingRow, mixedState } from "./support/scene-states.ts";
import { settle } from "./support/tab.ts";

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

describe("the status screen", () => {
  it("shows nothing for a moment while it loads, then a skeleton of the same size", async () => {
    const state = mixedState();
    await using server = await bench.serve(state);
    const measured = Promise.withResolvers<void>();
    server.backend.answers.set("GET state", async () => {
      await measured.promise;
      return { ...server.backend.state, serverNow: server.now() };
    });
    await using tab = await bench.open(server);
    const { page } = tab;
    await page.getByRole("status").getByText("Loading containers").waitFor();
    const skeleton = await page.locator(".pw-card").first().boundingBox();
    measured.resolve();
    await page.getByRole("table").waitFor();
    await settle(page);
    const card = await page.locator(".pw-card").first().boundingBox();
    expect(Math.abs((card?.y ?? 0) - (skeleton?.y ?? 0))).toBeLessThan(24);
    expect(card?.height).toBeGreaterThan(60);
  });

  it("shows the error, the request id and a retry when the first load fails", async () => {
    await using server = await bench.serve(mixedState());
    server.setMood("unavailable");
    await using tab = await bench.open(server, "", { expected: /503/ });
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
    await using tab = await bench.open(server);
    const { page } = tab;
    await page.getByText("No containers yet").waitFor();
    await page.getByText(/every project that the token can see/).waitFor();
    await page.getByRole("link", { name: "Open configuration" }).click();
    await page.getByRole("heading", { name: "Configuration", exact: true }).waitFor();
  });

  it("shows that all is normal, the last restart, and a link to all rows", async () => {
    const [first, ...others] = normal;
    const rows = [{ ...(first as Row), lastRestart: { at: NOW - 5 * 3_600_000, exitCode: 1 } }, ...others];
    await using server = await bench.serve(exampleState(rows));
    await using tab = await bench.open(server);
    const { page } = tab;
    await page.getByText("No container crossed the threshold in the last 60 min").waitFor();
    await page.getByText(new RegExp(`Last restart: 5 h ago \\(${first?.pod}\\)`)).waitFor();
    await expect.poll(() => page.title()).toBe("Pod Watcher");
    await page.getByRole("button", { name: "Show all 40" }).click();
    await page.getByRole("table").waitFor();
    await page
      .getByRole("button", { name: /normal – show/ })
      .first()
      .click();
    await page.getByRole("link", { name: normal[0]?.pod ?? "" }).waitFor();
  });

  it("does not show that all is normal while a namespace is out of sync", async () => {
    const namespaces = NAMESPACES.map((namespace) => ({
      namespace,
      state: "stale" as const,
      pods: 4,
      staleSince: NOW - 480_000,
    }));
    await using server = await bench.serve(
      exampleState(normal, { health: { namespaces, receivers: [], problems: [] } }),
    );
    await using tab = await bench.open(server);
    const { page } = tab;
    await page
      .getByText(/^Unknown since 09:52 UTC/)
      .first()
      .waitFor();
    await expect.poll(() => page.getByText(/No container crossed/).count()).toBe(0);
    await page.getByRole("button", { name: /^Normal 0 40 more unknown/ }).waitFor();
  });

  it("shows how many rows are hidden by how many filters, and clears them", async () => {
    await using server = await bench.serve(mixedState());
    await using tab = await bench.open(server, "?q=nothing-like-it&ns=identity");
    const { page } = tab;
    await page.getByText("No containers match").waitFor();
    await page.getByText(/^\d{3} are hidden by 2 filters and the view Problems\.$/).waitFor();
    await page
      .getByRole("list", { name: "Active filters" })
      .getByRole("button", { name: /Namespace: identity/ })
      .waitFor();
    await page.getByRole("button", { name: "Clear filters" }).last().click();
    await page.getByRole("table").waitFor();
    await expect.poll(() => page.url()).toBe(server.url);
  });

  it("shows when the alert of a workload resolved, on request", async () => {
    const state = mixedState();
    const workload = state.rows.find((each) => each.scope === "workload");
    if (workload === undefined) throw new Error("No workload in the state");
    await using server = await bench.serve(state);
    await using tab = await bench.open(server, "?gone=show");
    const { page } = tab;
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    const { alerts: _alerts, ...over } = workload;
    server.push([{ ...over, state: "Normal", resolvedAt: server.now() - 280_000 }]);
    const line = page.locator(`tr:has([data-row="${workload.id}"])`);
    await line.getByText("Resolved 4 min ago").waitFor();
    await page.getByText(/ · 1 resolved – hide/).waitFor();
    await page.locator(`[data-row="${workload.id}"]`).click();
    await page.getByText("Resolved 4 min ago.").waitFor();
  });

  it("counts deleted pods next to the list, and lists them struck through on request", async () => {
    const state = exampleState(exampleRows(160));
    const row = failingRow(state);
    await using server = await bench.serve(state);
    await using tab = await bench.open(server);
    const { page } = tab;
    await page.getByRole("banner").getByText("Live", { exact: true }).waitFor();
    const failures = () => page.locator(".pw-card-count").first().textContent();
    const problems = state.rows.filter((each) => each.state !== "Normal").length;
    const before = Number(await failures());
    server.push([{ ...row, deletedAt: server.now() - 280_000 }]);
    await page.getByText(`${problems - 1} problems · 1 deleted – show`).waitFor();
    const line = page.locator(`tr:has([data-row="${row.id}"])`);
    await expect.poll(() => line.count()).toBe(0);
    await page.getByRole("button", { name: "show", exact: true }).click();
    await line.getByText("Deleted 4 min ago").waitFor();
    await expect.poll(() => page.url()).toContain("gone=show");
    expect(Number(await failures())).toBe(before - 1);
    await page.getByRole("button", { name: "hide", exact: true }).click();
    await line.waitFor({ state: "detached" });
    await page.getByRole("textbox", { name: /^Search/ }).fill(row.pod ?? "");
    await line.waitFor();
    server.push([], [row.id]);
    await line.waitFor({ state: "detached" });
  });

  it("mentions earlier problems when all of them are deleted", async () => {
    const rows = normal.map((row): Row => ({ ...row, state: "Failure", deletedAt: NOW - 60_000 }));
    await using server = await bench.serve(exampleState(rows));
    await using tab = await bench.open(server);
    const { page } = tab;
    await page.getByText("No current problems").waitFor();
    await page.getByText("Earlier problems: 40 deleted.").waitFor();
    await page.getByRole("button", { name: "show", exact: true }).click();
    await page.getByRole("table").waitFor();
  });

  describe("with more rows than are sent", () => {
    const paging = (page: number, change: Partial<State["paging"]> = {}): NonNullable<State["paging"]> => ({
      page,
      perPage: 50,
      matching: 1_240,
      gone: 34,
      total: 31_000,
      unattended: 690,
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
      await using tab = await bench.open(server);
      const { page } = tab;
      await page.getByText(/more than 20,000 rows: the server filters and pages/).waitFor();
      await page.getByText(/watching 31,000 containers/).waitFor();
      await expect.poll(() => page.title()).toBe("(690) Pod Watcher");
      await page.getByRole("button", { name: "Failure 300 +12 in the last hour" }).waitFor();
      await page.getByRole("button", { name: "Alert sent 400 −3 in the last hour" }).waitFor();
      await page.getByRole("button", { name: "Go to next page" }).first().click();
      await expect
        .poll(() => page.locator(".pf-v6-c-pagination").first().textContent())
        .toMatch(/51 - 100\s*of\s*1240/);
      await page.getByRole("button", { name: /^Failure/ }).click();
      const asked = () => server.calls.filter((call) => call.path === "/api/v1/state").map((call) => call.query);
      await expect.poll(() => asked().at(-1)).toContain("state=Failure");
      expect(asked().at(-1)).toContain("page=1");
      expect(asked().at(-1)).toContain("gone=hide");
      await page.getByText(/34 deleted or resolved – show/).waitFor();
      await page.getByRole("button", { name: "show", exact: true }).click();
      await expect.poll(() => asked().at(-1)).toContain("gone=show");
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Download this list as CSV" }).click(),
      ]);
      expect(download.url()).toBe(`${server.url}api/v1/state.csv?state=Failure&view=problems&gone=show`);
    });

    it("shows that no row matches, and clears the filters", async () => {
      await using server = await bench.serve(exampleState([], { paging: paging(1, { matching: 0 }) }));
      await using tab = await bench.open(server, "?q=nothing-like-it");
      const { page } = tab;
      await page.getByText("No containers match").waitFor();
      await page.getByText("31,000 are hidden by 1 filter and the view Problems.").waitFor();
      await expect.poll(() => page.getByText("No containers yet").count()).toBe(0);
      await page.getByRole("button", { name: "Clear filters" }).last().click();
      await expect.poll(() => page.url()).toBe(server.url);
    });

    it("shows that all is normal, with the last restart known to the server", async () => {
      const namespaces = NAMESPACES.map((namespace) => ({
        namespace,
        counts: { Failure: 0, Sent: 0, Warning: 0, Normal: 3_100 },
      }));
      await using server = await bench.serve(
        exampleState([], { paging: paging(1, { matching: 0, gone: 0, unattended: 0, namespaces }) }),
      );
      await using tab = await bench.open(server);
      const { page } = tab;
      await page.getByText("No container crossed the threshold in the last 60 min").waitFor();
      await page.getByRole("button", { name: "Show all 31,000" }).waitFor();
      await page.getByRole("button", { name: /^Normal 31,000/ }).waitFor();
      await page.getByText("Last restart: 2 h ago.").waitFor();
      await expect.poll(() => page.title()).toBe("Pod Watcher");
    });
  });

  it("shows which panel failed, while the others continue", async () => {
    const state = mixedState();
    const row = failingRow(state);
    await using server = await bench.serve(state);
    server.backend.answers.set("GET containers/{id}", () => ({ row }));
    await using tab = await bench.open(server, `?open=${row.id}`, { expected: /TypeError/ });
    const { page } = tab;
    await page.getByText("Overview stopped working").waitFor();
    await page.getByRole("tab", { name: "History" }).click();
    await page.getByText(/Notified Slack/).waitFor();
    await expect.poll(() => page.getByRole("table", { name: "Containers" }).count()).toBe(1);
  });

  it("shows gaps in the watch of a namespace with their causes", async () => {
    await using server = await bench.serve(mixedState());
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
