import { describe, expect, it } from "vitest";
import type { RowState } from "../model/row-state.ts";
import { HOUR } from "../model/time.ts";
import type { RowFilter } from "./filter.ts";
import { compareNamespaces, listRows } from "./list.ts";
import { rowOrder } from "./order.ts";
import { isUnattended, type RowSeverity, type ViewRow } from "./row.ts";

const NOW = 10_000_000;

function row(name: string, state: RowState, change: Partial<ViewRow> = {}): ViewRow {
  const namespace = change.namespace ?? "shop";
  return { id: `${namespace}/${name}`, namespace, pod: name, state, ...change };
}

const NO_FILTER: RowFilter = { namespaces: [], states: [], severities: [], search: "", view: "problems", gone: false };
const context = { now: NOW, windowMs: HOUR, stale: new Set<string>() };

const list = (rows: readonly ViewRow[], filter: Partial<RowFilter> = {}, stale: readonly string[] = []) =>
  listRows(rows, { ...NO_FILTER, ...filter }, { ...context, stale: new Set(stale) });

const names = (rows: readonly ViewRow[], filter: Partial<RowFilter> = {}, sort = "", stale: readonly string[] = []) =>
  list(rows, filter, stale)
    .listed.toSorted(rowOrder(sort, { ...context, stale: new Set(stale) }))
    .map(({ pod, owner, namespace }) => pod ?? owner ?? namespace)
    .join(" ");

const silenced = (until: number) => ({ silenced: { until } });

const MIXED = [
  row("ok", "Normal"),
  row("warn", "Warning", { restarts: [NOW - 1], lastRestart: { at: NOW - 1 } }),
  row("sent", "Sent", { restarts: [NOW - 3, NOW - 2, NOW - 1], owner: "Deployment/b" }),
  row("bad", "Failure", { restarts: [NOW - 2, NOW - 1], owner: "Deployment/a" }),
  row("worse", "Failure", { restarts: [NOW - 5, NOW - 4, NOW - 3] }),
  row("late", "Failure", { namespace: "zulu", since: NOW - 5 }),
  row("later", "Failure", { namespace: "zulu", since: NOW - 4 }),
];

