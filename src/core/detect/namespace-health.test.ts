import { describe, expect, it } from "vitest";
import { defaultPolicy } from "../policy.ts";
import { MINUTE } from "../time.ts";
import { inspectNamespace, type NamespaceFacts } from "./namespace-health.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const live: NamespaceFacts = { namespace: "shop", state: "live", liveSince: NOW, confirmedAt: NOW, problem: undefined };
const problem = {
  since: NOW - MINUTE,
  message: "The API server refused the connection",
  remedy: undefined,
  missing: [],
};

const inspect = (changes: Partial<NamespaceFacts>, now = NOW) =>
  inspectNamespace({ ...live, ...changes }, defaultPolicy, now);
const found = (changes: Partial<NamespaceFacts>, now = NOW) =>
  inspect(changes, now).findings.map(({ labels, annotations }) => [labels.alertname, annotations.cause]);

describe("inspectNamespace", () => {
  it("is quiet while a namespace is live, is read by polling, or has just begun", () => {
    expect(inspect({})).toEqual({ findings: [], reevaluateAt: undefined });
    expect(found({ state: "polling", liveSince: undefined, confirmedAt: 0 })).toEqual([]);
    expect(found({ state: "syncing", liveSince: undefined, confirmedAt: undefined })).toEqual([]);
  });

  it.each`
    state                | cause
    ${"unauthenticated"} | ${"Unauthorized"}
    ${"forbidden"}       | ${"Forbidden"}
    ${"missing"}         | ${"NotFound"}
  `("tells that a namespace is not watched: $state", ({ state, cause }) => {
    expect(found({ state, liveSince: undefined, confirmedAt: 0, problem })).toEqual([["NamespaceNotWatched", cause]]);
  });

  it("names the missing permissions and the line that grants them", () => {
    const missing = ["list pods", "watch pods"];
    const [finding] = inspect({ state: "forbidden", problem: { ...problem, missing } }).findings;
    expect(finding!.annotations.description).toContain("Missing: list pods, watch pods.");
    expect(finding!.since).toBe(problem.since);
    const own = inspect({
      state: "forbidden",
      problem: { ...problem, remedy: "oc policy add-role-to-user view -z mine -n shop" },
    });
    // Copied as it stands, with nothing after it.
    expect(own.findings[0]!.annotations.description).toMatch(
      / Remedy:\noc policy add-role-to-user view -z mine -n shop$/,
    );
    expect(inspect({ state: "missing" }).findings[0]!.since).toBe(NOW);
  });

  it("tells that the picture is stale once a minute has passed; that it is refused explains it", () => {
    const stale = {
      state: "stale",
      liveSince: undefined,
      confirmedAt: NOW,
      problem: { ...problem, message: "No answer.", remedy: "Look at the network" },
    };
    expect(inspect(stale)).toEqual({ findings: [], reevaluateAt: NOW + MINUTE });
    const [finding] = inspect(stale, NOW + MINUTE).findings;
    expect(finding).toMatchObject({ labels: { alertname: "WatchStale", namespace: "shop" }, since: NOW });
    expect(finding!.annotations.description).toMatch(/No answer\. .* Remedy:\nLook at the network$/);
    expect(found({ ...stale, problem: undefined }, NOW + MINUTE)).toEqual([["WatchStale", "Stale"]]);
    expect(found({ ...stale, state: "forbidden" }, NOW + MINUTE)).toEqual([["NamespaceNotWatched", "Forbidden"]]);
  });

  it("tells of a namespace that could never be read, after a while", () => {
    const never = { state: "syncing", liveSince: undefined, confirmedAt: undefined, problem };
    expect(inspect(never)).toEqual({ findings: [], reevaluateAt: NOW + MINUTE });
    expect(found(never, NOW + MINUTE)).toEqual([["NamespaceNotWatched", "Unreachable"]]);
  });
});
