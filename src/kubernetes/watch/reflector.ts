/**
 * Keeps the pods of one namespace true: list, then watch, and again for ever.
 *
 *   sync ──▶ watch ──▶ (closed, reset, silent…) ──▶ watch from the last resourceVersion
 *    ▲          │
 *    └──────────┴─ the server no longer knows that version, or what it says cannot be trusted
 *
 * `sync` is a WatchList where the server has it, which goes over into the watch on the same connection, and a LIST
 * otherwise. The resourceVersion moves only after what it stands for is in the store, and never by initial events,
 * whose order is not that of their versions (KEP-3157).
 */
import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { NamespaceHealth, PodChange, Problem } from "../../ports/pods.ts";
import type { WatchEvents } from "../../telemetry/watch-events.ts";
import { sleep } from "../../util/sleep.ts";
import type { Interner } from "../decode/interner.ts";
import type { Transport } from "../transport/transport.ts";
import { createConsistencyChecker } from "./consistency-check.ts";
import { createHealthRecord } from "./health-record.ts";
import { listPods } from "./list.ts";
import { type Identity, watchDenied } from "./namespace-problem.ts";
import { createPodCache, type PodCache, type Put, type Replacement } from "./pod-cache.ts";
import { type ClosedWatch, followFrom, type WatchConnection } from "./pod-watch.ts";
import { isOlder } from "./resource-version.ts";
import type { Semaphore } from "./semaphore.ts";
import { createStaleness } from "./staleness.ts";
import { failureOf, type WatchFailure } from "./watch-failure.ts";
import type { NamespaceWatchList } from "./watch-list.ts";
import { createOutcomeHandler } from "./watch-outcome.ts";
import { checkNamespaceExists } from "./watch-request.ts";

export interface ReflectorOptions {
  readonly namespace: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly events: WatchEvents;
  readonly interner: Interner;
  readonly identity: Identity;
  /** Shared by all reflectors: how many may sync at once. */
  readonly syncSlots: Semaphore;
  /** Whether a WatchList is worth trying here. */
  readonly watchList: NamespaceWatchList;
  /** How long to wait before the first request. */
  readonly startDelay: Duration;
  readonly sink: ReflectorSink;
}

/** Must not throw. */
export interface ReflectorSink {
  changed(change: PodChange): void;
  synced(): void;
  healthChanged(health: NamespaceHealth): void;
  /** The cluster has gone back in time; true when no other namespace has told so shortly before. */
  rolledBack(): boolean;
}

export interface Reflector {
  readonly pods: Pick<PodCache, "values" | "get" | "size">;
  health(): NamespaceHealth;
  /** Resolves when the last request is over; no other follows. */
  stop(): Promise<void>;
  /** After `stop()`: reports every pod gone. */
  clear(): void;
}

/** How often a namespace that may not be watched is listed, and how often watching is tried again. */
const POLL_INTERVAL: Duration = 30 * SECOND;
const TRY_WATCH_AGAIN: Duration = 5 * MINUTE;

/** A namespace without pods is asked for now and then. */
const CHECK_EXISTENCE: Duration = 5 * MINUTE;