describe("filters", () => {
  it("list every row that is not Normal among the problems, and all rows on request", () => {
    expect(names(MIXED)).toBe("later late sent worse bad warn");
    expect(names(MIXED, { view: "all" })).toBe("later late sent worse bad warn ok");
  });

  it("list acknowledged and silenced rows as muted, until the silence expires", () => {
    const rows = [
      row("acked", "Failure", { ack: {} }),
      row("silenced", "Failure", silenced(NOW + 1)),
      row("expired", "Failure", silenced(NOW)),
    ];
    expect(names(rows, { view: "muted" })).toBe("acked silenced");
  });

  it("choose severities, whether a receiver was notified or not", () => {
    const rows = [
      row("sent", "Sent", { alerts: [{ severity: "warning" }] }),
      row("warn", "Warning"),
      row("bad", "Sent"),
      row("unseen", "Failure", { scope: "namespace" }),
      row("lost", "Normal", { namespace: "x" }),
      row("ok", "Normal"),
    ];
    const of = (severity: RowSeverity) => names(rows, { severities: [severity] }, "", ["x"]);
    expect(of("critical")).toBe("bad");
    expect(of("warning")).toBe("sent warn");
    expect(of("unknown")).toBe("lost unseen");
    expect(of("normal")).toBe("ok");
    expect(list(rows, {}, ["x"]).severities).toEqual({ critical: 1, warning: 2, unknown: 2, normal: 1 });
  });

  it("search the summary and the names of alerts, and one part where a key says which", () => {
    const rows = [
      row("quota", "Failure", {
        summary: "exceeded quota: media-pods",
        alerts: [{ severity: "critical", name: "PodFailed" }],
      }),
      row("web", "Failure", { node: "worker-3", owner: "Deployment/quota" }),
      row("bare", "Failure", { alerts: [{ severity: "critical" }] }),
    ];
    expect(names(rows, { search: "Media-Pods" })).toBe("quota");
    expect(names(rows, { search: "podfailed" })).toBe("quota");
    expect(names(rows, { search: "owner:quota" })).toBe("web");
    expect(names(rows, { search: "node:worker ns:shop" })).toBe("web");
    expect(names(rows, { search: "other:quota" })).toBe("");
  });

  it.each(["pod:web-1", "container:APP", "reason:crashloop"])("find the row by %s", (search) => {
    const rows = [
      row("web-1", "Failure", { container: "app", reason: "CrashLoopBackOff" }),
      row("api-1", "Failure", { container: "sidecar", reason: "OOMKilled" }),
    ];
    expect(names(rows, { search })).toBe("web-1");
  });

  it("list Normal rows among the problems when that state is chosen", () => {
    expect(names(MIXED, { states: ["Normal"] })).toBe("ok");
  });

  it("choose namespaces", () => {
    expect(names(MIXED, { namespaces: ["zulu"] })).toBe("later late");
  });

  it.each([
    ["billing WORKER", "a"],
    ["oomkilled", "b"],
    ["crashloop", "a"],
    ["main", "b"],
    ["shop", "a b"],
    ["billing oom", ""],
  ])("search names and reasons for every word of %j", (search, found) => {
    const rows = [
      row("a", "Failure", { owner: "Deployment/billing", node: "worker-3", reason: "CrashLoopBackOff" }),
      row("b", "Failure", { container: "main", lastRestart: { at: 1, reason: "OOMKilled" } }),
    ];
    expect(names(rows, { search })).toBe(found);
  });

  it("hide rows that are gone until they are asked for or searched for by name", () => {
    const rows = [row("gone", "Failure", { deletedAt: NOW - 1 }), row("warn", "Warning")];
    expect(names(rows)).toBe("warn");
    expect(names(rows, { gone: true })).toBe("warn gone");
    expect(names(rows, { search: "gone" })).toBe("gone");
  });

  it("keep a resolved workload among the problems, although its state is Normal", () => {
    const rows = [row("nightly", "Normal", { resolvedAt: NOW - 1 }), row("ok", "Normal")];
    expect(names(rows, { gone: true })).toBe("nightly");
    expect(list(rows)).toMatchObject({ listed: [], total: 1, matching: 0, gone: { deleted: 0, resolved: 1 } });
  });

  it("do not take a row of a stale namespace for Normal", () => {
    expect(names([row("ok", "Normal")], { states: ["Normal"] }, "", ["shop"])).toBe("");
  });
});

describe("order", () => {
  it("puts other rows before muted ones of the same state", () => {
    const rows = [row("a", "Failure", { ack: {} }), row("b", "Failure"), row("c", "Warning")];
    expect(names(rows)).toBe("b a c");
  });

  it("puts unknown rows before warnings, because they may be critical", () => {
    const rows = [row("ok", "Normal"), row("lost", "Normal", { namespace: "x" }), row("warn", "Warning")];
    expect(names(rows, { view: "all" }, "", ["x"])).toBe("lost warn ok");
  });

  it("moves no row when a receiver was notified of it", () => {
    const alerts = [{ severity: "warning" }] as const;
    const rows = [row("a", "Warning", { alerts }), row("b", "Failure"), row("c", "Warning", { alerts })];
    const notified = rows.map((each) => (each.pod === "c" ? { ...each, state: "Sent" as const } : each));
    expect(names(rows)).toBe("b a c");
    expect(names(notified)).toBe(names(rows));
  });

  it.each`
    sort           | order
    ${"state"}     | ${"later late sent worse bad warn"}
    ${"-state"}    | ${"warn bad sent worse late later"}
    ${"restarts"}  | ${"late later warn bad sent worse"}
    ${"-restarts"} | ${"sent worse bad warn late later"}
    ${"pod"}       | ${"bad late later sent warn worse"}
    ${"-pod"}      | ${"worse warn sent later late bad"}
    ${"-last"}     | ${"warn bad late later sent worse"}
    ${"owner"}     | ${"late later warn worse bad sent"}
    ${"toString"}  | ${"later late sent worse bad warn"}
  `("by $sort is $order", ({ sort, order }) => expect(names(MIXED, {}, sort)).toBe(order));

  it("counts only restarts within the row's own window", () => {
    const rows = [
      row("global", "Warning", { restarts: [NOW - 2 * HOUR, NOW - 1] }),
      row("own", "Warning", { restarts: [NOW - 2 * HOUR, NOW - 1], windowMs: 3 * HOUR }),
      row("past", "Warning", { restarts: [NOW - 2 * HOUR] }),
    ];
    expect(names(rows)).toBe("own global past");
  });

  it("names rows without a pod by their workload or namespace", () => {
    const workload = { id: "shop/Job/x", namespace: "shop", owner: "Job/x", state: "Warning" } as const;
    const namespace = { id: "shop", namespace: "shop", state: "Warning" } as const;
    expect(names([row("web", "Warning"), namespace, workload], {}, "pod")).toBe("Job/x shop web");
  });

  it("compares rows of one name by their id", () => {
    const rows = ["b", "a", "b"].map((container) => ({ ...row("web", "Warning"), id: `shop/web/${container}` }));
    expect(
      list(rows)
        .listed.toSorted(rowOrder("", context))
        .map(({ id }) => id.at(-1)),
    ).toEqual(["a", "b", "b"]);
  });
});

