import { describe, expect, it } from "vitest";
import { defaultPolicy } from "../model/policy.ts";
import { MINUTE } from "../model/time.ts";
import { inspectNamespace, type NamespaceFacts } from "./namespace-health.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const live: NamespaceFacts = {
  namespace: "shop",
  state: "live",
  staleSince: undefined,
  lastSyncedAt: NOW,
  problem: undefined,
};
const problem = {
  since: NOW - MINUTE,
  message: "The API server refused the connection",
  remedy: undefined,
  missing: [],
};

const inspect = (changes: Partial<NamespaceFacts>, now = NOW) =>
  inspectNamespace({ ...live, ...changes }, defaultPolicy, now);
const found = (changes: Partial<NamespaceFacts>, now = NOW) =>
  inspect(changes, now).findings?.map(({ labels, annotations }) => [labels.alertname, annotations.cause]);

describe("inspectNamespace", () => {
  it("reports nothing while a namespace is watched or polled", () => {
    expect(inspect({})).toEqual({ findings: [], reevaluateAt: undefined });
    expect(found({ state: "polling" })).toEqual([]);
  });

  it.each`
    state                | cause
    ${"unauthenticated"} | ${"Unauthorized"}
    ${"forbidden"}       | ${"Forbidden"}
    ${"missing"}         | ${"NotFound"}
  `("reports that a namespace is not watched: $state", ({ state, cause }) => {
    expect(found({ state, staleSince: NOW, lastSyncedAt: 0, problem })).toEqual([["NamespaceNotWatched", cause]]);
  });

  it("ignores a 401 that lasts less than 30 seconds, as from an API server that is starting", () => {
    const rejected = { state: "unauthenticated", staleSince: NOW, problem: { ...problem, since: NOW } };
    expect(inspect(rejected, NOW + 29_999)).toEqual({ findings: [], reevaluateAt: NOW + 30_000 });
    expect(found(rejected, NOW + 30_000)).toEqual([["NamespaceNotWatched", "Unauthorized"]]);
    expect(found({ ...rejected, state: "forbidden" })).toEqual([["NamespaceNotWatched", "Forbidden"]]);
    // A token that never worked is reported immediately.
    expect(found({ ...rejected, lastSyncedAt: undefined })).toEqual([["NamespaceNotWatched", "Unauthorized"]]);
    // A namespace that was stale before remains stale.
    const before = { ...rejected, staleSince: NOW - MINUTE };
    expect(found(before)).toEqual([["WatchStale", "Stale"]]);
    expect(inspect(before).reevaluateAt).toBe(NOW + 30_000);
  });

  it("contains the missing permissions and the command that grants them", () => {
    const missing = ["list pods", "watch pods"];
    const [finding] = inspect({ state: "forbidden", problem: { ...problem, missing } }).findings ?? [];
    expect(finding!.annotations.description).toContain("Missing: list pods, watch pods.");
    expect(finding!.since).toBe(problem.since);
    const own = inspect({
      state: "forbidden",
      problem: { ...problem, remedy: "oc policy add-role-to-user view -z mine -n shop" },
    });
    // The command can be copied: nothing follows it.
    expect(own.findings?.[0]?.annotations.description).toMatch(
      / Remedy:\noc policy add-role-to-user view -z mine -n shop$/,
    );
    expect(inspect({ state: "missing" }).findings?.[0]?.since).toBe(NOW);
  });

  it("reports a stale namespace after a minute, unless missing permission explains it", () => {
    const stale = {
      state: "stale",
      staleSince: NOW,
      // Long before it became stale, which must not shorten the minute.
      lastSyncedAt: NOW - 10 * MINUTE,
      problem: { ...problem, message: "No answer.", remedy: "Check the network" },
    };
    expect(inspect(stale)).toEqual({ findings: [], reevaluateAt: NOW + MINUTE });
    const [finding] = inspect(stale, NOW + MINUTE).findings ?? [];
    expect(finding).toMatchObject({ labels: { alertname: "WatchStale", namespace: "shop" }, since: NOW });
    expect(finding!.annotations.description).toMatch(/No answer\. Remedy:\nCheck the network$/);
    expect(found({ ...stale, problem: undefined }, NOW + MINUTE)).toEqual([["WatchStale", "Stale"]]);
    expect(found({ ...stale, state: "forbidden" }, NOW + MINUTE)).toEqual([["NamespaceNotWatched", "Forbidden"]]);
  });

  it("reports a namespace that could never be read after a while, and is undecided before", () => {
    const never = { state: "syncing", staleSince: NOW, lastSyncedAt: undefined, problem };
    expect(inspect(never)).toEqual({ findings: undefined, reevaluateAt: NOW + MINUTE });
    expect(found(never, NOW + MINUTE)).toEqual([["NamespaceNotWatched", "Unreachable"]]);
  });

  it.each(["starting", "syncing"])("reports a namespace whose first sync never finishes: %s", (state) => {
    const waiting = { state, staleSince: NOW, lastSyncedAt: undefined };
    expect(inspect(waiting, NOW + 299_999)).toEqual({ findings: undefined, reevaluateAt: NOW + 5 * MINUTE });
    const [finding] = inspect(waiting, NOW + 5 * MINUTE).findings ?? [];
    expect(finding).toMatchObject({ labels: { alertname: "NamespaceNotWatched" }, since: NOW });
    expect(finding!.annotations.summary).toContain("its first sync did not finish");
  });
});
