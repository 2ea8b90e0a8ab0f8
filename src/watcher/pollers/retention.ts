import { type Duration, HOUR, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { AlertStore } from "../../ports/store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { repeat } from "../../util/repeat.ts";
import type { Watcher } from "../watcher.ts";

export interface RetentionOptions {
  readonly store: Pick<AlertStore, "prune" | "alerts">;
  readonly watcher: Pick<Watcher, "evictResolved">;
  readonly retention: Duration;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Well after the start: there may be much to delete, and the first sync is more urgent. */
const FIRST_RUN: Duration = 5 * MINUTE;

/** Deletes history older than the retention, hourly. A failed run is repeated an hour later. */
export function pruneRegularly({ store, watcher, retention, clock, logger }: RetentionOptions): Disposable {
  const runs = repeat(clock, { first: FIRST_RUN, every: HOUR }, async () => {
    const before = clock.now() - retention;
    try {
      const rows = await store.prune(before);
      if (rows > 0) logger.info({ event: "history_pruned", rows }, "History older than the retention was deleted.");
      // An episode with an unconfirmed delivery stays in the store: its number must not be reused.
      await watcher.evictResolved(
        before,
        async ({ fingerprint }) => (await store.alerts({ fingerprint, limit: 1 })).length === 0,
      );
    } catch (error) {
      logger.warn({ event: "prune_failed", err: error }, "Old history could not be deleted.");
    }
  });
  // Does not wait for the current run, which may take longer than a shutdown.
  return { [Symbol.dispose]: () => void runs[Symbol.asyncDispose]() };
}
