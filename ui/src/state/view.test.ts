import { describe, expect, it } from "vitest";
import type { Row, RowState } from "../../../src/http/base/api-types.ts";
import { pageOf, toItems } from "./items.ts";
import { readQuery } from "./query.ts";
import { listView } from "./view.ts";

const NOW = 10_000_000;
const HOUR = 3_600_000;
const META = { windowMs: HOUR, threshold: 3 };

function row(name: string, state: RowState, change: Partial<Row> = {}): Row {
  const namespace = change.namespace ?? "shop";
  return { id: `${namespace}/${name}`, scope: "container", namespace, pod: name, state, ...change };
}

const view = (rows: readonly Row[], search = "", blind = new Map<string, number>()) =>
  listView(rows, { query: readQuery(search), now: NOW, blind, meta: META });

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

describe("the list", () => {
  it("shows problems first: worst groups by name, worst rows, then by count", () => {
    expect(names(MIXED)).toEqual(["shop: worse bad sent warn", "zulu: late"]);
  });

  it("shows all, the normal ones last", () => {
    expect(names(MIXED, "?view=all")).toEqual(["shop: worse bad sent warn ok", "zulu: late", "alpha: calm"]);
  });

  it("puts what someone has taken after what nobody has", () => {
    const ack = { by: "jdoe", at: NOW, notifyOnWorsening: true };
    const rows = [row("a", "Failure", { ack }), row("b", "Failure")];
    expect(names(rows)).toEqual(["shop: b a"]);
    expect(names(rows, "?view=handled")).toEqual(["shop: a"]);
  });

  it("forgets a silence that has run out, without hearing of it", () => {
    const silenced = { id: "s", by: "x", from: 0, until: NOW - 1, reason: "r" };
    expect(names([row("a", "Failure", { silenced })], "?view=handled")).toEqual([]);
    expect(names([row("a", "Failure", { silenced: { ...silenced, until: NOW + 1 } })], "?view=handled")).toEqual([
      "shop: a",
    ]);
  });

  it("counts over everything, whatever is filtered", () => {
    const { totals, total, inView, matching } = view(MIXED, "?q=worse");
    expect(totals).toEqual({ Failure: 3, Sent: 1, Warning: 1, Unknown: 0, Normal: 2 });
    expect({ total, inView, matching }).toEqual({ total: 7, inView: 5, matching: 1 });
  });

  it("counts the change within the window, what came less what went", () => {
    const changed = (from: RowState, to: RowState, at = NOW - 5) => ({ changes: [{ at, from, to }] });
    const rows = [
      row("came", "Failure", changed("Normal", "Failure")),
      row("long ago", "Failure", changed("Normal", "Failure", NOW - 2 * HOUR)),
      row("well again", "Normal", changed("Failure", "Normal")),
      row("better", "Warning", changed("Failure", "Warning")),
      row("deleted", "Failure", { deletedAt: NOW - 1 }),
      row("back and forth", "Normal", {
        changes: [
          { at: NOW - 9, from: "Normal", to: "Warning" },
          { at: NOW - 5, from: "Warning", to: "Normal" },
        ],
      }),
    ];
    expect(view(rows).change).toEqual({ Failure: -2, Sent: 0, Warning: 1, Normal: 0 });
  });

  it("leaves out what is gone, says how much that is, and counts it among nothing", () => {
    const rows = [
      row("gone", "Failure", { deletedAt: NOW - 1, since: NOW - 2 }),
      row("other", "Failure", { deletedAt: NOW - 1, namespace: "alpha" }),
      row("warn", "Warning"),
    ];
    expect(names(rows)).toEqual(["shop: warn"]);
    const { totals, total, matching, inView, gone } = view(rows);
    expect({ failure: totals.Failure, total, matching, inView, gone }).toEqual({
      failure: 0,
      total: 1,
      matching: 1,
      inView: 1,
      gone: { deleted: 2, resolved: 0 },
    });
    expect(view(rows, "?ns=shop").gone.deleted).toBe(1);
  });

  it("shows what is gone, last, to those who ask for it or search for it by name", () => {
    const rows = [row("gone", "Failure", { deletedAt: NOW - 1 }), row("warn", "Warning")];
    expect(names(rows, "?gone=show")).toEqual(["shop: warn gone"]);
    expect(names(rows, "?q=gone")).toEqual(["shop: gone"]);
    expect(view(rows, "?gone=show")).toMatchObject({ matching: 1, gone: { deleted: 1 } });
  });

  it("leaves out a workload whose alert is over among the problems, until someone asks", () => {
    const over = row("nightly", "Normal", { scope: "workload", owner: "CronJob/nightly", resolvedAt: NOW - 1 });
    expect(names([over])).toEqual([]);
    expect(view([over])).toMatchObject({ total: 0, matching: 0, gone: { deleted: 0, resolved: 1 } });
    expect(names([over], "?gone=show")).toEqual(["shop: nightly"]);
  });

  it("searches pod, container, owner, node and reasons, all words", () => {
    const rows = [
      row("a", "Failure", { owner: "Deployment/tracker", node: "worker-3" }),
      row("b", "Failure", { lastRestart: { at: 1, reason: "OOMKilled" } }),
    ];
    expect(names(rows, "?q=LEDGER worker")).toEqual(["shop: a"]);
    expect(names(rows, "?q=oomkilled")).toEqual(["shop: b"]);
    expect(names(rows, "?q=tracker oom")).toEqual([]);
  });

  it("shows the normal ones when they are asked for by state, also among the problems", () => {
    expect(names(MIXED, "?state=Normal")).toEqual(["shop: ok", "alpha: calm"]);
  });

  it.each`
    sort           | order
    ${"restarts"}  | ${"late warn bad sent worse"}
    ${"-restarts"} | ${"sent worse bad warn late"}
    ${"pod"}       | ${"bad late sent warn worse"}
    ${"-pod"}      | ${"worse warn sent late bad"}
  `("sorts by $sort, and equal rows by name", ({ sort, order }) => {
    const rows = MIXED.map((each) => ({ ...each, namespace: "shop" }));
    expect(names(rows, `?sort=${sort}`)).toEqual([`shop: ${order}`]);
  });

  it("counts only restarts within the window of the row itself", () => {
    const rows = [
      row("global", "Warning", { restarts: [NOW - 2 * HOUR, NOW - 1] }),
      row("own", "Warning", { restarts: [NOW - 2 * HOUR, NOW - 1], windowMs: 3 * HOUR }),
    ];
    expect(names(rows)).toEqual(["shop: own global"]);
  });
});

