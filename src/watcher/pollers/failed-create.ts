import { inspectControllers } from "../../core/detect/cannot-create-pods.ts";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { ControllerEvents } from "../../ports/evidence.ts";
import type { PodSource } from "../../ports/pods.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Watcher } from "../watcher.ts";

export interface ControllersOptions {
  readonly events: ControllerEvents;
  readonly source: Pick<PodSource, "health">;
  readonly watcher: Pick<Watcher, "report">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A refused pod is tried again within seconds at first; a minute is soon enough for people and cheap for the server. */
const EACH: Duration = MINUTE;
/** The first syncs are more urgent. */
const FIRST: Duration = 5 * SECOND;

/**
 * Observations for controllers that cannot create pods, one namespace after another: where no pod comes to be, only their
 * events tell. Where events may not be read nothing is said, and what was said before stays. Dispose to stop.
 */
export function pollFailedCreates(options: ControllersOptions): Disposable {
  const { events, source, watcher, clock, logger } = options;
  const reported = new Set<string>();
  let timer: Timer = clock.after(FIRST, round);
  let isStopped = false;

  function round(): void {
    inspectAll()
      .catch((error: unknown) =>
        logger.error({ event: "controllers_failed", err: error }, "Controllers were not inspected."),
      )
      .finally(() => {
        if (!isStopped) timer = clock.after(EACH, round);
      });
  }

  async function inspectAll(): Promise<void> {
    const health = source.health();
    for (const namespace of [...reported]) {
      if (!health.some((watched) => watched.namespace === namespace)) report(namespace, []);
    }
    for (const { namespace, syncedSince } of health) {
      if (isStopped) return;
      if (syncedSince === undefined) continue;
      try {
        report(namespace, await events.list(namespace));
      } catch (error) {
        logger.debug({ namespace, err: error }, "The events of a namespace could not be read.");
      }
    }
  }

  function report(namespace: string, found: Awaited<ReturnType<ControllerEvents["list"]>>): void {
    const { findings } = inspectControllers(found, clock.now());
    // Nothing to say and nothing said before, also not before a restart of this program: nothing to take back.
    if (findings.length > 0) reported.add(namespace);
    else reported.delete(namespace);
    watcher.report(`controllers:${namespace}`, namespace, findings);
  }

  return {
    [Symbol.dispose]: () => {
      isStopped = true;
      timer.cancel();
    },
  };
}
