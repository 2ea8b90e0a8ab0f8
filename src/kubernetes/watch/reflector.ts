/**
 * Keeps the cache of one namespace up to date: list, then watch, until it is stopped.
 *
 *   sync ──▶ watch ──▶ (closed, reset, silent…) ──▶ watch from the last resourceVersion
 *    ▲          │
 *    └──────────┴─ the server no longer has that version, or its events cannot be trusted
 *
 * A sync is a WatchList where the server supports it, which continues as a watch on the same connection, and a LIST
 * otherwise. The resourceVersion advances only after its event is in the cache, and never for initial events, which do
 * not arrive in the order of their versions (KEP-3157).
 */
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NamespaceHealth, PodChange, Problem } from "../../ports/pods.ts";
import type { WatchEvents } from "../../telemetry/watch-events.ts";
import { sleep } from "../../util/sleep.ts";
import type { Interner } from "../decode/packed-types.ts";
import type { Transport } from "../transport/types.ts";
import { createCachePosition } from "./cache-position.ts";
import { createConsistencyChecker } from "./consistency-check.ts";
import { createHealthRecord } from "./health-record.ts";
import { listPods } from "./list.ts";
import { type Identity, watchDenied } from "./namespace-problem.ts";
import { createPodCache, type PodCache } from "./pod-cache.ts";
import { createPodReader } from "./pod-reader.ts";
import type { ClosedWatch, WatchConnection } from "./pod-watch.ts";
import type { Semaphore } from "./semaphore.ts";
import { createStaleness } from "./staleness.ts";
import { failureOf, type WatchFailure } from "./watch-failure.ts";
import type { NamespaceWatchList } from "./watch-list.ts";
import { createOutcomeHandler } from "./watch-outcome.ts";

export interface ReflectorOptions {
  readonly namespace: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly events: WatchEvents;
  readonly interner: Interner;
  readonly identity: Identity;
  /** Shared by all reflectors; limits concurrent syncs. */
  readonly syncSlots: Semaphore;
  /** Whether to try a WatchList for this namespace. */
  readonly watchList: NamespaceWatchList;
  /** Delay before the first request. */
  readonly startDelay: Duration;
  readonly sink: ReflectorSink;
}

/** Must not throw. */
export interface ReflectorSink {
  changed(change: PodChange): void;
  synced(): void;
  healthChanged(health: NamespaceHealth): void;
  /** The cluster was restored from a backup; true unless another namespace has just reported it. */
  rolledBack(): boolean;
}

export interface Reflector {
  readonly pods: Pick<PodCache, "values" | "get" | "size">;
  health(): NamespaceHealth;
  /** Resolves when the last request has ended; no other request follows. */
  stop(): Promise<void>;
  /** Call after `stop()`: reports every pod as removed. */
  clear(): void;
}

/** How often a namespace that cannot be watched is listed, and how often the watch is retried. */
const POLL_INTERVAL: Duration = 30 * SECOND;
const WATCH_RETRY_INTERVAL: Duration = 5 * MINUTE;

