import type { Owner, Workload } from "../../core/model/pod.ts";
import { workloadOf } from "../../core/model/workload.ts";
import type { Interner } from "./interner.ts";
import type { PodDraft } from "./pod-draft.ts";
import { orUndefined } from "./snapshot-text.ts";
import type { Seconds } from "./timestamp.ts";

/** Of whom a pod is one. The pods of one owner share it. */
export interface Ownership {
  readonly owner: Owner | undefined;
  readonly workload: Workload;
  /** Together with the owner, what the workload was told from. */
  readonly podTemplateHash: string;
}

/** By the owner's name, since a shared string finds what it is the key of without being read again. */
export function ownershipOf(draft: PodDraft, created: Seconds, interner: Interner): Ownership {
  if (hasSpecialHints(draft)) return newOwnership(draft, created, interner);
  if (draft.ownerName === "") {
    return { owner: undefined, workload: { kind: "Pod", name: draft.name }, podTemplateHash: "" };
  }
  const known = interner.ownerships.get(draft.ownerName, () => newOwnership(draft, created, interner));
  const isIt = known.owner?.kind === draft.ownerKind && known.podTemplateHash === draft.labels[0];
  return isIt ? known : newOwnership(draft, created, interner);
}

function hasSpecialHints(draft: PodDraft): boolean {
  const [_podTemplateHash, rolloutHash, deployerFor, build, buildConfig] = draft.labels;
  return (
    draft.deploymentConfig !== "" ||
    rolloutHash !== "" ||
    deployerFor !== "" ||
    build !== "" ||
    buildConfig !== "" ||
    // Its "owner" is a node, which says nothing of the workload.
    draft.ownerKind === "Node"
  );
}

function newOwnership(draft: PodDraft, created: Seconds, interner: Interner): Ownership {
  const owner = draft.ownerName === "" ? undefined : named(draft.ownerKind, draft.ownerName, interner);
  const [podTemplateHash, rolloutHash, deployerFor, build, buildConfig] = draft.labels;
  const workload = workloadOf({
    pod: draft.name,
    createdAt: created * 1_000,
    owner,
    podTemplateHash: orUndefined(podTemplateHash),
    rolloutHash: orUndefined(rolloutHash),
    deploymentConfig: orUndefined(draft.deploymentConfig),
    deployerFor: orUndefined(deployerFor),
    build: orUndefined(build),
    buildConfig: orUndefined(buildConfig),
  });
  const isItself = workload === owner || workload.kind === "Pod";
  return {
    owner,
    workload: isItself ? workload : named(workload.kind, workload.name, interner),
    podTemplateHash: podTemplateHash ?? "",
  };
}

function named(kind: string, name: string, interner: Interner): Owner {
  return interner.owners.get(`${kind}\n${name}`, () => ({ kind: interner.string(kind), name: interner.string(name) }));
}
