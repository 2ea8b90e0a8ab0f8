import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { LegacyContainer } from "../rows/legacy-status.ts";

/** One namespace of GET /status; `pods` become one entry per container. */
export interface NamespaceStatus {
  readonly namespace: string;
  readonly pods: readonly PodSnapshot[];
  readonly containers: (pod: PodSnapshot) => readonly LegacyContainer[];
  readonly state: string;
  readonly syncedSince: string;
  readonly lastSyncedAt: string;
  readonly problem?: string;
}

/** Pods that are written, in a few milliseconds, before other work gets the event loop. */
const PODS_PER_SLICE = 100;

/**
 * The body of GET /status, in pieces that are generated as they are read: that of 100,000 pods has 50 MB and must neither
 * block the event loop nor be in memory as a whole. The list of pods is that at the time of the request.
 */
export async function* statusJson(config: object, namespaces: readonly NamespaceStatus[]): AsyncGenerator<string> {
  yield `{"config":${JSON.stringify(config)},"namespaces":[`;
  let between = "";
  for (const { namespace, pods, containers, ...rest } of namespaces) {
    yield `${between}{"namespace":${JSON.stringify(namespace)},"pods":[`;
    between = ",";
    let separator = "";
    for (let from = 0; from < pods.length; from += PODS_PER_SLICE) {
      const entries = pods.slice(from, from + PODS_PER_SLICE).flatMap(containers);
      if (entries.length === 0) continue;
      yield separator + JSON.stringify(entries).slice(1, -1);
      separator = ",";
      await yieldToEventLoop();
    }
    yield `],${JSON.stringify(rest).slice(1)}`;
  }
  yield "]}";
}
