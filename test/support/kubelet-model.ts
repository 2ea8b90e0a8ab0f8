import fc from "fast-check";
import type { ContainerSnapshot, PodSnapshot, Termination } from "../../src/core/model/pod.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../../src/core/model/time.ts";
import { aContainer, aPod } from "./pods.ts";
import { NOON } from "./story.ts";

/**
 * A small model of how a kubelet runs one container and writes its status: runs that end, the backoff between them
 * (10 s, doubled up to 5 min, reset by a run of 10 min), records that move from state to lastState, restartCount that
 * increases with the new container (kubernetes-watch.md 4.1).
 */
export interface Run {
  readonly lasts: Duration;
  readonly exitCode: number;
  readonly reason: string;
}

export interface PodStory {
  readonly uid: string;
  readonly runs: readonly Run[];
  /** The final state: running permanently, or waiting in CrashLoopBackOff. */
  readonly endsWell: boolean;
}

/** One state of a pod and the time at which it begins. */
export interface Moment {
  readonly at: Instant;
  readonly pod: PodSnapshot;
}

/** Every state that the kubelet writes for this pod, in order. The last one is final. */
export function momentsOf({ uid, runs, endsWell }: PodStory): Moment[] {
  const moments: Moment[] = [];
  let at = NOON;
  let readySince = NOON;
  let backOff = 0;
  let last: Termination | undefined;
  const write = (container: Partial<ContainerSnapshot>, ready: boolean) => {
    if ((moments.at(-1)?.pod.conditions.ready?.status === "True") !== ready) readySince = at;
    const condition = {
      status: ready ? "True" : "False",
      since: readySince,
      reason: undefined,
      message: undefined,
    } as const;
    const name = `pod-${uid}`;
    const pod = aPod({ uid, name, resourceVersion: String(moments.length + 1), createdAt: NOON, startedAt: NOON });
    moments.push({
      at,
      pod: {
        ...pod,
        conditions: { ...pod.conditions, ready: condition },
        containers: [aContainer({ ready, lastTerminated: last, ...container })],
      },
    });
  };
  const begin = (restartCount: number) =>
    write({ restartCount, containerID: `${uid}-${restartCount}`, state: { name: "running", startedAt: at } }, true);

  runs.forEach((run, restartCount) => {
    const containerID = `${uid}-${restartCount}`;
    begin(restartCount);
    const startedAt = at;
    at += run.lasts;
    const { exitCode, reason } = run;
    const end = { exitCode, reason, signal: undefined, message: undefined, startedAt, finishedAt: at, containerID };
    write({ restartCount, containerID, state: { name: "terminated", ...end } }, false);
    last = end;
    backOff = run.lasts >= 10 * MINUTE ? 0 : Math.min(backOff === 0 ? 10 * SECOND : backOff * 2, 5 * MINUTE);
    at += SECOND;
    const isOver = restartCount === runs.length - 1 && !endsWell;
    if (backOff > 10 * SECOND || isOver) {
      write(
        { restartCount, containerID, state: { name: "waiting", reason: "CrashLoopBackOff", message: undefined } },
        false,
      );
      at += backOff;
    }
  });
  if (endsWell) begin(runs.length);
  return moments;
}

const span = (from: Duration, to: Duration) =>
  fc.integer({ min: from / SECOND, max: to / SECOND }).map((s) => s * SECOND);

/** Terminations other than OOMKilled: a missed OOMKilled record cannot be inferred. */
const anyEnd = fc.constantFrom(
  { exitCode: 1, reason: "Error" },
  { exitCode: 137, reason: "Error" },
  { exitCode: 0, reason: "Completed" },
);

const anyRun: fc.Arbitrary<Run> = fc
  .tuple(fc.oneof(span(SECOND, MINUTE), span(MINUTE, 15 * MINUTE)), anyEnd)
  .map(([lasts, end]) => ({ lasts, ...end }));

export const anyPodStory: fc.Arbitrary<PodStory> = fc
  .record({ runs: fc.array(anyRun, { maxLength: 12 }), endsWell: fc.boolean() })
  .map((story) => ({ uid: "a", ...story, endsWell: story.endsWell || story.runs.length === 0 }));
