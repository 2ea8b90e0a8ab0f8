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
  it("is quiet while a namespace is live or is read by polling", () => {
    expect(inspect({})).toEqual({ findings: [], reevaluateAt: undefined });
    expect(found({ state: "polling" })).toEqual([]);
  });

  it.each`
    state                | cause
    ${"unauthenticated"} | ${"Unauthorized"}
    ${"forbidden"}       | ${"Forbidden"}
    ${"missing"}         | ${"NotFound"}
  `("tells that a namespace is not watched: $state", ({ state, cause }) => {
    expect(found({ state, staleSince: NOW, lastSyncedAt: 0, problem })).toEqual([["NamespaceNotWatched", cause]]);
  });

  it("lets a 401 pass that is over within half a minute, as one of an API server that is just starting is", () => {
    const refused = { state: "unauthenticated", staleSince: NOW, problem: { ...problem, since: NOW } };
    expect(inspect(refused, NOW + 29_999)).toEqual({ findings: [], reevaluateAt: NOW + 30_000 });
    expect(found(refused, NOW + 30_000)).toEqual([["NamespaceNotWatched", "Unauthorized"]]);
    expect(found({ ...refused, state: "forbidden" })).toEqual([["NamespaceNotWatched", "Forbidden"]]);
    // A token that never was good is a mistake, and told at once.
    expect(found({ ...refused, lastSyncedAt: undefined })).toEqual([["NamespaceNotWatched", "Unauthorized"]]);
    // What was stale before stays so.
    const before = { ...refused, staleSince: NOW - MINUTE };
    expect(found(before)).toEqual([["WatchStale", "Stale"]]);
    expect(inspect(before).reevaluateAt).toBe(NOW + 30_000);
  });

  it("names the missing permissions and the line that grants them", () => {
    const missing = ["list pods", "watch pods"];
    const [finding] = inspect({ state: "forbidden", problem: { ...problem, missing } }).findings ?? [];
    expect(finding!.annotations.description).toContain("Missing: list pods, watch pods.");
    expect(finding!.since).toBe(problem.since);
    const own = inspect({
      state: "forbidden",
      problem: { ...problem, remedy: "oc policy add-role-to-user view -z mine -n shop" },
    });
    // Copied as it stands, with nothing after it.
    expect(own.findings?.[0]?.annotations.description).toMatch(
      / Remedy:\noc policy add-role-to-user view -z mine -n shop$/,
    );
    expect(inspect({ state: "missing" }).findings?.[0]?.since).toBe(NOW);
  });

  it("tells that the picture is stale once a minute has passed; that it is refused explains it", () => {
    const stale = {
      state: "stale",
      staleSince: NOW,
      // Where nothing happens the last word may be minutes old: that is no reason to tell sooner.
      lastSyncedAt: NOW - 10 * MINUTE,
      problem: { ...problem, message: "No answer.", remedy: "Look at the network" },
    };
    expect(inspect(stale)).toEqual({ findings: [], reevaluateAt: NOW + MINUTE });
    const [finding] = inspect(stale, NOW + MINUTE).findings ?? [];
    expect(finding).toMatchObject({ labels: { alertname: "WatchStale", namespace: "shop" }, since: NOW });
    expect(finding!.annotations.description).toMatch(/No answer\. .* Remedy:\nLook at the network$/);
    expect(found({ ...stale, problem: undefined }, NOW + MINUTE)).toEqual([["WatchStale", "Stale"]]);
    expect(found({ ...stale, state: "forbidden" }, NOW + MINUTE)).toEqual([["NamespaceNotWatched", "Forbidden"]]);
  });

  it("tells of a namespace that could never be read, after a while; before that it says nothing either way", () => {
    const never = { state: "syncing", staleSince: NOW, lastSyncedAt: undefined, problem };
    expect(inspect(never)).toEqual({ findings: undefined, reevaluateAt: NOW + MINUTE });
    expect(found(never, NOW + MINUTE)).toEqual([["NamespaceNotWatched", "Unreachable"]]);
  });

  it.each(["starting", "syncing"])("tells of one that nothing is wrong with, and that never comes: %s", (state) => {
    const waiting = { state, staleSince: NOW, lastSyncedAt: undefined };
    expect(inspect(waiting, NOW + 299_999)).toEqual({ findings: undefined, reevaluateAt: NOW + 5 * MINUTE });
    const [finding] = inspect(waiting, NOW + 5 * MINUTE).findings ?? [];
    expect(finding).toMatchObject({ labels: { alertname: "NamespaceNotWatched" }, since: NOW });
    expect(finding!.annotations.summary).toContain("its first list of pods has not come to an end");
  });
});
