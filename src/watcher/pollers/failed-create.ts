import { inspectControllers } from "../../core/detect/cannot-create-pods.ts";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ControllerEvents } from "../../ports/evidence.ts";
import type { NamespaceHealth, PodSource } from "../../ports/pods.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { createRateLimiter, type RateLimit } from "../../util/rate-limiter.ts";
import { repeat } from "../../util/repeat.ts";
import type { Watcher } from "../watcher.ts";

export interface FailedCreateOptions {
  readonly events: ControllerEvents;
  readonly source: Pick<PodSource, "health" | "pods">;
  readonly watcher: Pick<Watcher, "report">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A controller retries within seconds at first. A minute is fast enough for people and cheap for the API server. */
const POLL_INTERVAL: Duration = MINUTE;
/** The first syncs are more urgent. */
const FIRST_POLL: Duration = 5 * SECOND;
/** So with more than 600 namespaces, each is polled less often than every minute. */
const REQUESTS: RateLimit = { perSecond: 10, burst: 20 };
/** A namespace whose events take long does not delay the others. */
const CONCURRENCY = 4;

/**
 * Reports controllers that cannot create pods. Without a pod only their events show that. Where events cannot be read,
 * the last report stays as it is.
 */
export function pollFailedCreates({ events, source, watcher, clock, logger }: FailedCreateOptions): Disposable {
  /** Namespaces whose last report had findings. */
  const reported = new Set<string>();
  const limiter = createRateLimiter(clock, REQUESTS);

  function report(namespace: string, found: Awaited<ReturnType<ControllerEvents["list"]>>): void {
    const { findings } = inspectControllers(found, clock.now(), source.pods(namespace));
    if (findings.length > 0) reported.add(namespace);
    else reported.delete(namespace);
    watcher.report(`controllers:${namespace}`, namespace, findings);
  }

  const polls = repeat(clock, { first: FIRST_POLL, every: POLL_INTERVAL }, async (signal) => {
    const health = source.health();
    const watched = new Set(health.map(({ namespace }) => namespace));
    for (const namespace of [...reported]) if (!watched.has(namespace)) report(namespace, []);
    const due = health.filter(({ syncedSince }) => syncedSince !== undefined).values();
    await Promise.all(Array.from({ length: CONCURRENCY }, () => pollEach(due, signal)));
  });

  async function pollEach(due: Iterable<NamespaceHealth>, signal: AbortSignal): Promise<void> {
    for (const { namespace } of due) {
      await limiter.admitted(signal);
      if (signal.aborted) return;
      try {
        report(namespace, await events.list(namespace));
      } catch (error) {
        logger.debug({ namespace, err: error }, "The events of a namespace could not be read.");
      }
    }
  }

  // Does not wait for the current poll, which may take longer than a shutdown.
  return { [Symbol.dispose]: () => void polls[Symbol.asyncDispose]() };
}
