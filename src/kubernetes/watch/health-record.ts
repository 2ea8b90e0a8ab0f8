import type { Duration, Instant } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Gap, NamespaceHealth, Problem, WatchState } from "../../ports/pods.ts";

/** Keeps the books of one namespace: what is known of it, since when, and what has happened to the watching. */
export interface HealthRecord {
  toHealth(): NamespaceHealth;
  /** The picture was complete at some time. */
  readonly everSynced: boolean;
  /** The picture is confirmed complete now. */
  readonly isLive: boolean;
  readonly state: WatchState;
  /** The resourceVersion up to which everything is known. */
  readonly position: string | undefined;
  event(): void;
  bookmark(): void;
  /** It waits for its turn. */
  starting(): void;
  /** A list or watch is asked for everything. */
  syncing(): void;
  /** Everything has come. */
  synced(cause: string): void;
  /** The picture is complete again; true when it was not before. */
  confirmed(state: "live" | "polling", problem?: Problem): boolean;
  /** Up to then (monotonic; now, when not given) everything has come, though there was nothing to tell. */
  heard(at?: Duration): void;
  /** The picture is no longer confirmed since then; the gap begins at the last moment at which it was. */
  lost(state: WatchState, cause: string, problem: Problem | undefined, since: Instant): void;
  reconnect(cause: string): void;
  refusal(status: number): void;
  decodeError(): void;
  difference(count: number): void;
  movedTo(resourceVersion: string): void;
}

const KEPT_GAPS = 20;

export interface HealthOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly countPods: () => number;
  /** When (monotonic) the connection was last known to be alive; undefined when only what it brings can tell. */
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
  /** Measured by the steady clock, and told by that of the wall. */
  let confirmed: { readonly at: Instant; readonly steady: Duration } | undefined;
  let lastEventAt: Instant | undefined;
  let lastBookmarkAt: Instant | undefined;
  let resourceVersion: string | undefined;
  let decodeErrors = 0;
  let differences = 0;
  let gaps: readonly Gap[] = [];
  let problem: Problem | undefined;
  const syncs: Record<string, number> = {};
  const reconnects: Record<string, number> = {};
  const refusals: Record<string, number> = {};

  const confirmedBy = (heard: Duration | undefined) => {
    if (syncedSince === undefined || heard === undefined || confirmed === undefined) return confirmed;
    if (heard <= confirmed.steady) return confirmed;
    return { at: Math.round(clock.now() - (clock.monotonic() - heard)), steady: heard };
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
    syncs: { ...syncs },
    reconnects: { ...reconnects },
    refusals: { ...refusals },
    decodeErrors,
    differences,
    gaps,
    problem,
  });
  const changed = () => onChange(toHealth());
  const heard = (at = clock.monotonic()) => {
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
      heard();
    },
    bookmark: () => {
      lastBookmarkAt = clock.now();
      heard();
    },
    heard,
    starting: changed,
    syncing: () => {
      if (state !== "starting") return;
      state = "syncing";
      changed();
    },
    synced: (cause) => {
      syncs[cause] = (syncs[cause] ?? 0) + 1;
    },
    confirmed: (next, nextProblem) => {
      const now = clock.now();
      const wasLost = syncedSince === undefined;
      confirmed = { at: now, steady: clock.monotonic() };
      const isNews = wasLost || state !== next || problem?.message !== nextProblem?.message;
      if (!isNews) return false;
      if (wasLost) syncedSince = now;
      staleSince = undefined;
      state = next;
      problem = nextProblem;
      gaps = gaps.map((gap) => (gap.to === undefined ? { ...gap, to: now } : gap));
      changed();
      return wasLost;
    },
    lost: (next, cause, nextProblem, from) => {
      const isNews = syncedSince !== undefined || state !== next || problem?.message !== nextProblem?.message;
      const since = problem?.since;
      staleSince ??= from;
      if (syncedSince !== undefined) {
        gaps = [{ from: confirmed?.at ?? from, to: undefined, cause }, ...gaps].slice(0, KEPT_GAPS);
      }
      syncedSince = undefined;
      state = next;
      problem = nextProblem === undefined || since === undefined ? nextProblem : { ...nextProblem, since };
      if (isNews) changed();
    },
    reconnect: (cause) => {
      reconnects[cause] = (reconnects[cause] ?? 0) + 1;
    },
    refusal: (status) => {
      refusals[status] = (refusals[status] ?? 0) + 1;
    },
    decodeError: () => {
      decodeErrors++;
    },
    difference: (count) => {
      if (count === 0) return;
      differences += count;
      changed();
    },
    movedTo: (value) => {
      resourceVersion = value;
    },
  };
}
