/**
 * Compares the simulated kubelet with a real one: the state transitions of the pods of the same workloads. Times and counts
 * vary; the order of states does not.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { createCluster, type PodSpecification } from "../src/cluster/cluster.ts";
import type { BehaviourSource } from "../src/model/behaviour.ts";
import { seededRandom } from "../src/model/clocks.ts";
import type { ContainerState, Event, Pod } from "../src/model/objects.ts";
import { readRecording } from "../src/storage/recording.ts";

/** When the kubelet was stopped in the recording. */
const KUBELET_STOPPED = "2026-11-22T11:50:00Z";

const recorded = readRecording(
  readFileSync(new URL("../../../test/fixtures/recordings/pods.watch.ndjson.gz", import.meta.url)),
).map(({ type, object }) => ({ type, pod: object as Pod }));

const recordedEvents = readRecording(
  readFileSync(new URL("../../../test/fixtures/recordings/events.watch.ndjson.gz", import.meta.url)),
).map(({ object }) => object as Event);

const inOneContainer = (behaviour: BehaviourSource): Partial<PodSpecification> => ({
  containers: [{ name: "app", behaviour }],
});
const exits = (after: number, exitCode: number, reason?: string): BehaviourSource => ({
  exit: { after, exitCode, ...(reason === undefined ? {} : { reason }) },
});

/** The workloads of scenarios.yaml by the prefix of their pod names. */
const scenarios: Readonly<Record<string, Partial<PodSpecification>>> = {
  checkout: inOneContainer(exits(2_000, 1)),
  // So short that the kubelet sees it running only sometimes.
  "exit-zero": inOneContainer((run) => ({ exit: { after: run % 3 === 0 ? 900 : 50, exitCode: 0 } })),
  oom: inOneContainer(exits(1_000, 137, "OOMKilled")),
  "db-0": inOneContainer(exits(5_000, 137)),
  "bad-image": inOneContainer({ image: { reason: "ErrImagePull" } }),
  "invalid-image-name": inOneContainer({ image: { reason: "InvalidImageName" } }),
  "never-pull": inOneContainer({ image: { reason: "ErrImageNeverPull" } }),
  "config-error": inOneContainer({
    create: { reason: "CreateContainerConfigError", message: 'configmap "absent" not found' },
  }),
  "run-error": inOneContainer({ start: 'exec: "/no/such/binary": no such file or directory' }),
  healthy: inOneContainer({ onTerm: "ignores" }),
  "never-ready": inOneContainer({ ready: "never" }),
  flapping: inOneContainer(exits(45_000, 1)),
  unschedulable: { ...inOneContainer({}), nodeSelector: { disk: "none" } },
  recovers: inOneContainer((run) => (run < 3 ? { exit: { after: 50, exitCode: 1 } } : {})),
  deadline: { ...inOneContainer({ onTerm: "ignores" }), restartPolicy: "Never", activeDeadline: 10_000 },
  "liveness-fail": inOneContainer({ livenessFails: 6_000, onTerm: "ignores" }),
  "init-crash": {
    containers: [
      { name: "migrate", type: "init", behaviour: exits(50, 3) },
      { name: "app", behaviour: {} },
    ],
  },
  "sidecar-crash": {
    containers: [
      { name: "proxy", type: "sidecar", behaviour: exits(3_000, 7) },
      { name: "app", behaviour: {} },
    ],
  },
  "second-container-crash": {
    containers: [
      { name: "web", behaviour: {} },
      { name: "metrics", behaviour: exits(1_000, 2) },
    ],
  },
  nightly: { ...inOneContainer(exits(5_000, 1)), restartPolicy: "Never" },
};

/** Workloads that were deleted at the end. Other pods, deleted by their Jobs or by hand, are compared up to that point. */
const DELETED = new Set(["healthy"]);

describe.each(Object.entries(scenarios))("%s", (name, spec) => {
  const real = transitionsOf(
    recorded.filter(
      ({ pod }) => pod.metadata.name.startsWith(name) && (pod.metadata.creationTimestamp ?? "") < KUBELET_STOPPED,
    ),
    (pod) => newestTime(pod) < KUBELET_STOPPED && (DELETED.has(name) || !isDeleting(pod)),
  );

  const realEvents = kindsOf(
    recordedEvents.filter(
      (event) =>
        event.involvedObject.name.startsWith(name) && (event.metadata.creationTimestamp ?? "") < KUBELET_STOPPED,
    ),
  );

  it("has the same state transitions and Events as a real cluster", async () => {
    const simulated = new Set<string>();
    const simulatedEvents = new Set<string>();
    for (let seed = 1; seed <= 12; seed++) {
      const { transitions, events } = await simulate(name, spec, seed);
      for (const transition of transitions) simulated.add(transition);
      for (const event of events) simulatedEvents.add(event);
    }
    expect([...simulatedEvents].sort()).toEqual([...realEvents].sort());
    expect([...real].filter((transition) => !simulated.has(transition))).toEqual([]);
    expect([...simulated].filter((transition) => !real.has(transition))).toEqual([]);
  });
});

