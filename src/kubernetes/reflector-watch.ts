import type { PodSnapshot } from "../core/pod.ts";
import { type Duration, SECOND } from "../core/time.ts";
import type { Timer } from "../ports.ts";
import { onAbort } from "./transport-abort.ts";
import { followWatch, type WatchOptions } from "./watch.ts";
import { WatchFailure } from "./watch-failure.ts";

export interface ReflectorWatchOptions extends Omit<WatchOptions, "sink"> {
  readonly sink: ReflectorWatchSink;
}

export interface ReflectorWatchSink {
  opened(): void;
  /** `isInitial`: sent because it is there, not because it changed; its version is no position (KEP-3157). */
  pod(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot, isInitial: boolean): void;
  /** Up to here everything has been sent. */
  bookmark(resourceVersion: string): void;
  /** The initial events are complete, up to here. */
  initialEnd(resourceVersion: string): void;
  /** The watch has lived long enough to have sent what was missed. */
  caughtUp(): void;
}

/** The server sends what a resuming watch has missed at once, before anything else. */
const CAUGHT_UP: Duration = SECOND;
/** Initial events flow without a pause; a server that does not know them never sends their end marker. */
const INITIAL_PAUSE: Duration = 60 * SECOND;

/** A watch with what the reflector needs to know of its course. Resolves with how long it lived once it was accepted. */
export async function followFrom(options: ReflectorWatchOptions): Promise<Duration> {
  const { clock, signal, sink } = options;
  let isInitial = options.resourceVersion === undefined;
  let openedAt = clock.monotonic();
  let timer: Timer | undefined;
  const endless = new AbortController();
  const unlink = onAbort([signal], () => endless.abort());
  const later = (delay: Duration, callback: () => void) => {
    timer?.cancel();
    timer = clock.after(delay, callback);
  };

  try {
    await followWatch({
      ...options,
      signal: endless.signal,
      sink: {
        opened: () => {
          openedAt = clock.monotonic();
          sink.opened();
          if (isInitial) later(INITIAL_PAUSE, () => endless.abort());
          else later(CAUGHT_UP, sink.caughtUp);
        },
        pod: (type, pod) => {
          if (isInitial && type === "ADDED") later(INITIAL_PAUSE, () => endless.abort());
          sink.pod(type, pod, isInitial);
        },
        bookmark: (resourceVersion, isEnd) => {
          if (!isInitial) return sink.bookmark(resourceVersion);
          if (!isEnd) return;
          isInitial = false;
          later(CAUGHT_UP, sink.caughtUp);
          sink.initialEnd(resourceVersion);
        },
      },
    });
  } catch (error) {
    if (endless.signal.aborted && !signal.aborted) {
      throw new WatchFailure("silent", "the initial events came to no end", { label: "endless" });
    }
    throw error;
  } finally {
    timer?.cancel();
    unlink();
  }
  if (isInitial) throw new WatchFailure("network", "the watch was closed amid its initial events", { label: "reset" });
  return clock.monotonic() - openedAt;
}
