import { describe, expect, it } from "vitest";
import type { RowState } from "../../../src/core/model/row-state.ts";
import type { Row } from "../../../src/http/base/api-types.ts";
import { pageOf, toItems } from "./items.ts";
import { readQuery } from "./query.ts";
import { listView } from "./view.ts";

const NOW = 10_000_000;
const META = { windowMs: 3_600_000 };

function row(name: string, state: RowState, change: Partial<Row> = {}): Row {
  const namespace = change.namespace ?? "shop";
  return { id: `${namespace}/${name}`, scope: "container", namespace, pod: name, state, ...change };
}

const view = (rows: readonly Row[], search = "", staleSince = new Map<string, number>()) =>
  listView(rows, { query: readQuery(search), now: NOW, staleSince, meta: META });

const names = (rows: readonly Row[], search = "") =>
  view(rows, search).groups.map((group) => `${group.namespace}: ${group.rows.map((each) => each.pod).join(" ")}`);

const MIXED = [
  row("ok", "Normal"),
  row("warn", "Warning", { restarts: [NOW - 1] }),
  row("sent", "Sent", { restarts: [NOW - 3, NOW - 2, NOW - 1] }),
  row("bad", "Failure", { restarts: [NOW - 2, NOW - 1] }),
  row("worse", "Failure", { restarts: [NOW - 5, NOW - 4, NOW - 3] }),
  row("calm", "Normal", { namespace: "alpha" }),
  row("late", "Failure", { namespace: "zulu" }),
];

describe("groups", () => {
  it("are sorted worst first, then by name, with their rows worst first", () => {
    expect(names(MIXED)).toEqual(["shop: worse bad sent warn", "zulu: late"]);
    expect(names(MIXED, "?view=all")).toEqual(["shop: worse bad sent warn ok", "zulu: late", "alpha: calm"]);
  });

  it("follow the order of their first rows when the list is sorted by a column", () => {
    expect(names(MIXED, "?sort=restarts")).toEqual(["zulu: late", "shop: warn bad sent worse"]);
    expect(names(MIXED, "?sort=-pod")).toEqual(["shop: worse warn sent bad", "zulu: late"]);
  });

  it("count all their rows, whatever is filtered", () => {
    const { groups } = view(MIXED, "?q=worse");
    expect(groups).toMatchObject([{ namespace: "shop", counts: { Failure: 2, Sent: 1, Warning: 1, Normal: 1 } }]);
  });
});

describe("a stale namespace", () => {
  const staleSince = new Map([["shop", NOW - 500]]);

  it("is never shown as normal", () => {
    const { totals, groups } = view([row("ok", "Normal"), row("bad", "Failure")], "?view=all", staleSince);
    expect(totals).toMatchObject({ Normal: 0, Unknown: 1, Failure: 1 });
    expect(groups[0]).toMatchObject({ namespace: "shop", staleSince: NOW - 500 });
  });

  it("has a heading among the problems even without known failures", () => {
    const { groups } = view([row("ok", "Normal")], "", staleSince);
    expect(groups).toMatchObject([{ namespace: "shop", rows: [], staleSince: NOW - 500 }]);
  });

  it("has none while another namespace or a search is selected", () => {
    expect(view([row("ok", "Normal")], "?ns=other", staleSince).groups).toEqual([]);
    expect(view([row("ok", "Normal")], "?q=x", staleSince).groups).toEqual([]);
  });
});

describe("pages", () => {
  const options = { foldNormal: false, collapsed: new Set<string>(), unfolded: new Set<string>() };
  const many = Array.from({ length: 120 }, (_, number) => row(`p${String(number).padStart(3, "0")}`, "Failure"));

  it("divide the list and never exceed its end", () => {
    const items = toItems(view(many).groups, options);
    expect(pageOf(items, 1, 50)).toMatchObject({ page: 1, pages: 3, total: 120 });
    expect(pageOf(items, 3, 50).items).toHaveLength(20);
    expect(pageOf(items, 99, 50).page).toBe(3);
    expect(pageOf([], 4, 50)).toMatchObject({ page: 1, pages: 1, total: 0 });
  });

  it("fold the normal rows of a group into one line, until it is expanded", () => {
    const { groups } = view(MIXED, "?view=all");
    const folded = toItems(groups, { ...options, foldNormal: true });
    expect(folded.filter((item) => item.kind === "folded")).toMatchObject([
      { namespace: "shop", rows: 1 },
      { namespace: "alpha", rows: 1 },
    ]);
    const unfolded = toItems(groups, { ...options, foldNormal: true, unfolded: new Set(["alpha"]) });
    expect(unfolded.filter((item) => item.kind === "folded")).toHaveLength(1);
  });

  it("show only the heading of a collapsed group", () => {
    const items = toItems(view(many).groups, { ...options, collapsed: new Set(["shop"]) });
    expect(items).toMatchObject([{ kind: "head", namespace: "shop" }]);
  });
});
