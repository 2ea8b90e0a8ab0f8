import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Timer } from "../../ports/clock.ts";
import { onAbort } from "../../util/on-abort.ts";
import { followWatch, type WatchConnection, type WatchOptions } from "./watch.ts";
import { WatchFailure } from "./watch-failure.ts";

export type { WatchConnection } from "./watch.ts";

export interface ReflectorWatchOptions extends Omit<WatchOptions, "sink"> {
  readonly sink: ReflectorWatchSink;
}

export interface ReflectorWatchSink {
  opened(connection: WatchConnection): void;
  /** `isInitial`: part of the initial state, so its version is not a position (KEP-3157). */
  pod(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot, isInitial: boolean): void;
  /** All events up to this version have been sent. */
  bookmark(resourceVersion: string): void;
  /** The initial events are complete at this version. */
  initialEnd(resourceVersion: string): void;
  /** The watch has been open long enough to have sent all missed events. */
  caughtUp(): void;
}

/** A watch that the server closed normally. */
export interface ClosedWatch {
  /** Since it was accepted, or since the initial events were complete. */
  readonly uptime: Duration;
  /** It delivered an event or a bookmark. */
  readonly delivered: boolean;
}

/** A resumed watch first receives everything that it missed, at once. */
const CAUGHT_UP: Duration = SECOND;
/** Initial events arrive without pauses. A server that does not support them never sends the end marker. */
const MAX_INITIAL_PAUSE: Duration = 60 * SECOND;
/** New pods look like initial ones, so their arrival must not extend the wait indefinitely. */
const MAX_INITIAL_TIME: Duration = 2 * MINUTE;

/** Follows one watch and reports its phases to the reflector. */
export async function followFrom(options: ReflectorWatchOptions): Promise<ClosedWatch> {
  const { clock, signal, sink } = options;
  let isInitial = options.resourceVersion === undefined;
  let delivered = false;
  let openedAt = clock.monotonic();
  let timer: Timer | undefined;
  const endless = new AbortController();
  const unlink = onAbort([signal], () => endless.abort());
  const later = (delay: Duration, callback: () => void) => {
    timer?.cancel();
    timer = clock.after(delay, callback);
  };
  const awaitInitial = () => {
    const left = openedAt + MAX_INITIAL_TIME - clock.monotonic();
    later(Math.min(MAX_INITIAL_PAUSE, left), () => endless.abort());
  };

  try {
    await followWatch({
      ...options,
      signal: endless.signal,
      sink: {
        opened: (connection) => {
          openedAt = clock.monotonic();
          sink.opened(connection);
          if (isInitial) awaitInitial();
          else later(CAUGHT_UP, sink.caughtUp);
        },
        pod: (type, pod) => {
          if (isInitial) awaitInitial();
          else delivered = true;
          sink.pod(type, pod, isInitial);
        },
        bookmark: (resourceVersion, isEnd) => {
          if (!isInitial) {
            delivered = true;
            return sink.bookmark(resourceVersion);
          }
          if (!isEnd) return;
          isInitial = false;
          openedAt = clock.monotonic();
          later(CAUGHT_UP, sink.caughtUp);
          sink.initialEnd(resourceVersion);
        },
      },
    });
  } catch (error) {
    if (endless.signal.aborted && !signal.aborted) throw withoutEnd("the initial events did not end");
    throw error;
  } finally {
    timer?.cancel();
    unlink();
  }
  if (isInitial) throw withoutEnd("the watch was closed before its initial events were complete");
  return { uptime: clock.monotonic() - openedAt, delivered };
}

function withoutEnd(message: string): WatchFailure {
  return new WatchFailure("silent", message, { label: "endless" });
}