describe("a namespace that cannot be seen", () => {
  const blind = new Map([["shop", NOW - 500]]);

  it("is never shown as normal", () => {
    const { totals, groups } = view([row("ok", "Normal"), row("bad", "Failure")], "?view=all", blind);
    expect(totals).toMatchObject({ Normal: 0, Unknown: 1, Failure: 1 });
    expect(groups[0]).toMatchObject({ namespace: "shop", staleSince: NOW - 500 });
  });

  it("has a head among the problems even where nothing is known to fail", () => {
    const { groups } = view([row("ok", "Normal")], "", blind);
    expect(groups).toMatchObject([{ namespace: "shop", rows: [], staleSince: NOW - 500 }]);
  });

  it("has none where another namespace or a word is asked for", () => {
    expect(view([row("ok", "Normal")], "?ns=other", blind).groups).toEqual([]);
    expect(view([row("ok", "Normal")], "?q=x", blind).groups).toEqual([]);
  });
});

describe("pages", () => {
  const options = { foldNormal: false, collapsed: new Set<string>(), unfolded: new Set<string>() };
  const many = Array.from({ length: 120 }, (_, number) => row(`p${String(number).padStart(3, "0")}`, "Failure"));

  it("cut the list and never lie beyond its end", () => {
    const items = toItems(view(many).groups, options);
    expect(pageOf(items, 1, 50)).toMatchObject({ page: 1, pages: 3, total: 120 });
    expect(pageOf(items, 3, 50).items).toHaveLength(20);
    expect(pageOf(items, 99, 50).page).toBe(3);
    expect(pageOf([], 4, 50)).toMatchObject({ page: 1, pages: 1, total: 0 });
  });

  it("fold the normal rows of a group into one line, until someone asks", () => {
    const { groups } = view(MIXED, "?view=all");
    const folded = toItems(groups, { ...options, foldNormal: true });
    expect(folded.filter((item) => item.kind === "folded")).toMatchObject([
      { namespace: "shop", rows: 1 },
      { namespace: "alpha", rows: 1 },
    ]);
    const unfolded = toItems(groups, { ...options, foldNormal: true, unfolded: new Set(["alpha"]) });
    expect(unfolded.filter((item) => item.kind === "folded")).toHaveLength(1);
  });

  it("leave only the head of a collapsed group", () => {
    const items = toItems(view(many).groups, { ...options, collapsed: new Set(["shop"]) });
    expect(items).toMatchObject([{ kind: "head", namespace: "shop" }]);
  });
});
