import { MAX_SKEW } from "../core/evaluate/node-clock.ts";
import type { Instant } from "../core/model/time.ts";

/** The parts of a watch event that contain times. */
interface TimedEvent {
  readonly object?: {
    readonly metadata?: Metadata;
    readonly status?: TimedStatuses;
  };
}

interface TimedStatuses {
  readonly conditions?: readonly { readonly lastTransitionTime?: string }[];
  readonly containerStatuses?: readonly TimedStatus[];
  readonly initContainerStatuses?: readonly TimedStatus[];
  readonly ephemeralContainerStatuses?: readonly TimedStatus[];
}

interface Metadata {
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly managedFields?: readonly { readonly time?: string }[];
}

interface TimedStatus {
  readonly state?: TimedState;
  readonly lastState?: TimedState;
}

interface TimedState {
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: { readonly startedAt?: string; readonly finishedAt?: string };
}

/**
 * The latest time in the object of a recorded event. It advances the clock of a replay, because a recording does not
 * contain the times at which its events arrived. A time that a node wrote does not count if it is more than a minute after
 * those of the API server: the clock of the node is fast. Undefined if there is none, or if the event is malformed: the
 * decoder, which reads the same bytes, reports that.
 */
export function latestTime(event: Buffer): Instant | undefined {
  try {
    const { object: { metadata, status } = {} } = JSON.parse(event.toString("utf8")) as TimedEvent;
    const managed = known((metadata?.managedFields ?? []).map(({ time }) => time));
    const server = [...managed, ...known([metadata?.creationTimestamp, deletionRequestedAt(metadata)])];
    const latest = managed.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...server) + MAX_SKEW;
    const times = [...server, ...known(statusTimes(status)).filter((time) => time <= latest)];
    return times.length === 0 ? undefined : Math.max(...times);
  } catch {
    return undefined;
  }
}

/** The deletion timestamp is the end of the grace period, in the future. */
function deletionRequestedAt({ deletionTimestamp, deletionGracePeriodSeconds = 0 }: Metadata = {}): string | undefined {
  const end = Date.parse(deletionTimestamp ?? "");
  return Number.isNaN(end) ? undefined : new Date(end - deletionGracePeriodSeconds * 1_000).toISOString();
}

function known(times: readonly (string | undefined)[]): readonly Instant[] {
  return times.map((time) => Date.parse(time ?? "")).filter((time) => !Number.isNaN(time));
}

function statusTimes(status: TimedStatuses | undefined): (string | undefined)[] {
  const containers = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const states = containers.flatMap(({ state, lastState }) => [state, lastState]);
  return [
    ...(status?.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime),
    ...states.flatMap((state) => [
      state?.running?.startedAt,
      state?.terminated?.startedAt,
      state?.terminated?.finishedAt,
    ]),
  ];
}
