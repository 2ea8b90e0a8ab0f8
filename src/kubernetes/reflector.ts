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
import type { Clock, NamespaceHealth, PodChange, Problem, WatchState } from "../ports.ts";
import type { WatchEvents } from "../telemetry/watch-events.ts";
import { sleep } from "./backoff.ts";
import type { Interner } from "./decode/interner.ts";
import { listPods } from "./list.ts";
import { createComparer } from "./reflector-compare.ts";
import { createHealthRecord } from "./reflector-health.ts";
import { type Identity, problemOf, watchDenied } from "./reflector-problem.ts";
import { NO_SETBACKS, reactToClose, reactToFailure, type Setbacks } from "./reflector-reaction.ts";
import type { Slots } from "./reflector-slots.ts";
import { createStaleness } from "./reflector-staleness.ts";
import { createPodStore, type PodStore, type Put, type Replacement } from "./reflector-store.ts";
import { createWaits } from "./reflector-wait.ts";
import { followFrom } from "./reflector-watch.ts";
import { isOlder } from "./resource-version.ts";
import type { Transport } from "./transport.ts";
import { failureOf, WatchFailure } from "./watch-failure.ts";
import type { WatchListSupport } from "./watch-list.ts";
import { checkNamespaceExists } from "./watch-request.ts";

