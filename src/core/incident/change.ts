import type { PodSnapshot, Workload } from "../model/pod.ts";
import type { Duration, Instant } from "../model/time.ts";
import { isBatch } from "../model/workload.ts";
import { formatInstant } from "../text/text.ts";

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

/** A rollout that an incident may come from. */
export interface Rollout {
  readonly kind: "rollout";
  readonly at: Instant;
  readonly revision: string;
  readonly image?: string;
  readonly previousRevision: string;
  readonly previousImage?: string;
  /** `never-started`: no pod of the new revision has ever started. */
  readonly effect?: "only-new-fails" | "never-started";
  /** Revisions of which no pod fails. */
  readonly healthy?: readonly { readonly revision: string; readonly image?: string }[];
}

export interface RolloutInput {
  readonly workload: Workload | undefined;
  /** The pods of the workload that are there. */
  readonly pods: readonly PodSnapshot[];
  /** The names of those that fail. */
  readonly failing: ReadonlySet<string>;
  /** The start of the incident. */
  readonly since: Instant;
  /** How long before the start a rollout may have begun. */
  readonly join: Duration;
}

/** The rollout that began from the join time before the start on, where pods of another revision are there to compare. */
export function rolloutOf({ workload, pods, failing, since, join }: RolloutInput): Rollout | undefined {
  // The pods of Jobs are runs, not revisions.
  if (workload !== undefined && isBatch(workload)) return undefined;
  const [newest, ...older] = revisionsOf(pods);
  const [previous] = older;
  if (newest === undefined || previous === undefined || newest.rolledOutAt < since - join) return undefined;
  const isFailing = (own: readonly PodSnapshot[]) => own.some(({ name }) => failing.has(name));
  if (!isFailing(newest.pods)) return undefined;
  const healthy = older.filter((one) => !isFailing(one.pods));
  const hasStarted = newest.pods.some(({ containers }) =>
    containers.some(({ state, restartCount }) => restartCount > 0 || state.name === "running"),
  );
  return {
    kind: "rollout",
    at: newest.rolledOutAt,
    revision: newest.revision,
    ...(newest.image === undefined ? {} : { image: newest.image }),
    previousRevision: previous.revision,
    ...(previous.image === undefined ? {} : { previousImage: previous.image }),
    ...(!hasStarted
      ? { effect: "never-started" }
      : healthy.length === older.length
        ? { effect: "only-new-fails" }
        : {}),
    ...(healthy.length === 0
      ? {}
      : { healthy: healthy.map(({ revision, image }) => ({ revision, ...(image === undefined ? {} : { image }) })) }),
  };
}

/** `Revision 7d4 (app:2), rolled out 2026-11-22 11:41:56 UTC. Only this revision fails. Previously: revision 65f (app:1).` */
export function describeRollout({ at, revision, image, previousRevision, previousImage, effect }: Rollout): string {
  const named = (name: string, reference: string | undefined) =>
    `${name}${reference === undefined ? "" : ` (${reference.slice(reference.lastIndexOf("/") + 1)})`}`;
  const rolledOut = `${named(`Revision ${revision}`, image)}, rolled out ${formatInstant(at)}.`;
  const before = ` Previously: ${named(`revision ${previousRevision}`, previousImage)}.`;
  if (effect === "only-new-fails") return `${rolledOut} Only this revision fails.${before}`;
  return `${rolledOut}${effect === "never-started" ? " No pod of it has ever started." : ""}${before}`;
}
