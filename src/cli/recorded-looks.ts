import type { RecordedObservation } from "../core/evaluate/replay.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { Instant } from "../core/model/time.ts";
import { DecodeError } from "../kubernetes/decode/decode-error.ts";
import { type ApiStatus, createWatchDecoder, type DecodeSink } from "../kubernetes/decode/decoder.ts";
import { createInterner } from "../kubernetes/decode/interner.ts";
import { latestTime } from "./recorded-time.ts";
import { type Recording, RecordingError, upTo } from "./recording.ts";

export interface RecordedObservations {
  readonly looks: readonly RecordedObservation[];
  /** ERROR events of the watch, which a recording may have. */
  readonly notes: readonly string[];
  /** Why the recording could not be read to its end: the looks are those from before. */
  readonly problem: string | undefined;
}

const CONTENT_TYPES = {
  json: "application/json;stream=watch",
  protobuf: "application/vnd.kubernetes.protobuf;stream=watch",
};

/**
 * A recording as the looks that a watcher would have had, through the decoders that it has. The clock is the greatest
 * time seen so far in the objects; what comes before the first time counts as having happened then.
 */
export async function recordedObservations(
  recording: Recording,
  namespace: string | undefined,
): Promise<RecordedObservations> {
  const looks: RecordedObservation[] = [];
  const notes: string[] = [];
  let problem: string | undefined;
  let now: Instant | undefined;
  const tracker = createTracker((look) => looks.push({ at: now ?? 0, look }));
  const sink: DecodeSink = {
    pod: (type, pod) => {
      if (namespace === undefined || pod.namespace === namespace) tracker.pod(type, pod);
    },
    bookmark: () => {},
    error: (status) => notes.push(`the watch ended with an error: ${describe(status)}`),
  };
  const decoder = createWatchDecoder(CONTENT_TYPES[recording.format], sink, createInterner());
  try {
    for await (const { bytes, offset } of recording.events) {
      const time = latestTime(bytes, recording.format);
      if (time !== undefined && (now === undefined || time > now)) now = time;
      try {
        decoder.push(bytes);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        throw new RecordingError(
          `${recording.path}: the event at byte ${offset} cannot be read (${error.message}): ${upTo(offset)}`,
        );
      }
    }
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    problem = error.message;
  }
  return { looks, notes, problem };
}

/** Turns watch events into looks: which pods are new, which have a predecessor, which are gone. */
function createTracker(emit: (look: RecordedObservation["look"]) => void) {
  const known = new Map<string, PodSnapshot>();
  return {
    pod(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void {
      const key = `${pod.namespace}/${pod.name}`;
      const previous = known.get(key);
      // Another UID is another pod (API concepts): the deletion of the first was not recorded.
      if (previous !== undefined && previous.uid !== pod.uid)
        emit({ type: "removed", pod: previous, reason: "missing" });
      if (type === "DELETED") {
        known.delete(key);
        emit({ type: "removed", pod, reason: "deleted" });
        return;
      }
      known.set(key, pod);
      // What a pod had been through when the recording began is not what the recording is about.
      if (previous?.uid === pod.uid) emit({ type: "updated", pod, previous });
      else emit({ type: "updated", pod, baseline: true });
    },
  };
}

function describe({ code, reason, message }: ApiStatus): string {
  return [code === 0 ? "" : String(code), reason, message].filter((part) => part !== "").join(" ");
}
