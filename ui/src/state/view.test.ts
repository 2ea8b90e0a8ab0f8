import { describe, expect, it } from "vitest";
import type { RowState } from "../../../src/core/model/row-state.ts";
import type { Paging, Row } from "../../../src/http/base/api-types.ts";
import { readQuery } from "./query.ts";
import { containerList } from "./view.ts";

const NOW = 10_000_000;

function row(name: string, state: RowState, change: Partial<Row> = {}): Row {
  const namespace = change.namespace ?? "shop";
  return { id: `${namespace}/${name}`, scope: "container", namespace, pod: name, state, ...change };
}

const list = (rows: readonly Row[], search = "", stale = new Set<string>(), paging?: Paging) =>
  containerList(rows, {
    query: readQuery(search),
    perPage: 2,
    context: { now: NOW, windowMs: 3_600_000, stale },
    paging,
  });

const MIXED = [
  row("ok", "Normal"),
  row("warn", "Warning"),
  row("bad", "Failure", { since: NOW - 2 }),
  row("worse", "Failure", { since: NOW - 1 }),
  row("quota", "Failure", { scope: "workload" }),
  row("late", "Failure", { namespace: "zulu", deletedAt: NOW - 1 }),
];

describe("the table of containers", () => {
  it("is cut into pages, and a page beyond the last one shows the last", () => {
    expect(list(MIXED).rows.map(({ pod }) => pod)).toEqual(["worse", "bad"]);
    expect(list(MIXED, "?page=9")).toMatchObject({ page: 3, pages: 3, matching: 5, gone: 1 });
    expect(list(MIXED).all).toHaveLength(5);
  });

  it("counts containers without the alerts of workloads, and rows by severity", () => {
    expect(list(MIXED)).toMatchObject({
      containers: 4,
      total: 5,
      severities: { critical: 3, warning: 1, unknown: 0, normal: 1 },
    });
    expect(list(MIXED, "?severity=warning").rows.map(({ pod }) => pod)).toEqual(["warn"]);
    expect(list(MIXED).namespaces.get("shop")).toBe(4);
  });

  it("never shows a row of a stale namespace as normal", () => {
    expect(list(MIXED, "", new Set(["shop"])).severities).toMatchObject({ normal: 0, unknown: 1 });
  });

  it("is taken as it is where the server pages", () => {
    const paging: Paging = {
      page: 2,
      perPage: 50,
      matching: 120,
      gone: 3,
      total: 31_000,
      unattended: 7,
      severities: { critical: 30, unknown: 0, warning: 40, normal: 30_930 },
      change: { Failure: 0, Sent: 0, Warning: 0, Normal: 0 },
      namespaces: [{ namespace: "shop", counts: { Failure: 1, Sent: 2, Warning: 3, Normal: 4 } }],
    };
    const shown = list(MIXED, "", new Set(), paging);
    expect(shown).toMatchObject({ page: 2, pages: 3, matching: 120, total: 31_000, containers: undefined, gone: 3 });
    expect(shown.rows).toHaveLength(MIXED.length);
    expect(shown.namespaces.get("shop")).toBe(6);
  });
});
