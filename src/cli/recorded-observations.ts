import type { RecordedObservation } from "../core/evaluate/replay.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { Instant } from "../core/model/time.ts";
import { DecodeError } from "../kubernetes/decode/decode-error.ts";
import { createWatchDecoder } from "../kubernetes/decode/decoder.ts";
import { createInterner } from "../kubernetes/decode/interner.ts";
import type { ApiStatus, DecodeSink } from "../kubernetes/decode/types.ts";
import { latestTime } from "./recorded-time.ts";
import { RecordingError, readRecording, remedyAt } from "./recording.ts";

export interface RecordedObservations {
  readonly observations: readonly RecordedObservation[];
  /** The ERROR events of the watch. */
  readonly notes: readonly string[];
  /** Why the recording could not be read to its end; the observations before are complete. */
  readonly problem: string | undefined;
}

/**
 * The observations that a watcher would have made of a recorded watch, through the same decoders. The clock of each is
 * the latest time in the objects so far.
 */
export async function recordedObservations(path: string, namespace: string | undefined): Promise<RecordedObservations> {
  const observations: RecordedObservation[] = [];
  const notes: string[] = [];
  let problem: string | undefined;
  let now: Instant | undefined;
  let before: Instant | undefined;
  const tracker = createTracker((observation) => observations.push({ at: now ?? 0, observation }));
  const sink: DecodeSink = {
    pod: (type, pod) => {
      if (namespace === undefined || pod.namespace === namespace) tracker.pod(type, pod, before);
    },
    bookmark: () => {},
    error: (status) => notes.push(`the watch ended with an error: ${describeStatus(status)}`),
  };
  const decoder = createWatchDecoder("application/json;stream=watch", sink, createInterner());
  try {
    for await (const { bytes, offset } of readRecording(path)) {
      const time = latestTime(bytes);
      before = now;
      if (time !== undefined && (now === undefined || time > now)) now = time;
      try {
        decoder.push(bytes);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        throw new RecordingError(
          `${path}: the event at byte ${offset} cannot be read (${error.message}): ${remedyAt(offset)}`,
        );
      }
    }
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    problem = error.message;
  }
  return { observations, notes, problem };
}

/** Turns watch events into observations of updated and removed pods. */
function createTracker(emit: (observation: RecordedObservation["observation"]) => void) {
  const pods = new Map<string, PodSnapshot>();
  const list = createListDetection();
  return {
    pod(type: EventType, pod: PodSnapshot, before: Instant | undefined): void {
      const key = `${pod.namespace}/${pod.name}`;
      const listing = list.includes(type, key, pod.createdAt, before);
      const previous = pods.get(key);
      // A different UID is a different pod (API concepts): the deletion of the first one is missing in the recording.
      if (previous !== undefined && previous.uid !== pod.uid)
        emit({ type: "removed", pod: previous, reason: "missing" });
      if (type === "DELETED") {
        pods.delete(key);
        emit({ type: "removed", pod, reason: "deleted" });
        return;
      }
      pods.set(key, pod);
      // Restarts from before the recording do not count.
      if (previous?.uid === pod.uid) emit({ type: "updated", pod, previous });
      else emit({ type: "updated", pod, baseline: true, listing });
    },
  };
}

type EventType = "ADDED" | "MODIFIED" | "DELETED";

/**
 * A watch begins with the pods that exist, as ADDED and in the order of their names. A pod that is out of this order and
 * newer than everything before was created during the watch.
 */
function createListDetection() {
  let isComplete = false;
  let last = "";
  return {
    includes(type: EventType, key: string, createdAt: Instant, before: Instant | undefined): boolean {
      const isNew = key < last && before !== undefined && createdAt > before;
      isComplete ||= type !== "ADDED" || key === last || isNew;
      last = key;
      return !isComplete;
    },
  };
}

function describeStatus({ code, reason, message }: ApiStatus): string {
  return [code === 0 ? "" : String(code), reason, message].filter((part) => part !== "").join(" ");
}
