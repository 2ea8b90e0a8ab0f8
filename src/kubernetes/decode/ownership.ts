import type { Owner } from "../../core/model/pod.ts";
import { workloadOf } from "../../core/model/workload.ts";
import type { Interner, Ownership } from "./packed-types.ts";
import type { PodDraft } from "./pod-draft.ts";
import { orUndefined } from "./snapshot-text.ts";
import type { Seconds } from "./timestamp.ts";

/** The ownership of a pod, shared with the other pods of the same owner. */
export function ownershipOf(draft: PodDraft, created: Seconds, interner: Interner): Ownership {
  if (hasSpecialHints(draft)) return newOwnership(draft, created, interner);
  if (draft.ownerName === "") {
    return { owner: undefined, workload: { kind: "Pod", name: draft.name }, podTemplateHash: "" };
  }
  const known = interner.ownerships.get(draft.ownerName, () => newOwnership(draft, created, interner));
  const matches = known.owner?.kind === draft.ownerKind && known.podTemplateHash === draft.labels[0];
  return matches ? known : newOwnership(draft, created, interner);
}

function hasSpecialHints(draft: PodDraft): boolean {
  const [_podTemplateHash, rolloutHash, deployerFor, build, buildConfig] = draft.labels;
  return (
    draft.deploymentConfig !== "" ||
    rolloutHash !== "" ||
    deployerFor !== "" ||
    build !== "" ||
    buildConfig !== "" ||
    // The owner of a static pod is its node, not a workload.
    draft.ownerKind === "Node"
  );
}

function newOwnership(draft: PodDraft, created: Seconds, interner: Interner): Ownership {
  const owner = ownerOf(draft, interner);
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
  const isOwner = workload === owner || workload.kind === "Pod";
  return {
    owner,
    workload: isOwner ? workload : named(workload.kind, workload.name, interner),
    podTemplateHash: podTemplateHash ?? "",
  };
}

/**
 * The ReplicationController of a deployer pod is not marked as its controller, and a hook pod has no owner reference.
 * Both have the label.
 */
function ownerOf(draft: PodDraft, interner: Interner): Owner | undefined {
  if (draft.ownerName !== "") return named(draft.ownerKind, draft.ownerName, interner);
  const deployerFor = deployerForOf(draft);
  return deployerFor === "" ? undefined : named("ReplicationController", deployerFor, interner);
}

/** The ReplicationController that a deployer or hook pod belongs to; empty for other pods. */
export function deployerForOf({ labels }: PodDraft): string {
  const [_podTemplateHash, _rolloutHash, deployerFor = ""] = labels;
  return deployerFor;
}

function named(kind: string, name: string, interner: Interner): Owner {
  return interner.owners.get(`${kind}\n${name}`, () => ({ kind: interner.string(kind), name: interner.string(name) }));
}
