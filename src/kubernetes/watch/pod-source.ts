import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { PodSink, PodSource } from "../../ports/pods.ts";
import type { WatchEvents } from "../../telemetry/watch-events.ts";
import { createInterner } from "../decode/interner.ts";
import type { Transport } from "../transport/transport.ts";
import type { Identity } from "./namespace-problem.ts";
import { lagOf } from "./pod-source-lag.ts";
import { createReflector, type Reflector } from "./reflector.ts";
import { createSemaphore } from "./semaphore.ts";
import { createWatchListSupport } from "./watch-list.ts";

export interface PodSourceOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly events: WatchEvents;
  /** What to watch to begin with. */
  readonly namespaces: readonly string[];
  /** Who we are, for the commands that mend a missing permission. */
  readonly identity: Identity;
}

/** A PodSource whose namespaces may change while it runs. */
export interface KubernetesPodSource extends PodSource {
  /** From now on exactly these. New ones are synced; of the others the pods are reported gone, then `unwatched`. */
  watch(namespaces: readonly string[]): void;
}

/** A sync is the only thing here that costs the API server much: no more of them at once, however many namespaces. */
const SYNCS_AT_ONCE = 4;
/** Many namespaces do not begin at one instant: with 100 or more, their first requests are spread over a second. */
const SPREAD_EACH: Duration = 10;
const MAX_SPREAD: Duration = SECOND;
/** That a cluster was restored is noticed by the silence of each watch, in some namespaces minutes after others. */
const SAME_RESTORE: Duration = 10 * MINUTE;

/** The pods of some namespaces of one cluster, a reflector for each: the trouble of one is not the others'. */
export function createPodSource({
  transport,
  clock,
  events,
  namespaces,
  identity,
}: PodSourceOptions): KubernetesPodSource {
  const interner = createInterner();
  const syncSlots = createSemaphore(SYNCS_AT_ONCE);
  const watchList = createWatchListSupport(clock);
  const reflectors = new Map<string, Reflector>();
  const stopping = new Set<Promise<void>>();
  let wanted = namespaces;
  let sink: PodSink | undefined;
  let rolledBackAt = Number.NEGATIVE_INFINITY;

  function rolledBack(): boolean {
    const isNews = clock.monotonic() - rolledBackAt >= SAME_RESTORE;
    rolledBackAt = clock.monotonic();
    return isNews;
  }

  function tell(told: (sink: PodSink) => void): void {
    try {
      if (sink !== undefined) told(sink);
    } catch (error) {
      events.sinkFailed(error);
    }
  }

  function begin(namespace: string, startDelay: Duration): void {
    // Once it is unwatched, nothing more is told of it, though an answer may have come at the last moment.
    const tellOf = (told: (sink: PodSink) => void) => {
      if (reflectors.get(namespace) === reflector) tell(told);
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
          tellOf((to) => to.changed(change));
        },
        synced: () => tellOf((to) => to.synced(namespace)),
        healthChanged: (health) => tellOf((to) => to.healthChanged(health)),
        rolledBack,
      },
    });
    reflectors.set(namespace, reflector);
  }

  function end(namespace: string, reflector: Reflector): void {
    const stopped = reflector.stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
    reflector.clear();
    reflectors.delete(namespace);
    tell((to) => to.unwatched(namespace));
  }

  function reconcile(): void {
    const names = new Set(wanted);
    for (const [namespace, reflector] of reflectors) if (!names.has(namespace)) end(namespace, reflector);
    const added = [...names].filter((namespace) => !reflectors.has(namespace));
    const spread = Math.min(MAX_SPREAD, SPREAD_EACH * Math.max(0, added.length - SYNCS_AT_ONCE));
    for (const namespace of added) begin(namespace, spread * clock.random());
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
    health: () =>
      [...reflectors.values()]
        .map((reflector) => reflector.health())
        .sort((a, b) => (a.namespace < b.namespace ? -1 : 1)),
    [Symbol.asyncDispose]: async () => {
      const stops = [...reflectors.values()].map((reflector) => reflector.stop());
      await Promise.all([...stops, ...stopping]);
    },
  };
}
