import { type Duration, HOUR, type Instant, MINUTE } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { AlertStore } from "../../ports/store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Watcher } from "../watcher.ts";

/** Long after the start, when much may have to go at once and other work is more urgent. */
const FIRST: Duration = 5 * MINUTE;

/** Removes history older than the retention, once an hour; a failure waits for the next time. Dispose to stop. */
export function pruneRegularly(
  store: Pick<AlertStore, "prune" | "alerts">,
  watcher: Pick<Watcher, "evictResolved">,
  retention: Duration,
  clock: Clock,
  logger: Logger,
): Disposable {
  let timer: Timer = clock.after(FIRST, prune);

  function prune(): void {
    pruneBefore(clock.now() - retention).catch((error: unknown) =>
      logger.warn({ event: "prune_failed", err: error }, "Old history could not be removed."),
    );
    timer = clock.after(HOUR, prune);
  }

  async function pruneBefore(before: Instant): Promise<void> {
    const rows = await store.prune(before);
    if (rows > 0) logger.info({ event: "history_pruned", rows }, "History older than the retention was removed.");
    // An episode that somebody is still to confirm stays in the store, and so must its number stay known.
    await watcher.evictResolved(
      before,
      async ({ fingerprint }) => (await store.alerts({ fingerprint, limit: 1 })).length === 0,
    );
  }

  return { [Symbol.dispose]: () => timer.cancel() };
}
