import { setImmediate as nextTurn } from "node:timers/promises";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { LegacyContainer } from "../rows/legacy-status.ts";

/** What GET /status says of one namespace; its `pods` become one entry for each of their containers. */
export interface NamespaceStatus {
  readonly namespace: string;
  readonly pods: readonly PodSnapshot[];
  readonly containers: (pod: PodSnapshot) => readonly LegacyContainer[];
  readonly state: string;
  readonly syncedSince: string;
  readonly lastSyncedAt: string;
  readonly problem?: string;
}

/** So many are written in some milliseconds; a megabyte of JSON is some thousand pods. */
const PODS_A_TURN = 100;

/**
 * The body of GET /status in pieces, made as they are read: that of 100,000 pods has 50 MB, and neither the watch nor
 * other callers may wait for it, nor may it be held in memory as a whole. Which pods there are is as it was at the call.
 */
export async function* statusJson(config: object, namespaces: readonly NamespaceStatus[]): AsyncGenerator<string> {
  yield `{"config":${JSON.stringify(config)},"namespaces":[`;
  let between = "";
  for (const { namespace, pods, containers, ...rest } of namespaces) {
    yield `${between}{"namespace":${JSON.stringify(namespace)},"pods":[`;
    between = ",";
    let separator = "";
    for (let from = 0; from < pods.length; from += PODS_A_TURN) {
      const entries = pods.slice(from, from + PODS_A_TURN).flatMap(containers);
      if (entries.length === 0) continue;
      yield separator + JSON.stringify(entries).slice(1, -1);
      separator = ",";
      await nextTurn();
    }
    yield `],${JSON.stringify(rest).slice(1)}`;
  }
  yield "]}";
}
