import type { Clock, PodChange, PodSink, PodSource } from "../ports.ts";
import type { Logger } from "../telemetry/logger.ts";
import { createInterner } from "./decode/interner.ts";
import { createReflector, type Reflector } from "./reflector.ts";
import type { Identity } from "./reflector-problem.ts";
import { createSlots } from "./reflector-slots.ts";
import type { Transport } from "./transport.ts";
import { createWatchListSupport } from "./watch-list.ts";

export interface PodSourceOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
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

/** The pods of some namespaces of one cluster, a reflector for each: the trouble of one is not the others'. */
export function createPodSource({
  transport,
  clock,
  logger,
  namespaces,
  identity,
}: PodSourceOptions): KubernetesPodSource {
  const interner = createInterner();
  const slots = createSlots(SYNCS_AT_ONCE);
  const watchList = createWatchListSupport(clock);
  const reflectors = new Map<string, Reflector>();
  const stopping = new Set<Promise<void>>();
  let wanted = namespaces;
  let sink: PodSink | undefined;

  function tell(told: (sink: PodSink) => void): void {
    try {
      if (sink !== undefined) told(sink);
    } catch (error) {
      logger.error({ event: "pod_sink_failed", err: error }, "a change of a pod could not be evaluated");
    }
  }

  function begin(namespace: string): void {
    const reflector = createReflector({
      namespace,
      transport,
      clock,
      logger,
      interner,
      identity,
      slots,
      watchList,
      sink: {
        changed: (change: PodChange) => tell((to) => to.changed(change)),
        synced: () => tell((to) => to.synced(namespace)),
        healthChanged: (health) => tell((to) => to.healthChanged(health)),
      },
    });
    reflectors.set(namespace, reflector);
  }

  function end(namespace: string, reflector: Reflector): void {
    reflectors.delete(namespace);
    const stopped = reflector.stop().finally(() => stopping.delete(stopped));
    stopping.add(stopped);
    reflector.clear();
    tell((to) => to.unwatched(namespace));
  }

  function reconcile(): void {
    const names = new Set(wanted);
    for (const [namespace, reflector] of reflectors) if (!names.has(namespace)) end(namespace, reflector);
    for (const namespace of names) if (!reflectors.has(namespace)) begin(namespace);
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
