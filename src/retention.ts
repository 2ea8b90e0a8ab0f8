import { type Duration, HOUR, MINUTE } from "./core/time.ts";
import type { AlertStore, Clock, Timer } from "./ports.ts";
import type { Logger } from "./telemetry/logger.ts";

/** Long after the start, when much may have to go at once and other work is more urgent. */
const FIRST: Duration = 5 * MINUTE;

/** Removes history older than the retention, once an hour; a failure waits for the next time. Dispose to stop. */
export function keepPruned(
  store: Pick<AlertStore, "prune">,
  retention: Duration,
  clock: Clock,
  logger: Logger,
): Disposable {
  let timer: Timer = clock.after(FIRST, prune);

  function prune(): void {
    store.prune(clock.now() - retention).then(
      (rows) => {
        if (rows > 0) logger.info({ event: "history_pruned", rows }, "History older than the retention was removed.");
      },
      (error: unknown) => logger.warn({ event: "prune_failed", err: error }, "Old history could not be removed."),
    );
    timer = clock.after(HOUR, prune);
  }

  return { [Symbol.dispose]: () => timer.cancel() };
}
