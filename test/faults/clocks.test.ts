import type { ContainerState, Pod } from "@pod-watcher/simulator/model/objects";
import { timestamp } from "@pod-watcher/simulator/model/objects";
import { describe, expect, it } from "vitest";
import { type Duration, HOUR, type Instant, MINUTE, SECOND } from "../../src/core/model/time.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { createFaultWorld, type FaultWorld, podObject, put } from "./fault-world.ts";
import { watching } from "./watching.ts";

const NODE = "node-a";

/** A pod whose kubelet writes times of this clock. */
interface OnNode {
  readonly createdAt: Instant;
  /** When the kubelet accepted it, by the clock of the node. */
  readonly startedAt: Instant;
  readonly restartCount?: number;
  readonly state: ContainerState;
  readonly lastState?: ContainerState;
  /** By the clock of the node. */
  readonly notReadySince?: Instant;
}

function podOnNode({ createdAt, startedAt, notReadySince, ...look }: OnNode): Pod {
  const pod = podObject("web", look);
  const ready =
    notReadySince === undefined
      ? { type: "Ready", status: "True" as const, lastTransitionTime: timestamp(startedAt) }
      : {
          type: "Ready",
          status: "False" as const,
          lastTransitionTime: timestamp(notReadySince),
          reason: "ContainersNotReady",
        };
  return {
    ...pod,
    metadata: { ...pod.metadata, creationTimestamp: timestamp(createdAt) },
    spec: { ...pod.spec, nodeName: NODE },
    status: { ...pod.status, startTime: timestamp(startedAt), conditions: [ready] },
  } as Pod;
}

const runs = (startedAt: Instant): ContainerState => ({ running: { startedAt: timestamp(startedAt) } });
const ended = (startedAt: Instant, finishedAt: Instant): ContainerState => ({
  terminated: { exitCode: 1, reason: "Error", startedAt: timestamp(startedAt), finishedAt: timestamp(finishedAt) },
});

async function live(world: FaultWorld): Promise<void> {
  await world.passUntil(() => world.source.health().every(({ state }) => state === "live"), MINUTE);
  await world.pass(2 * SECOND);
}

/** A container that runs for ten seconds at a time, with a backoff of five minutes. */
async function crash(world: FaultWorld, times: number, born: OnNode, skew: (run: number) => Duration): Promise<OnNode> {
  let pod = born;
  for (let run = 1; run <= times; run++) {
    const startedAt = world.clock.now() + skew(run);
    pod = { ...pod, restartCount: run - 1, state: runs(startedAt) };
    put(world, podOnNode(pod));
    await world.pass(10 * SECOND);
    const end = ended(startedAt, world.clock.now() + skew(run));
    pod = { ...pod, state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } }, lastState: end };
    put(world, podOnNode(pod));
    await world.pass(5 * MINUTE);
  }
  return pod;
}

const CLOCKS: readonly (readonly [string, (run: number) => Duration, Duration | undefined])[] = [
  ["45 minutes slow", () => -45 * MINUTE, -45 * MINUTE],
  ["8 hours fast", () => 8 * HOUR, 8 * HOUR],
  ["right, and then jumps to 45 minutes slow", (run) => (run > 3 ? -45 * MINUTE : 0), -45 * MINUTE],
  ["right, and then jumps to 8 hours fast", (run) => (run > 3 ? 8 * HOUR : 0), 8 * HOUR],
  ["45 minutes slow, and then corrected", (run) => (run > 3 ? 0 : -45 * MINUTE), undefined],
  ["8 hours fast, and then corrected", (run) => (run > 3 ? 0 : 8 * HOUR), undefined],
];

const inMinutes = (skew: Duration | undefined) => skew && Math.round(skew / MINUTE) * MINUTE;

describe.each(CLOCKS)("the clock of a node is %s", (_what, skew, known) => {
  it("a crash loop is one alert, health names the node, and a restart of Pod Watcher changes nothing", async () => {
    const store = await createMemoryStore();
    await using world = await createFaultWorld({ protocol: "h2" });
    const first = await watching(world, store);
    await live(world);
    const createdAt = world.clock.now();
    const born = { createdAt, startedAt: createdAt + skew(1), state: runs(createdAt + skew(1)) };
    const last = await crash(world, 6, born, skew);
    expect(inMinutes(first.watcher.skewedNodes().get(NODE))).toBe(known);
    const fired = first.fired.toSorted();
    expect(fired).toEqual(["PodCrashLooping", "PodRestartingTooOften"]);
    await world.source[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();

    await using again = await world.another();
    await using second = await watching(again, store);
    await live(again);
    const firing = () =>
      [...second.watcher.alerts()].filter(({ state }) => state.name === "firing").map(({ labels }) => labels.alertname);
    expect(second.fired).toEqual([]);
    expect(firing().toSorted()).toEqual(fired);
    const startedAt = again.clock.now() + skew(7);
    put(again, podOnNode({ ...last, restartCount: 6, state: runs(startedAt) }));
    await again.pass(9 * MINUTE);
    expect(firing()).toContain("PodCrashLooping");
    await again.passUntil(() => !firing().includes("PodCrashLooping"), 2 * MINUTE);
  });
});

describe.each(CLOCKS.slice(0, 2))("the clock of a node is %s", (_what, skew) => {
  it("a pod that is not ready is reported 15 minutes after it was observed, also over a restart", async () => {
    const store = await createMemoryStore();
    await using world = await createFaultWorld({ protocol: "h2" });
    const first = await watching(world, store);
    await live(world);
    const at = world.clock.now() + skew(1);
    const born = { createdAt: world.clock.now(), startedAt: at, state: runs(at) };
    put(world, podOnNode(born));
    await world.pass(HOUR);
    put(world, podOnNode({ ...born, notReadySince: world.clock.now() + skew(1) }));
    await world.pass(10 * MINUTE);
    expect(first.fired).toEqual([]);
    await world.source[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();

    await using again = await world.another();
    await using second = await watching(again, store);
    await live(again);
    expect(second.fired).toEqual([]);
    await again.passUntil(() => second.fired.length > 0, 6 * MINUTE);
    expect(second.fired).toEqual(["PodNotReady"]);
  });
});

it("a status that arrives ten minutes late does not prove that a clock is wrong", async () => {
  await using world = await createFaultWorld({ protocol: "h2" });
  await using watched = await watching(world);
  await live(world);
  const createdAt = world.clock.now();
  await world.pass(20 * MINUTE);
  const startedAt = world.clock.now() - 10 * MINUTE;
  put(world, podOnNode({ createdAt, startedAt, state: runs(startedAt) }));
  await world.pass(MINUTE);
  expect(watched.watcher.skewedNodes().size).toBe(0);
});