async function simulate(name: string, spec: Partial<PodSpecification>, seed: number) {
  const clock = createFakeClock({ now: Date.UTC(2026, 10, 22, 11, 38, 33), random: seededRandom(seed) });
  const cluster = createCluster({ clock });
  const seen: { type: string; pod: Pod }[] = [];
  cluster.storage.pods.subscribe(({ type, entry }) => seen.push({ type, pod: entry.object }));
  cluster.createPod({ namespace: "shop", name: "pod-0", ...spec });
  await clock.advance(10 * 60_000);
  if (DELETED.has(name)) cluster.deletePod("pod-0");
  await clock.advance(60_000);
  const events = kindsOf(cluster.storage.events.entries().map(({ object }) => object));
  cluster[Symbol.dispose]();
  return { transitions: transitionsOf(seen, () => true), events };
}

/** Component, type, reason and part of the pod of each Event. */
function kindsOf(events: readonly Event[]): Set<string> {
  return new Set(
    events
      .filter(({ involvedObject }) => involvedObject.kind === "Pod")
      .map(({ type, reason, reportingComponent, involvedObject, source, count, eventTime }) =>
        [
          `${type} ${reason} from ${reportingComponent}/${source.component ?? ""}`,
          involvedObject.fieldPath?.replace(/\{.*\}/, "") ?? "",
          count === undefined ? "no count" : "",
          eventTime === null ? "" : "eventTime",
        ]
          .filter((word) => word !== "")
          .join(" "),
      ),
  );
}

/** Each state transition of each pod as text: `Running app running → Running app Error 1`. */
function transitionsOf(
  events: readonly { readonly type: string; readonly pod: Pod }[],
  wanted: (pod: Pod) => boolean,
): Set<string> {
  const before = new Map<string, { words: string; counts: number }>();
  const transitions = new Set<string>();
  for (const { type, pod } of events) {
    if (!wanted(pod)) continue;
    const words = [...(type === "DELETED" ? [type] : []), ...(isDeleting(pod) ? ["deleting"] : []), toSentence(pod)];
    const next = { words: words.join(" "), counts: restarts(pod) };
    const last = before.get(pod.metadata.uid);
    before.set(pod.metadata.uid, next);
    if (last === undefined) transitions.add(`→ ${next.words}`);
    else if (last.words !== next.words || last.counts !== next.counts) {
      const counted = next.counts === last.counts ? "" : ` +${next.counts - last.counts}`;
      transitions.add(`${last.words} → ${next.words}${counted}`);
    }
  }
  return transitions;
}

function isDeleting({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function statuses({ status }: Pod) {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}

function restarts(pod: Pod): number {
  return statuses(pod).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function toSentence(pod: Pod): string {
  const conditions = (pod.status.conditions ?? []).map(({ type, status, reason }) => {
    const letters = type.replace(/[a-z]/g, "");
    return `${letters}${status === "True" ? "+" : "-"}${reason === undefined ? "" : `(${reason})`}`;
  });
  const containers = statuses(pod).map(({ state, lastState, ready, started }) => {
    const flags = `${ready ? "r" : "-"}${started ? "s" : "-"}`;
    return `${describeState(state)}${lastState.terminated === undefined ? "" : `/${describeState(lastState)}`}[${flags}]`;
  });
  return [pod.status.phase, pod.status.reason ?? "", conditions.join(" "), containers.join(", ")].join(" ").trim();
}

function describeState({ running, terminated, waiting }: ContainerState): string {
  if (running !== undefined) return "running";
  if (terminated !== undefined) return `${terminated.reason} ${terminated.exitCode}`;
  return waiting?.reason ?? "unknown";
}

function newestTime(pod: Pod): string {
  return (pod.metadata.managedFields ?? []).map(({ time }) => time).reduce((a, b) => (a > b ? a : b), "");
}