describe("counts", () => {
  it("cover every row, whatever the filter", () => {
    const { totals, namespaces, total, inView, matching } = list(MIXED, { search: "worse" });
    expect(totals).toEqual({ Failure: 4, Sent: 1, Warning: 1, Unknown: 0, Normal: 1 });
    expect(namespaces.get("zulu")).toMatchObject({ Failure: 2 });
    expect({ total, inView, matching }).toEqual({ total: 7, inView: 6, matching: 1 });
  });

  it("count a Normal row as Unknown while its namespace is stale", () => {
    expect(list([row("ok", "Normal"), row("bad", "Failure")], {}, ["shop"]).totals).toMatchObject({
      Normal: 0,
      Unknown: 1,
      Failure: 1,
    });
  });

  it("count rows that are gone only as gone, and only those that match", () => {
    const rows = [
      row("gone", "Failure", { deletedAt: NOW - 1 }),
      row("other", "Failure", { deletedAt: NOW - 1, namespace: "alpha" }),
      row("warn", "Warning"),
    ];
    expect(list(rows)).toMatchObject({ total: 1, inView: 1, matching: 1, gone: { deleted: 2, resolved: 0 } });
    expect(list(rows, { namespaces: ["shop"] }).gone.deleted).toBe(1);
    expect(list(rows, { view: "muted" }).gone.deleted).toBe(0);
  });

  it("give the change since the start of the window", () => {
    const changed = (from: RowState, to: RowState, at = NOW - 5) => ({ changes: [{ at, from, to }] });
    const rows = [
      row("new", "Failure", changed("Normal", "Failure")),
      row("old", "Failure", changed("Normal", "Failure", NOW - 2 * HOUR)),
      row("recovered", "Normal", changed("Failure", "Normal")),
      row("better", "Warning", changed("Failure", "Warning")),
      row("deleted", "Failure", { deletedAt: NOW - 1 }),
    ];
    expect(list(rows).change).toEqual({ Failure: -2, Sent: 0, Warning: 1, Normal: 0 });
  });
});

it.each`
  change                  | unattended
  ${{}}                   | ${true}
  ${{ state: "Sent" }}    | ${true}
  ${{ state: "Warning" }} | ${false}
  ${{ ack: {} }}          | ${false}
  ${silenced(NOW + 1)}    | ${false}
  ${silenced(NOW)}        | ${true}
  ${{ deletedAt: NOW }}   | ${false}
`("a failing row with $change is unattended: $unattended", ({ change, unattended }) => {
  expect(isUnattended({ ...row("a", "Failure"), ...change }, NOW)).toBe(unattended);
});

it("orders namespaces worst first, and stale ones before those with only warnings", () => {
  const namespaces = (["Normal", "Warning", "Sent", "Failure"] as const).flatMap((worst) => [
    { worst, isStale: false },
    { worst, isStale: true },
  ]);
  expect(
    namespaces.toSorted(compareNamespaces).map(({ worst, isStale }) => `${worst}${isStale ? " stale" : ""}`),
  ).toEqual(["Failure", "Failure stale", "Sent", "Sent stale", "Normal stale", "Warning stale", "Warning", "Normal"]);
});