export function createReflector(options: ReflectorOptions): Reflector {
  const { namespace, transport, clock, events, interner, identity, syncSlots, watchList, sink } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const store = createPodCache(sink.changed);
  const health = createHealthRecord({
    ...{ namespace, clock, countPods: () => store.size, onChange: sink.healthChanged },
    lastActivityAt: () => current?.connection.connectionActiveAt,
  });
  const staleness = createStaleness(clock, health);
  const ends = createOutcomeHandler({ namespace, clock, events, identity, health, staleness });
  const source = { transport, clock, interner, namespace, signal };
  const consistencyChecker = createConsistencyChecker({
    ...{ namespace, clock, events, store, health, syncSlots, signal },
    list: (listSink) => listPods({ ...source, ...listSink }),
  });

  /** Up to where everything is in the store; undefined when everything must be looked at. */
  let position: string | undefined;
  /** The newest version ever heard of: when a list is older, the cluster has gone back in time. */
  let newest: string | undefined;
  let syncCause = "start";
  let bookmarksSeen = false;
  /** Of the watch that is under way. */
  let current: { readonly openedAt: Duration; readonly connection: WatchConnection } | undefined;
  /** When (monotonic) the server was last asked whether the namespace is there. */
  let existenceCheckedAt = Number.NEGATIVE_INFINITY;
  /** A list has come since a watch was last accepted: if that is refused now, it is watching alone that is. */
  let listedLast = false;
  /** Watching is refused, and until when it is not tried again. */
  let polling: { readonly until: Duration; readonly problem: Problem } | undefined;

  const finished = run();

  async function run(): Promise<void> {
    await sleep(clock, options.startDelay, signal);
    if (!signal.aborted) health.starting();
    while (!signal.aborted) await sleep(clock, await attempt(), signal);
    staleness.stop();
  }

  /** One sync, watch or poll from its beginning to its end. Resolves with how long to wait before the next. */
  async function attempt(): Promise<Duration> {
    const from = position;
    try {
      if (from === undefined) return await sync();
      // A watch of no pods says nothing when its namespace is deleted, nor does a list.
      if (store.size === 0 && clock.monotonic() - existenceCheckedAt >= CHECK_EXISTENCE) await checkExistence();
      if (polling !== undefined && clock.monotonic() < polling.until) return await poll(from);
      return closed(await watch(from));
    } catch (error) {
      return signal.aborted ? 0 : failed(failureOf(error));
    }
  }

  async function checkExistence(): Promise<void> {
    existenceCheckedAt = clock.monotonic();
    listedLast = false;
    await checkNamespaceExists({ transport, clock, namespace, signal });
  }

  // ─── Sync ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async function sync(): Promise<Duration> {
    const release = await syncSlots.acquire(signal);
    try {
      health.syncing();
      if (store.size === 0) await checkExistence();
      if (!ends.isStalled && watchList.isWorthTrying()) {
        try {
          return closed(await watch(undefined, release));
        } catch (error) {
          const failure = failureOf(error);
          // Once it has synced, it is a watch like any other that has ended.
          if (position !== undefined || !watchList.failed(failure)) throw failure;
          ends.overcome(failure);
          events.initialEventsUnavailable(namespace, isRefusal(failure), failure.message);
        }
      }
      await list(syncCause, { unpaged: ends.isStalled });
      return 0;
    } finally {
      release();
    }
  }

  async function poll(from: string): Promise<Duration> {
    const release = await syncSlots.acquire(signal);
    try {
      await list("polling", { unpaged: true, notOlderThan: from });
      return POLL_INTERVAL * (1 + clock.random() / 2);
    } finally {
      release();
    }
  }

  async function list(cause: string, how: { unpaged: boolean; notOlderThan?: string }): Promise<void> {
    let replacement = store.beginReplacement();
    listedLast = false;
    try {
      const onRestart = () => {
        replacement = store.beginReplacement();
      };
      const { resourceVersion } = await listPods({ ...source, ...how, onPod: put, onRestart });
      listedLast = true;
      complete(replacement, resourceVersion, cause);
    } finally {
      replacement.abandon();
    }
  }

  function complete(replacement: Replacement, resourceVersion: string, cause: string): void {
    const rolledBack = newest !== undefined && isOlder(resourceVersion, newest);
    if (rolledBack) {
      events.rolledBack(namespace, newest!, resourceVersion, sink.rolledBack());
      newest = undefined;
    }
    // The silence meant nothing but that no bookmarks come any more.
    if (!rolledBack && cause === "silent") bookmarksSeen = false;
    const missing = replacement.complete(rolledBack);
    health.synced(cause);
    moveTo(resourceVersion);
    events.synced(namespace, cause, store.size, missing);
    confirm();
  }

  // ─── Watch ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Without `from` it begins with a sync, after which `synced` is called. */
  async function watch(from: string | undefined, synced?: () => void): Promise<ClosedWatch> {
    const replacement = from === undefined ? store.beginReplacement() : undefined;
    try {
      return await followFrom({
        ...source,
        resourceVersion: from,
        bookmarksExpected: bookmarksSeen,
        sink: {
          opened: (connection) => {
            current = { openedAt: clock.monotonic(), connection };
            listedLast = false;
            polling = undefined;
          },
          pod: (type, pod, isInitial) => {
            apply(type, pod);
            health.event();
            if (isInitial) return;
            ends.heard(true);
            moveTo(pod.resourceVersion);
          },
          bookmark: (resourceVersion) => {
            bookmarksSeen = true;
            ends.heard(resourceVersion !== position);
            moveTo(resourceVersion);
            health.bookmark();
            confirm();
          },
          initialEnd: (resourceVersion) => {
            watchList.worked();
            health.bookmark();
            complete(replacement!, resourceVersion, syncCause);
            synced?.();
          },
          caughtUp: () => {
            ends.accepted();
            consistencyChecker.watching(true);
            confirm();
          },
        },
      });
    } finally {
      consistencyChecker.watching(false);
      replacement?.abandon();
    }
  }

  /** Takes one event into the store; only then may the position move. */
  function apply(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void {
    consistencyChecker.told(pod.name);
    if (type === "DELETED") store.delete(pod);
    else if (put(pod) === "added" && type === "MODIFIED") events.unknownModified(namespace, pod.name);
  }

  function put(pod: PodSnapshot): Put {
    const result = store.put(pod);
    if (result === "older") events.olderState(namespace, pod.name);
    return result;
  }

  function moveTo(resourceVersion: string): void {
    position = resourceVersion;
    if (newest === undefined || !isOlder(resourceVersion, newest)) newest = resourceVersion;
    health.movedTo(resourceVersion);
    consistencyChecker.movedTo(resourceVersion);
  }

  /** The picture is complete. */
  function confirm(): void {
    staleness.recovered();
    const isNews = polling === undefined ? health.confirmed("live") : health.confirmed("polling", polling.problem);
    if (isNews) sink.synced();
  }

  // ─── OutcomeHandler ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function closed(watch: ClosedWatch): Duration {
    current = undefined;
    // Whoever ends it in good order has sent everything before.
    health.heard();
    return ends.closed(watch);
  }

  function failed(failure: WatchFailure): Duration {
    // A connection that lives does not speak for a stream that is silent.
    if (failure.kind !== "silent") health.heard(current?.connection.connectionActiveAt ?? 0);
    const lived = current === undefined ? 0 : clock.monotonic() - current.openedAt;
    current = undefined;
    if (listedLast && isRefusal(failure)) {
      ends.overcome(failure);
      health.reconnect(failure.label);
      return beginPolling(failure);
    }
    const circumstances = { wasWatching: position !== undefined, bookmarksExpected: bookmarksSeen, lived };
    const { wait, resync } = ends.failed(failure, circumstances);
    if (resync) startOver(failure.label);
    return wait;
  }

  function startOver(cause: string): void {
    position = undefined;
    polling = undefined;
    syncCause = cause;
    consistencyChecker.interrupt();
  }

  function beginPolling(failure: WatchFailure): Duration {
    const problem = watchDenied(failure, namespace, identity, clock.now());
    polling = { until: clock.monotonic() + TRY_WATCH_AGAIN, problem };
    confirm();
    return POLL_INTERVAL;
  }

  return {
    pods: store,
    health: health.toHealth,
    stop: async () => {
      stopping.abort();
      await finished;
    },
    clear: store.clear,
  };
}

/** The server has said so itself, rather than failed at it. */
function isRefusal({ kind }: WatchFailure): boolean {
  return kind === "unsupported" || kind === "forbidden" || kind === "missing";
}
