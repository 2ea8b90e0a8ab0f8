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
import type { PodSnapshot } from "../core/pod.ts";
import { type Duration, MINUTE, SECOND } from "../core/time.ts";
import type { Clock, NamespaceHealth, PodChange, Problem, Timer, WatchState } from "../ports.ts";
import type { Logger } from "../telemetry/logger.ts";
import { createBackoff, REFUSAL_BACKOFF, REQUEST_BACKOFF, sleep } from "./backoff.ts";
import type { Interner } from "./decode/interner.ts";
import { listPods } from "./list.ts";
import { createHealthRecord } from "./reflector-health.ts";
import { type Identity, problemOf, watchDenied } from "./reflector-problem.ts";
import { NO_SETBACKS, reactToClose, reactToFailure, type Setbacks, type Wait } from "./reflector-reaction.ts";
import type { Slots } from "./reflector-slots.ts";
import { createPodStore, type PodStore, type Put, type Replacement } from "./reflector-store.ts";
import { isOlder } from "./resource-version.ts";
import type { Transport } from "./transport.ts";
import { onAbort } from "./transport-abort.ts";
import { followWatch } from "./watch.ts";
import { failureOf, WatchFailure } from "./watch-failure.ts";
import type { WatchListSupport } from "./watch-list.ts";
import { checkNamespaceExists } from "./watch-request.ts";

export interface ReflectorOptions {
  readonly namespace: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly interner: Interner;
  readonly identity: Identity;
  /** Shared by all reflectors: how many may sync at once. */
  readonly slots: Slots;
  /** Shared by all reflectors: whether this server knows WatchList. */
  readonly watchList: WatchListSupport;
  readonly sink: ReflectorSink;
}

/** Must not throw. */
export interface ReflectorSink {
  changed(change: PodChange): void;
  synced(): void;
  healthChanged(health: NamespaceHealth): void;
}

export interface Reflector {
  readonly pods: Pick<PodStore, "values" | "get" | "size">;
  health(): NamespaceHealth;
  /** Resolves when the last request is over; no other follows. */
  stop(): Promise<void>;
  /** After `stop()`: reports every pod gone. */
  clear(): void;
}

/** A watch that has lived this long has had what it missed: the server sends it first, at once. */
const CAUGHT_UP: Duration = SECOND;
/** A reconnect that takes longer is a gap for those who look: the routine ones take well under a second. */
const STALE_AFTER: Duration = 5 * SECOND;
/** How often a namespace that may not be watched is listed, and how often watching is tried again. */
const POLL_INTERVAL: Duration = 30 * SECOND;
const TRY_WATCH_AGAIN: Duration = 5 * MINUTE;
/** A server may ask for more, but not to be left alone for hours. */
const LONGEST_RETRY_AFTER: Duration = 5 * MINUTE;
/** The initial events of a WatchList flow; the end marker must not be longer in coming than this after one of them. */
const INITIAL_EVENTS_PAUSE: Duration = 60 * SECOND;

