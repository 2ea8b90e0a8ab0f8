import type { ContainerSnapshot, PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { PodChange, PodSink, PodSource } from "../../ports/pods.ts";
import type { WatchEvents } from "../../telemetry/watch-events.ts";
import { createInterner } from "../decode/interner.ts";
import type { Transport } from "../transport/types.ts";
import type { Identity } from "./namespace-problem.ts";
import { createReflector, type Reflector } from "./reflector.ts";
import { createSemaphore } from "./semaphore.ts";
import { createWatchListSupport } from "./watch-list.ts";

export interface PodSourceOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly events: WatchEvents;
  /** Watched from the start. */
  readonly namespaces: readonly string[];
  /** Used in the commands that grant missing permissions. */
  readonly identity: Identity;
}

/** A PodSource whose namespaces may change while it runs. */
export interface KubernetesPodSource extends PodSource {
  /** Watches exactly these from now on. For each dropped namespace, its pods are reported as removed, then `unwatched`. */
  watch(namespaces: readonly string[]): void;
}

/** A sync is the only expensive request for the API server, so their number is limited for all namespaces together. */
const SYNC_CONCURRENCY = 4;
/** The first requests of 100 or more namespaces are spread over a second. */
const SPREAD_PER_NAMESPACE: Duration = 10;
const MAX_SPREAD: Duration = SECOND;
/** A restored backup shows as a silent watch, in some namespaces minutes later than in others. */
const SAME_RESTORE_WITHIN: Duration = 10 * MINUTE;

/** The pods of the watched namespaces, with one reflector each, so that a failure in one does not affect the others. */
export function createPodSource({
  transport,
  clock,
  events,
  namespaces,
  identity,
}: PodSourceOptions): KubernetesPodSource {
  const interner = createInterner();
  const syncSlots = createSemaphore(SYNC_CONCURRENCY);
  const watchList = createWatchListSupport(clock);
  const reflectors = new Map<string, Reflector>();
  const stopping = new Set<Promise<void>>();
  let wanted = namespaces;
  /** The names of the reflectors in order; undefined when they have changed. */
  let names: readonly string[] | undefined;
  let sink: PodSink | undefined;
  let rolledBackAt = Number.NEGATIVE_INFINITY;

  function rolledBack(): boolean {
    const isNew = clock.monotonic() - rolledBackAt >= SAME_RESTORE_WITHIN;
    rolledBackAt = clock.monotonic();
    return isNew;
  }

  function notify(call: (sink: PodSink) => void): void {
    try {
      if (sink !== undefined) call(sink);
    } catch (error) {
      events.sinkFailed(error);
    }
  }

  function startReflector(namespace: string, startDelay: Duration): void {
    // Responses may still arrive after the namespace is unwatched; they are not reported.
    const notifyOf = (call: (sink: PodSink) => void) => {
      if (reflectors.get(namespace) === reflector) notify(call);
    };
    const reflector = createReflector({
      namespace,
      transport,
      clock,
      events,
      interner,
      identity,
      syncSlots,
      watchList: watchList.forNamespace(),
      startDelay,
      sink: {
        changed: (change) => {
          const lag = lagOf(change, clock.now());
          if (lag !== undefined) events.lag(lag);
          notifyOf((to) => to.changed(change));
        },
        synced: () => notifyOf((to) => to.synced(namespace)),
        healthChanged: (health) => notifyOf((to) => to.healthChanged(health)),
        rolledBack,
      },
    });
    reflectors.set(namespace, reflector);
    names = undefined;
  }

  function stopReflector(namespace: string, reflector: Reflector): void {
    const stopped = reflector.stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
    reflector.clear();
    reflectors.delete(namespace);
    names = undefined;
    notify((to) => to.unwatched(namespace));
  }

  function watched(): readonly string[] {
    names ??= [...reflectors.keys()].sort();
    return names;
  }

  function reconcile(): void {
    const next = new Set(wanted);
    for (const [namespace, reflector] of reflectors) if (!next.has(namespace)) stopReflector(namespace, reflector);
    const added = [...next].filter((namespace) => !reflectors.has(namespace));
    const spread = Math.min(MAX_SPREAD, SPREAD_PER_NAMESPACE * Math.max(0, added.length - SYNC_CONCURRENCY));
    for (const namespace of added) startReflector(namespace, spread * clock.random());
  }

  return {
    start: (to) => {
      sink = to;
      reconcile();
    },
    watch: (next) => {
      wanted = next;
      if (sink !== undefined) reconcile();
    },
    *pods(namespace) {
      if (namespace !== undefined) yield* reflectors.get(namespace)?.pods.values() ?? [];
      else for (const reflector of reflectors.values()) yield* reflector.pods.values();
    },
    pod: (namespace, name) => reflectors.get(namespace)?.pods.get(name),
    namespaces: watched,
    health: () => watched().flatMap((namespace) => reflectors.get(namespace)?.health() ?? []),
    healthOf: (namespace) => reflectors.get(namespace)?.health(),
    [Symbol.asyncDispose]: async () => {
      const stops = [...reflectors.values()].map((reflector) => reflector.stop());
      await Promise.all([...stops, ...stopping]);
    },
  };
}

/**
 * Time from the kubelet's timestamp of a container's newest start or end until the change arrived here; undefined for
 * other changes. The timestamp has whole seconds and comes from the node's clock.
 */
function lagOf(change: PodChange, now: Instant): Duration | undefined {
  if (change.type !== "updated" || change.previous === undefined) return undefined;
  const before = newestTimestamp(change.previous);
  const after = newestTimestamp(change.pod);
  return after !== undefined && (before === undefined || after > before) ? now - after : undefined;
}

function newestTimestamp(pod: PodSnapshot): Instant | undefined {
  let newest: Instant | undefined;
  for (const container of pod.containers) {
    const timestamp = timestampOf(container);
    if (timestamp !== undefined && (newest === undefined || timestamp > newest)) newest = timestamp;
  }
  return newest;
}

function timestampOf({ state, lastTerminated }: ContainerSnapshot): Instant | undefined {
  switch (state.name) {
    case "running":
      return state.startedAt;
    case "terminated":
      return state.finishedAt;
    case "waiting":
    case "unknown":
      return lastTerminated?.finishedAt;
  }
}