export interface ReflectorOptions {
  readonly namespace: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly events: WatchEvents;
  readonly interner: Interner;
  readonly identity: Identity;
  /** Shared by all reflectors: how many may sync at once. */
  readonly slots: Slots;
  /** Shared by all reflectors: whether this server knows WatchList. */
  readonly watchList: WatchListSupport;
  /** How long to wait before the first request. */
  readonly startDelay: Duration;
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

/** How often a namespace that may not be watched is listed, and how often watching is tried again. */
const POLL_INTERVAL: Duration = 30 * SECOND;
const TRY_WATCH_AGAIN: Duration = 5 * MINUTE;

export function createReflector(options: ReflectorOptions): Reflector {
  const { namespace, transport, clock, events, interner, identity, slots, watchList, sink } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const waits = createWaits(clock);
  const store = createPodStore(sink.changed);
  const health = createHealthRecord({ namespace, clock, countPods: () => store.size, onChange: sink.healthChanged });
  const staleness = createStaleness(clock, health);
  const source = { transport, clock, interner, namespace, signal };
  const comparer = createComparer({
    ...{ namespace, clock, events, store, health, slots, signal },
    list: (listSink) => listPods({ ...source, ...listSink }),
  });

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
  let polling: { readonly until: Duration; readonly problem: Problem } | undefined;

  const finished = run();

  async function run(): Promise<void> {
    await sleep(clock, options.startDelay, signal);
    while (!signal.aborted) await sleep(clock, await attempt(), signal);
    staleness.stop();
  }

  /** One sync, watch or poll from its beginning to its end. Resolves with how long to wait before the next. */
  async function attempt(): Promise<Duration> {
    const from = position;
    try {
      if (from === undefined) return await sync();
      if (polling !== undefined && clock.monotonic() < polling.until) return await poll(from);
      return closed(await watch(from));
    } catch (error) {
      return signal.aborted ? 0 : failed(failureOf(error));
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
          events.initialEventsUnavailable(namespace, isRefusal(failure), failure.message);
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
    const rewound = newest !== undefined && isOlder(resourceVersion, newest);
    if (rewound) events.rewound(namespace, newest!, resourceVersion);
    if (rewound) newest = undefined;
    const vanished = replacement.complete(rewound);
    health.synced(cause);
    moveTo(resourceVersion);
    events.synced(namespace, cause, store.size, vanished);
    confirm();
  }

  // ─── Watch ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Resolves with how long the watch lived. Without `from` it begins with a sync, after which `synced` is called. */
  async function watch(from: string | undefined, synced?: () => void): Promise<Duration> {
    const replacement = from === undefined ? store.beginReplacement() : undefined;
    try {
      return await followFrom({
        ...source,
        resourceVersion: from,
        bookmarksExpected: bookmarksSeen,
        sink: {
          opened: () => {
            listedLast = false;
            polling = undefined;
          },
          pod: (type, pod, isInitial) => {
            apply(type, pod);
            health.event();
            heard();
            if (!isInitial) moveTo(pod.resourceVersion);
          },
          bookmark: (resourceVersion) => {
            bookmarksSeen = true;
            moveTo(resourceVersion);
            health.bookmark();
            heard();
            confirm();
          },
          initialEnd: (resourceVersion) => {
            watchList.worked();
            health.bookmark();
            complete(replacement!, resourceVersion, syncCause);
            synced?.();
          },
          caughtUp: () => {
            setbacks = { ...NO_SETBACKS, silent: setbacks.silent };
            waits.permitted();
            confirm();
          },
        },
      });
    } finally {
      replacement?.abandon();
    }
  }

  /** Whatever was wrong, this watch is not silent. */
  function heard(): void {
    if (setbacks.silent > 0) setbacks = { ...setbacks, silent: 0 };
  }

  /** Takes one event into the store; only then may the position move. */
  function apply(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void {
    comparer.told(pod.name);
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
    comparer.movedTo(resourceVersion);
  }

  /** The picture is complete. */
  function confirm(): void {
    staleness.recovered();
    const isNews = polling === undefined ? health.confirmed("live") : health.confirmed("polling", polling.problem);
    if (isNews) sink.synced();
  }

  // ─── Ends ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function closed(lasted: Duration): Duration {
    const { wait } = reactToClose(lasted, setbacks);
    if (wait.type !== "backoff") {
      health.reconnect("timeout");
      staleness.expectReconnect("timeout", undefined);
    } else {
      const tooShort = new WatchFailure("network", "the API server closes the watch as soon as it is open", {
        label: "short",
      });
      health.reconnect(tooShort.label);
      staleness.expectReconnect(tooShort.label, problemOf(tooShort, namespace, identity, clock.now()));
    }
    return waits.lengthOf(wait);
  }

  function failed(failure: WatchFailure): Duration {
    count(failure);
    health.reconnect(failure.label);
    const wasWatching = position !== undefined;
    if (listedLast && isRefusal(failure)) return beginPolling(failure);

    const reaction = reactToFailure(failure, setbacks, clock.monotonic());
    setbacks = reaction.setbacks;
    // An outage is one line for each namespace, not one for each attempt.
    const isNews = health.isLive || staleness.cause !== failure.label;
    events.ended(namespace, failure.label, failure.status, reaction.next, failure.message, isNews);
    if (setbacks.expired >= EXPIRED_REPEATEDLY) events.expiredRepeatedly(namespace, setbacks.expired);
    if (reaction.next === "resync") resync(failure.label);
    if (wasWatching && (failure.kind === "forbidden" || failure.kind === "missing")) {
      // Whether it is true of listing as well is known only when that has been tried.
      staleness.expectReconnect(failure.label, undefined);
      return 0;
    }
    tellHealth(failure, reaction.next);
    return waits.lengthOf(reaction.wait);
  }

  function count(failure: WatchFailure): void {
    if (failure.status !== undefined && COUNTED_REFUSALS.has(failure.status)) health.refusal(failure.status);
    if (failure.kind === "undecodable") health.decodeError();
  }

  function resync(cause: string): void {
    position = undefined;
    polling = undefined;
    syncCause = cause;
    comparer.interrupt();
  }

  function tellHealth(failure: WatchFailure, next: "resume" | "resync"): void {
    const problem = problemOf(failure, namespace, identity, clock.now());
    const state = STATE_AFTER[failure.kind];
    if (state === undefined && health.everSynced && next === "resume")
      staleness.expectReconnect(failure.label, problem);
    else if (state === undefined && failure.kind === "expired") staleness.lose("stale", failure.label, undefined);
    else staleness.lose(state ?? (health.everSynced ? "stale" : "syncing"), failure.label, problem);
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

/** How often the server must have found our position too old, without any progress, before it is asked otherwise. */
const EXPIRED_REPEATEDLY = 2;

/** The server has said so itself, rather than failed at it. */
function isRefusal({ kind }: WatchFailure): boolean {
  return kind === "unsupported" || kind === "forbidden" || kind === "missing";
}

const COUNTED_REFUSALS: ReadonlySet<number> = new Set([401, 403, 410, 429]);

/** What only a person can mend has a state of its own. */
const STATE_AFTER: Partial<Record<WatchFailure["kind"], WatchState>> = {
  forbidden: "forbidden",
  missing: "missing",
  unauthenticated: "unauthenticated",
};
