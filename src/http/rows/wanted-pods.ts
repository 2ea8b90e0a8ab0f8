import pLimit from "p-limit";
import { type Duration, type Instant, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";

/** How many pods the controllers of shown incidents want. Read in the background, so that no answer waits for it. */
export interface WantedPods {
  /** As last read; undefined where that is unknown or refused. `key` is `namespace/Kind/name`. */
  of(key: string): number | undefined;
  /** Reads it again unless that was done within the last minute. */
  want(key: string): void;
  clear(): void;
}

export type ReadWantedPods = (namespace: string, kind: string, name: string) => Promise<number | undefined>;

const TTL: Duration = MINUTE;
const CONCURRENCY = 4;
/** More than a few pages of the list. */
const MAX_ENTRIES = 1_000;

export function createWantedPods(read: ReadWantedPods, clock: Clock, changed: (key: string) => void): WantedPods {
  const entries = new Map<string, { readonly wanted: number | undefined; readonly readAt: Instant }>();
  const limit = pLimit(CONCURRENCY);

  async function renew(key: string): Promise<void> {
    const [namespace = "", kind = "", name = ""] = key.split("/");
    const wanted = await read(namespace, kind, name).catch(() => undefined);
    const before = entries.get(key);
    if (before === undefined) return;
    entries.set(key, { wanted, readAt: before.readAt });
    if (wanted !== before.wanted) changed(key);
  }

  return {
    of: (key) => entries.get(key)?.wanted,

    want(key) {
      const known = entries.get(key);
      if (known !== undefined && clock.now() - known.readAt < TTL) return;
      entries.delete(key);
      entries.set(key, { wanted: known?.wanted, readAt: clock.now() });
      const [oldest] = entries.keys();
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
      void limit(() => renew(key));
    },

    clear: () => entries.clear(),
  };
}
