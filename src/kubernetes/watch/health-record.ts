import type { Duration, Instant } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Gap, NamespaceHealth, Problem, WatchState } from "../../ports/pods.ts";

/** Tracks the health of the watch of one namespace. */
export interface HealthRecord {
  toHealth(): NamespaceHealth;
  /** The cache has been complete at least once. */
  readonly everSynced: boolean;
  /** The cache is synced now. */
  readonly isLive: boolean;
  readonly state: WatchState;
  /** The resourceVersion up to which the cache is complete. */
  readonly position: string | undefined;
  event(): void;
  bookmark(): void;
  /** Reports the initial state, before the first request. */
  starting(): void;
  /** A full sync has started. */
  syncing(): void;
  /** A full sync is complete. */
  synced(cause: string): void;
  /** The cache is synced; returns true when it was not before. */
  confirmed(state: "live" | "polling", problem?: Problem): boolean;
  /** The cache was complete at this time (monotonic; now by default), though no event arrived. */
  active(at?: Duration): void;
  /** The cache is not synced since then. The gap starts when it was last known to be complete. */
  lost(state: WatchState, cause: string, problem: Problem | undefined, since: Instant): void;
  reconnect(cause: string): void;
  refusal(status: number): void;
  decodeError(): void;
  difference(count: number): void;
  advanced(resourceVersion: string): void;
}

const MAX_GAPS = 20;

export interface HealthOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly countPods: () => number;
  /** When (monotonic) the connection was last known to be alive; undefined without PINGs. */
  readonly lastActivityAt: () => Duration | undefined;
  readonly onChange: (health: NamespaceHealth) => void;
}

export function createHealthRecord({
  namespace,
  clock,
  countPods,
  lastActivityAt,
  onChange,
}: HealthOptions): HealthRecord {
  let state: WatchState = "starting";
  let syncedSince: Instant | undefined;
  let staleSince: Instant | undefined = clock.now();
  /** When the cache was last known to be complete: compared by the monotonic clock, reported by the wall clock. */
  let confirmed: { readonly at: Instant; readonly monotonic: Duration } | undefined;
  let lastEventAt: Instant | undefined;
  let lastBookmarkAt: Instant | undefined;
  let resourceVersion: string | undefined;
  let gaps: readonly Gap[] = [];
  let problem: Problem | undefined;
  const counters = createCounters();

  const confirmedBy = (lastActivity: Duration | undefined) => {
    if (syncedSince === undefined || lastActivity === undefined || confirmed === undefined) return confirmed;
    if (lastActivity <= confirmed.monotonic) return confirmed;
    return { at: Math.round(clock.now() - (clock.monotonic() - lastActivity)), monotonic: lastActivity };
  };
  const toHealth = (): NamespaceHealth => ({
    namespace,
    state,
    pods: countPods(),
    syncedSince,
    staleSince,
    lastSyncedAt: confirmedBy(lastActivityAt())?.at,
    lastEventAt,
    lastBookmarkAt,
    resourceVersion,
    ...counters.values(),
    gaps,
    problem,
  });
  const changed = () => onChange(toHealth());
  const active = (at = clock.monotonic()) => {
    confirmed = confirmedBy(at);
  };

  return {
    toHealth,
    get everSynced() {
      return confirmed !== undefined;
    },
    get isLive() {
      return syncedSince !== undefined;
    },
    get state() {
      return state;
    },
    get position() {
      return resourceVersion;
    },
    event: () => {
      lastEventAt = clock.now();
      active();
    },
    bookmark: () => {
      lastBookmarkAt = clock.now();
      active();
    },
    active,
    starting: changed,
    syncing: () => {
      if (state !== "starting") return;
      state = "syncing";
      changed();
    },
    synced: counters.synced,
    confirmed: (next, nextProblem) => {
      const now = clock.now();
      const wasLost = syncedSince === undefined;
      confirmed = { at: now, monotonic: clock.monotonic() };
      const isChange = wasLost || state !== next || problem?.message !== nextProblem?.message;
      if (!isChange) return false;
      if (wasLost) syncedSince = now;
      staleSince = undefined;
      state = next;
      problem = nextProblem;
      gaps = gaps.map((gap) => (gap.to === undefined ? { ...gap, to: now } : gap));
      changed();
      return wasLost;
    },
    lost: (next, cause, nextProblem, from) => {
      const isChange = syncedSince !== undefined || state !== next || problem?.message !== nextProblem?.message;
      const since = problem?.since;
      staleSince ??= from;
      if (syncedSince !== undefined) {
        gaps = [{ from: confirmed?.at ?? from, to: undefined, cause }, ...gaps].slice(0, MAX_GAPS);
      }
      syncedSince = undefined;
      state = next;
      problem = nextProblem === undefined || since === undefined ? nextProblem : { ...nextProblem, since };
      if (isChange) changed();
    },
    reconnect: counters.reconnect,
    refusal: counters.refusal,
    decodeError: counters.decodeError,
    difference: (count) => {
      if (count === 0) return;
      counters.difference(count);
      changed();
    },
    advanced: (value) => {
      resourceVersion = value;
    },
  };
}

type Counts = Pick<NamespaceHealth, "syncs" | "reconnects" | "refusals" | "decodeErrors" | "differences">;

/** Counts since the start, by cause or HTTP status. */
function createCounters() {
  let decodeErrors = 0;
  let differences = 0;
  const syncs: Record<string, number> = {};
  const reconnects: Record<string, number> = {};
  const refusals: Record<string, number> = {};
  const countIn = (counts: Record<string, number>, key: string | number) => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  return {
    synced: (cause: string) => countIn(syncs, cause),
    reconnect: (cause: string) => countIn(reconnects, cause),
    refusal: (status: number) => countIn(refusals, status),
    decodeError: () => {
      decodeErrors++;
    },
    difference: (count: number) => {
      differences += count;
    },
    values: (): Counts => ({
      syncs: { ...syncs },
      reconnects: { ...reconnects },
      refusals: { ...refusals },
      decodeErrors,
      differences,
    }),
  };
}
