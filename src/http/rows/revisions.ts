import type { PodSnapshot } from "../../core/model/pod.ts";
import type { Instant } from "../../core/model/time.ts";

/** The pods of a workload that one ReplicaSet, or another controller, made. */
export interface Revision {
  /** The suffix of a ReplicaSet's name, or the name of another controller. */
  readonly revision: string;
  /** Of the first main container. */
  readonly image: string | undefined;
  /** Creation of the oldest pod that is there. */
  readonly rolledOutAt: Instant;
  readonly pods: readonly PodSnapshot[];
}

/** Revisions by the controller of the pods, newest first. */
export function revisionsOf(pods: readonly PodSnapshot[]): readonly Revision[] {
  const groups = Map.groupBy(pods, ({ owner, name }) => owner?.name ?? name);
  return [...groups]
    .map(([name, own]) => {
      const { workload, owner, containers } = own[0]!;
      const prefix = `${workload.name}-`;
      return {
        revision: owner?.kind === "ReplicaSet" && name.startsWith(prefix) ? name.slice(prefix.length) : name,
        image: containers.find(({ type }) => type === "main")?.image,
        rolledOutAt: Math.min(...own.map(({ createdAt }) => createdAt)),
        pods: own,
      };
    })
    .sort((a, b) => b.rolledOutAt - a.rolledOutAt);
}
