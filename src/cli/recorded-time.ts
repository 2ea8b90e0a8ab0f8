import type { Instant } from "../core/model/time.ts";

/** The parts of a watch event that contain times. */
interface TimedEvent {
  readonly object?: {
    readonly metadata?: Metadata;
    readonly status?: {
      readonly conditions?: readonly { readonly lastTransitionTime?: string }[];
      readonly containerStatuses?: readonly TimedStatus[];
      readonly initContainerStatuses?: readonly TimedStatus[];
      readonly ephemeralContainerStatuses?: readonly TimedStatus[];
    };
  };
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
 * contain the times at which its events arrived. Undefined if there is none, or if the event is malformed: the decoder,
 * which reads the same bytes, reports that.
 */
export function latestTime(event: Buffer): Instant | undefined {
  try {
    const times = timesOf(JSON.parse(event.toString("utf8")) as TimedEvent)
      .map((time) => Date.parse(time ?? ""))
      .filter((time) => !Number.isNaN(time));
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

function timesOf({ object: { metadata, status } = {} }: TimedEvent): (string | undefined)[] {
  const containers = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const states = containers.flatMap(({ state, lastState }) => [state, lastState]);
  return [
    metadata?.creationTimestamp,
    deletionRequestedAt(metadata),
    ...(metadata?.managedFields ?? []).map(({ time }) => time),
    ...(status?.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime),
    ...states.flatMap((state) => [
      state?.running?.startedAt,
      state?.terminated?.startedAt,
      state?.terminated?.finishedAt,
    ]),
  ];
}
