import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, running } from "../../../test/support/pods.ts";
import { NOON } from "../../../test/support/story.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";
import { createNodeClocks, readNodeClock } from "./node-clock.ts";

const NODE = { node: "node-a", createdAt: NOON - HOUR };
const condition = (since: number, status: "True" | "False" = "True") =>
  ({ status, since, reason: undefined, message: undefined }) as const;

/** A pod of an hour ago that the kubelet accepted at this time and that has run since. */
function podAt(startedAt: number | undefined, changes: Partial<PodSnapshot> = {}): PodSnapshot {
  const containers = [running("app", startedAt === undefined ? {} : { startedAt })];
  return aPod({ ...NODE, startedAt, containers, ...changes });
}

const unscheduled = aPod({ ...NODE, startedAt: undefined, containers: [aContainer({ state: { name: "unknown" } })] });
const scheduled = (at: number) => ({ conditions: { ...aPod().conditions, scheduled: condition(at) } });

describe("the clock of a node", () => {
  it.each([
    ["right: a pod that started when it was created", podAt(NOON - HOUR + SECOND), undefined, 0],
    ["slow: a pod that started before it was created", podAt(NOON - HOUR - 45 * MINUTE), undefined, -45 * MINUTE],
    [
      "slow: a pod that started before it was scheduled",
      podAt(NOON - 50 * MINUTE, scheduled(NOON - 5 * MINUTE)),
      undefined,
      -45 * MINUTE,
    ],
    ["right: a pod that waited for a node", podAt(NOON - 5 * MINUTE, scheduled(NOON - 5 * MINUTE)), undefined, 0],
    ["unknown: a pod that started long after it was created", podAt(NOON - 5 * MINUTE), undefined, undefined],
    ["fast: a time in the future", podAt(NOON + 8 * HOUR), undefined, 8 * HOUR],
    ["fast: a new pod", podAt(NOON + 8 * HOUR), unscheduled, 8 * HOUR],
    ["slow: a new pod", podAt(NOON - HOUR - 45 * MINUTE), unscheduled, -45 * MINUTE],
    ["right: a change of now", podAt(NOON - SECOND), unscheduled, 0],
    ["unknown: a change that arrived late", podAt(NOON - 10 * MINUTE), unscheduled, undefined],
    ["unknown: a pod without a time of its kubelet", unscheduled, undefined, undefined],
    ["unknown: nothing new", podAt(NOON - HOUR), podAt(NOON - HOUR), undefined],
    [
      "unknown: times that are not set",
      podAt(undefined, { containers: [running("app", { startedAt: 0 })] }),
      undefined,
      undefined,
    ],
    [
      "unknown: the Ready condition that the node controller set",
      podAt(NOON - HOUR, { conditions: { ...aPod().conditions, ready: condition(NOON + HOUR, "False") } }),
      podAt(NOON - HOUR),
      undefined,
    ],
    ["unknown: a pod without a node", podAt(NOON + HOUR, { node: undefined }), undefined, undefined],
    [
      "unknown: a static pod",
      podAt(NOON - 9 * HOUR, { owner: { kind: "Node", name: "node-a" } }),
      undefined,
      undefined,
    ],
    [
      "slow after a jump: a run that ended before it began",
      podAt(NOON - HOUR, {
        containers: [
          aContainer({
            state: {
              name: "terminated",
              ...aTermination({ startedAt: NOON - 10 * MINUTE, finishedAt: NOON - 45 * MINUTE }),
            },
          }),
        ],
      }),
      podAt(NOON - HOUR, { containers: [running("app", { startedAt: NOON - 10 * MINUTE })] }),
      -45 * MINUTE,
    ],
  ])("is %s", (_what, pod, previous, offset) => {
    expect(readNodeClock(pod, previous, NOON)?.offset).toBe(offset);
  });
});

describe("the clocks of all nodes", () => {
  it("are those of the newest reading", () => {
    const clocks = createNodeClocks();
    const note = (offset: number, at: number) => clocks.note({ node: "node-a", offset, at });
    note(-45 * MINUTE, NOON);
    expect(clocks.skewOf("node-a")).toBe(-45 * MINUTE);
    note(0, NOON - HOUR);
    expect([...clocks.skewed()]).toEqual([["node-a", -45 * MINUTE]]);
    note(30 * SECOND, NOON + HOUR);
    expect(clocks.skewOf("node-a")).toBeUndefined();
    expect(clocks.skewed().size).toBe(0);
    expect(clocks.skewOf(undefined)).toBeUndefined();
  });
});
