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
  /** `isInitial`: sent because it is there, not because it changed; its version is no position (KEP-3157). */
  pod(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot, isInitial: boolean): void;
  /** Up to here everything has been sent. */
  bookmark(resourceVersion: string): void;
  /** The initial events are complete, up to here. */
  initialEnd(resourceVersion: string): void;
  /** The watch has lived long enough to have sent what was missed. */
  caughtUp(): void;
}

/** A watch that the server closed in good order. */
export interface ClosedWatch {
  /** How long it lived once it was accepted, or once the initial events were complete. */
  readonly lasted: Duration;
  /** It brought something: an event, or a bookmark. */
  readonly brought: boolean;
}

/** The server sends what a resuming watch has missed at once, before anything else. */
const CAUGHT_UP: Duration = SECOND;
/** Initial events flow without a pause; a server that does not know them never sends their end marker. */
const INITIAL_PAUSE: Duration = 60 * SECOND;
/** New pods look like initial ones: that some keep coming must not put off the verdict for ever. */
const INITIAL_LIMIT: Duration = 2 * MINUTE;

/** A watch with what the reflector needs to know of its course. */
export async function followFrom(options: ReflectorWatchOptions): Promise<ClosedWatch> {
  const { clock, signal, sink } = options;
  let isInitial = options.resourceVersion === undefined;
  let brought = false;
  let openedAt = clock.monotonic();
  let timer: Timer | undefined;
  const endless = new AbortController();
  const unlink = onAbort([signal], () => endless.abort());
  const later = (delay: Duration, callback: () => void) => {
    timer?.cancel();
    timer = clock.after(delay, callback);
  };
  const awaitInitial = () => {
    const left = openedAt + INITIAL_LIMIT - clock.monotonic();
    later(Math.min(INITIAL_PAUSE, left), () => endless.abort());
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
          else brought = true;
          sink.pod(type, pod, isInitial);
        },
        bookmark: (resourceVersion, isEnd) => {
          if (!isInitial) {
            brought = true;
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
    if (endless.signal.aborted && !signal.aborted) throw withoutEnd("the initial events came to no end");
    throw error;
  } finally {
    timer?.cancel();
    unlink();
  }
  if (isInitial) throw withoutEnd("the watch was closed amid its initial events");
  return { lasted: clock.monotonic() - openedAt, brought };
}

function withoutEnd(message: string): WatchFailure {
  return new WatchFailure("silent", message, { label: "endless" });
}