export function createReflector(options: ReflectorOptions): Reflector {
  const { namespace, transport, clock, events, interner, identity, syncSlots, watchList, sink } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const source = { transport, clock, interner, namespace, signal };
  const current = createCurrentWatch(clock);
  const cache = createPodCache(sink.changed);
  const health = createHealthRecord({
    ...{ namespace, clock, countPods: () => cache.size, onChange: sink.healthChanged },
    lastActivityAt: () => current.activeAt,
  });
  const staleness = createStaleness(clock, health);
  const outcomes = createOutcomeHandler({ namespace, clock, events, identity, health, staleness });
  const checker = createConsistencyChecker({
    ...{ namespace, clock, events, cache, health, syncSlots, signal },
    list: (listSink) => listPods({ ...source, ...listSink }),
  });
  const position = createCachePosition({
    ...{ namespace, cache, health, checker, events, confirm, rolledBack: sink.rolledBack },
  });
  const reader = createPodReader({ source, cache, position, health, checker, outcomes, watchList, confirm, opened });

  /** Set while the watch is refused; `until` is when it is tried again. */
  let polling: { readonly until: Duration; readonly problem: Problem } | undefined;

  const finished = run();

  async function run(): Promise<void> {
    await sleep(clock, options.startDelay, signal);
    if (!signal.aborted) health.starting();
    while (!signal.aborted) await sleep(clock, await attempt(), signal);
    staleness.stop();
  }

  /** Runs one sync, watch or poll to its end. Resolves with the delay before the next one. */
  async function attempt(): Promise<Duration> {
    const from = position.resourceVersion;
    try {
      if (from === undefined) return await withSlot(syncSlots, signal, sync);
      await reader.checkExistenceIfDue();
      if (polling !== undefined && clock.monotonic() < polling.until)
        return await withSlot(syncSlots, signal, () => poll(from));
      return closed(await reader.watch(from));
    } catch (error) {
      return signal.aborted ? 0 : failed(failureOf(error));
    }
  }

  async function sync(release: () => void): Promise<Duration> {
    health.syncing();
    if (cache.size === 0) await reader.checkExistence();
    if (!outcomes.isStalled && watchList.isWorthTrying()) {
      try {
        return closed(await reader.watch(undefined, release));
      } catch (error) {
        const failure = failureOf(error);
        // Once it is synced, its end is that of any watch.
        if (position.resourceVersion !== undefined || !watchList.failed(failure)) throw failure;
        outcomes.record(failure);
        // A missing permission says nothing about WatchList; the LIST reports it.
        if (failure.kind !== "forbidden")
          events.initialEventsUnavailable(namespace, isRefusal(failure), failure.message);
      }
    }
    await reader.list(position.syncCause, { unpaged: outcomes.isStalled });
    return 0;
  }

  async function poll(from: string): Promise<Duration> {
    await reader.list("polling", { unpaged: true, notOlderThan: from });
    return POLL_INTERVAL * (1 + clock.random() / 2);
  }

  function opened(connection: WatchConnection): void {
    current.opened(connection);
    polling = undefined;
  }

  /** The cache is complete now. */
  function confirm(): void {
    staleness.recovered();
    const wasUnsynced = polling === undefined ? health.confirmed("live") : health.confirmed("polling", polling.problem);
    if (wasUnsynced) sink.synced();
  }

  function closed(watch: ClosedWatch): Duration {
    current.closed();
    // A server that closes a watch normally has sent all events before.
    health.active();
    return outcomes.closed(watch);
  }

  function failed(failure: WatchFailure): Duration {
    // Activity on the connection proves nothing about a silent stream.
    if (failure.kind !== "silent") health.active(current.activeAt ?? 0);
    const uptime = current.closed();
    if (reader.listedLast && isRefusal(failure)) {
      outcomes.record(failure);
      health.reconnect(failure.label);
      const problem = watchDenied(failure, namespace, identity, clock.now());
      polling = { until: clock.monotonic() + WATCH_RETRY_INTERVAL, problem };
      confirm();
      return POLL_INTERVAL;
    }
    const wasWatching = position.resourceVersion !== undefined;
    const before = { wasWatching, bookmarksExpected: position.bookmarksSeen, uptime };
    const { wait, resync } = outcomes.failed(failure, before);
    if (resync) {
      polling = undefined;
      position.reset(failure.label);
    }
    return wait;
  }

  const stop = async () => {
    stopping.abort();
    await finished;
  };
  return { pods: cache, health: health.toHealth, stop, clear: cache.clear };
}

/** The running watch, if any. */
function createCurrentWatch(clock: Clock) {
  let current: { readonly openedAt: Duration; readonly connection: WatchConnection } | undefined;
  return {
    /** When (monotonic) its connection was last known to be alive. */
    get activeAt() {
      return current?.connection.connectionActiveAt;
    },
    opened(connection: WatchConnection): void {
      current = { openedAt: clock.monotonic(), connection };
    },
    /** Returns how long the watch was open; 0 if there was none. */
    closed(): Duration {
      const uptime = current === undefined ? 0 : clock.monotonic() - current.openedAt;
      current = undefined;
      return uptime;
    },
  };
}

/** The server refused the request, as opposed to failing at it. */
function isRefusal({ kind }: WatchFailure): boolean {
  return kind === "unsupported" || kind === "forbidden" || kind === "missing";
}

async function withSlot<T>(
  slots: Semaphore,
  signal: AbortSignal,
  read: (release: () => void) => Promise<T>,
): Promise<T> {
  const release = await slots.acquire(signal);
  try {
    return await read(release);
  } finally {
    release();
  }
}