export function createReflector(options: ReflectorOptions): Reflector {
  const { namespace, transport, clock, logger, interner, identity, slots, watchList, sink } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const backoff = createBackoff(clock, REQUEST_BACKOFF);
  const refusalBackoff = createBackoff(clock, REFUSAL_BACKOFF);
  const store = createPodStore(sink.changed);
  const health = createHealthRecord({ namespace, clock, countPods: () => store.size, onChange: sink.healthChanged });
  const source = { transport, clock, interner, namespace };

  /** Up to where everything is in the store; undefined when everything must be looked at. */
  let position: string | undefined;
  /** The newest version ever heard of: when a list is older, the cluster has gone back in time. */
  let newest: string | undefined;
  let syncCause = "start";
  let setbacks: Setbacks = NO_SETBACKS;
  let bookmarksSeen = false;
  /** A list has come since a watch was last accepted: if that is refused now, it is watching alone that is. */
  let listedLast = false;
  /** Watching is refused, and until when it is not tried again. */
  let pollUntil: Duration | undefined;
  let staleTimer: Timer | undefined;

  const finished = run();

  async function run(): Promise<void> {
    while (!signal.aborted) await sleep(clock, await attempt(), signal);
    staleTimer?.cancel();
  }

  /** One sync, watch or poll from its beginning to its end. Resolves with how long to wait before the next. */
  async function attempt(): Promise<Duration> {
    const from = position;
    try {
      if (from === undefined) return await sync();
      if (pollUntil !== undefined && clock.monotonic() < pollUntil) return await poll(from);
      return closed(await watch(from));
    } catch (error) {
      return signal.aborted ? 0 : failed(failureOf(error), from === undefined ? "sync" : "watch");
    }
  }

  // ─── Sync ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async function sync(): Promise<Duration> {
    const release = await slots.acquire(signal);
    try {
      health.syncing();
      if (store.size === 0) await checkNamespaceExists({ transport, clock, namespace, signal });
      const repeats = setbacks.expired >= EXPIRED_REPEATEDLY;
      if (!repeats && watchList.isWorthTrying()) {
        try {
          return closed(await watch(undefined, release));
        } catch (error) {
          const failure = failureOf(error);
          // Once it has synced, it is a watch like any other that has ended.
          if (position !== undefined || !watchList.failed(failure)) throw failure;
          count(failure);
          logger.info(
            { namespace, reason: failure.message },
            "the server does not send initial events, listing instead",
          );
        }
      }
      await list(syncCause, { unpaged: repeats });
      return 0;
    } finally {
      release();
    }
  }

  async function poll(from: string): Promise<Duration> {
    const release = await slots.acquire(signal);
    try {
      await list("polling", { unpaged: true, notOlderThan: from });
      return POLL_INTERVAL * (1 + clock.random() / 2);
    } finally {
      release();
    }
  }

  async function list(cause: string, how: { unpaged: boolean; notOlderThan?: string }): Promise<void> {
    let replacement = store.beginReplacement();
    try {
      const onRestart = () => {
        replacement = store.beginReplacement();
      };
      const { resourceVersion } = await listPods({ ...source, ...how, signal, onPod: put, onRestart });
      listedLast = true;
      complete(replacement, resourceVersion, cause);
    } finally {
      replacement.abandon();
    }
  }

  function complete(replacement: Replacement, resourceVersion: string, cause: string): void {
    const rewound = newest !== undefined && isOlder(resourceVersion, newest);
    if (rewound) {
      logger.error(
        { event: "cluster_rewound", namespace, from: newest, to: resourceVersion },
        "the cluster has gone back in time (was etcd restored?): what it says now is taken as the beginning",
      );
      newest = undefined;
    }
    const vanished = replacement.complete(rewound);
    health.synced(cause);
    moveTo(resourceVersion);
    logger.debug({ namespace, cause, pods: store.size, vanished, resourceVersion }, "namespace synced");
    confirm();
  }

  // ─── Watch ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves with how long the watch lived. Without `from` it begins with a sync, after which `release` is called. */
  async function watch(from: string | undefined, release?: () => void): Promise<Duration> {
    const replacement = from === undefined ? store.beginReplacement() : undefined;
    let initial = from === undefined;
    let begunAt = clock.monotonic();
    let timer: Timer | undefined;
    const neverEnding = new AbortController();
    const unlink = onAbort([signal], () => neverEnding.abort());

    const expectMoreInitialEvents = () => {
      timer?.cancel();
      timer = clock.after(INITIAL_EVENTS_PAUSE, () => neverEnding.abort());
    };
    const settleSoon = () => {
      timer?.cancel();
      timer = clock.after(CAUGHT_UP, caughtUp);
    };
    const finishInitial = (resourceVersion: string) => {
      initial = false;
      watchList.worked();
      complete(replacement!, resourceVersion, syncCause);
      settleSoon();
      release?.();
    };

    try {
      await followWatch({
        ...source,
        resourceVersion: from,
        bookmarksExpected: bookmarksSeen,
        signal: neverEnding.signal,
        sink: {
          opened: () => {
            begunAt = clock.monotonic();
            listedLast = false;
            pollUntil = undefined;
            if (initial) expectMoreInitialEvents();
            else settleSoon();
          },
          pod: (type, pod) => {
            if (initial && type === "ADDED") expectMoreInitialEvents();
            apply(type, pod);
            health.event();
            // Initial events come in any order: only the end marker says how far they go.
            if (!initial) moveTo(pod.resourceVersion);
          },
          bookmark: (resourceVersion, initialEventsEnd) => {
            bookmarksSeen = true;
            health.bookmark();
            if (!initial) moveTo(resourceVersion);
            else if (initialEventsEnd) finishInitial(resourceVersion);
          },
        },
      });
      if (initial)
        throw new WatchFailure("network", "the watch was closed amid its initial events", { label: "reset" });
      return clock.monotonic() - begunAt;
    } catch (error) {
      if (initial && neverEnding.signal.aborted && !signal.aborted) {
        throw new WatchFailure("silent", "the initial events came to no end", { label: "endless" });
      }
      throw error;
    } finally {
      timer?.cancel();
      unlink();
      replacement?.abandon();
    }
  }

  /** Takes one event into the store; only then may the position move. */
  function apply(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void {
    if (type === "DELETED") store.delete(pod);
    else if (put(pod) === "added" && type === "MODIFIED") {
      logger.debug({ namespace, pod: pod.name }, "a change of a pod not known before");
    }
  }

  function put(pod: PodSnapshot): Put {
    const result = store.put(pod);
    if (result === "older") logger.debug({ namespace, pod: pod.name }, "an older state than known was ignored");
    return result;
  }

  function moveTo(resourceVersion: string): void {
    position = resourceVersion;
    if (newest === undefined || !isOlder(resourceVersion, newest)) newest = resourceVersion;
    health.resourceVersion(resourceVersion);
  }

  /** The picture is complete. */
  function confirm(): void {
    staleTimer?.cancel();
    staleTimer = undefined;
    if (pollUntil !== undefined) return;
    if (health.confirmed("live")) sink.synced();
  }

  /** The watch has lived long enough to be called well. */
  function caughtUp(): void {
    setbacks = NO_SETBACKS;
    refusalBackoff.reset();
    confirm();
  }

  // ─── Ends ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function closed(lasted: Duration): Duration {
    const reaction = reactToClose(lasted, setbacks);
    health.reconnect(reaction.wait.type === "backoff" ? "short" : "timeout");
    expectReconnect("closed", undefined);
    return waitFor(reaction.wait);
  }

  function failed(failure: WatchFailure, during: "sync" | "watch"): Duration {
    count(failure);
    health.reconnect(failure.label);
    const denied = failure.kind === "forbidden" || failure.kind === "missing";
    if (failure.kind === "forbidden" && listedLast) return beginPolling(failure);

    const reaction = reactToFailure(failure, setbacks, clock.monotonic());
    setbacks = reaction.setbacks;
    logger.warn(
      {
        event: "watch_ended",
        namespace,
        cause: failure.label,
        status: failure.status,
        next: reaction.next,
        reason: failure.message,
      },
      "the watch of a namespace ended",
    );
    if (reaction.next === "resync") {
      position = undefined;
      syncCause = failure.label;
    }
    const problem = problemOf(failure, namespace, identity, clock.now());
    const lostAs = LOST_AS[failure.kind];
    if (lostAs !== undefined) health.lost(lostAs, failure.label, problem);
    else if (!health.everSynced) health.lost("syncing", failure.label, problem);
    else if (reaction.next === "resync")
      health.lost("stale", failure.label, failure.kind === "expired" ? undefined : problem);
    else expectReconnect(failure.label, problem);
    // Whether listing is refused as well is known only when it has been tried.
    return denied && during === "watch" ? 0 : waitFor(reaction.wait);
  }

  function count(failure: WatchFailure): void {
    if (failure.status !== undefined && COUNTED_REFUSALS.has(failure.status)) health.refusal(failure.status);
    if (failure.kind === "undecodable") health.decodeError();
  }

  function beginPolling(failure: WatchFailure): Duration {
    pollUntil = clock.monotonic() + TRY_WATCH_AGAIN;
    if (health.confirmed("polling", watchDenied(failure, namespace, identity, clock.now()))) sink.synced();
    return POLL_INTERVAL;
  }

  /** A routine reconnect is over before anybody needs to know; one that takes longer is a gap. */
  function expectReconnect(cause: string, problem: Problem | undefined): void {
    if (!health.isLive) {
      if (problem !== undefined) health.lost("stale", cause, problem);
      return;
    }
    staleTimer?.cancel();
    staleTimer = clock.after(STALE_AFTER, () => health.lost("stale", cause, problem));
  }

  function waitFor(wait: Wait): Duration {
    switch (wait.type) {
      case "none":
        return 0;
      case "jitter":
        return clock.random() * SECOND;
      case "backoff":
        return backoff.next();
      case "refusal":
        return refusalBackoff.next();
      case "asked": {
        const asked = Math.min(wait.atLeast, LONGEST_RETRY_AFTER);
        return Math.max(asked, backoff.next()) + clock.random() * asked;
      }
    }
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

/** How often the server must have found our position too old, without any progress, before it is asked otherwise. */
const EXPIRED_REPEATEDLY = 2;

const COUNTED_REFUSALS: ReadonlySet<number> = new Set([401, 403, 410, 429]);

const LOST_AS: Partial<Record<WatchFailure["kind"], WatchState>> = {
  forbidden: "forbidden",
  missing: "missing",
  unauthenticated: "unauthenticated",
};
