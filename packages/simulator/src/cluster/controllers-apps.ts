/** Deployments, StatefulSets and DaemonSets: which pods are missing and which are too many. */

import { templateHash } from "../model/names.ts";
import type { Pod } from "../model/objects.ts";
import { onlyNodeOf, type PodTemplate } from "../model/pod-template.ts";
import type { PodOwner, Toolkit, Workload } from "./controller.ts";

export function reconcileDeployment(kit: Toolkit, workload: Workload): void {
  const hash = templateHash(JSON.stringify(visiblePart(workload.template)));
  const name = `${workload.name}-${hash}`;
  const sets = kit.ownersOf(workload);
  const newest =
    sets.find(({ reference }) => reference.name === name) ??
    kit.addOwner(workload, "ReplicaSet", name, { app: workload.name, "pod-template-hash": hash });
  const alive = kit.podsOf(workload).filter(isAlive);
  const own = alive.filter((pod) => kit.ownerOf(pod) === newest);
  const old = alive.filter((pod) => kit.ownerOf(pod) !== newest);
  const record = kit.recorderFor(workload, workload.namespace);
  // The default strategy: maxSurge 25 %, maxUnavailable 25 %, rounded down.
  const surge = old.length === 0 ? 0 : Math.max(1, Math.ceil(workload.replicas / 4));
  const missing = Math.min(workload.replicas - own.length, workload.replicas + surge - alive.length);
  if (missing > 0) {
    const wanted = own.length + missing;
    let made = true;
    for (let i = 0; i < missing && made; i++) made = kit.makePod(newest);
    if (made) record("Normal", "ScalingReplicaSet", `Scaled up replica set ${name} from ${own.length} to ${wanted}`);
  }
  const available = alive.filter(isReady).length;
  const atLeast = workload.replicas - Math.floor(workload.replicas / 4);
  const spare = Math.max(0, available - atLeast);
  const unready = old.filter((pod) => !isReady(pod));
  const superfluous = [
    ...unready,
    ...old.filter(isReady).slice(0, spare),
    ...(own.length > workload.replicas ? own.slice(workload.replicas) : []),
  ];
  for (const pod of superfluous) {
    const owner = kit.ownerOf(pod);
    if (owner === undefined) continue;
    kit.deletePod(owner, pod);
  }
  if (superfluous.length > 0) {
    const set = kit.ownerOf(superfluous[0] as Pod)?.reference.name;
    record("Normal", "ScalingReplicaSet", `Scaled down replica set ${set} by ${superfluous.length}`);
  }
}

/** The owner for a workload that owns its pods directly; replaced with each template. */
export function soleOwner(kit: Toolkit, workload: Workload): PodOwner {
  const [owner] = kit.ownersOf(workload);
  if (owner?.template === workload.template) return owner;
  return kit.addOwner(workload, workload.kind, workload.name, { app: workload.name });
}

export function reconcileStatefulSet(kit: Toolkit, workload: Workload): void {
  const owner = soleOwner(kit, workload);
  const pods = new Map(kit.podsOf(workload).map((pod) => [pod.metadata.name, pod]));
  for (let ordinal = 0; ordinal < workload.replicas; ordinal++) {
    const name = `${workload.name}-${ordinal}`;
    const pod = pods.get(name);
    pods.delete(name);
    if (pod === undefined) {
      kit.makePod({ ...owner, labels: { ...owner.labels, "apps.kubernetes.io/pod-index": String(ordinal) } }, name);
      return;
    }
    // In order: the next pod waits until this one is ready.
    if (!isAlive(pod) || !isReady(pod)) return;
  }
  for (const [, pod] of pods) if (isAlive(pod)) kit.deletePod(owner, pod);
}

export function reconcileDaemonSet(kit: Toolkit, workload: Workload): void {
  const owner = soleOwner(kit, workload);
  const pods = kit.podsOf(workload);
  for (const node of kit.nodes()) {
    if (pods.some((pod) => isAlive(pod) && onlyNodeOf(pod.spec) === node)) continue;
    kit.makePod({ ...owner, template: { ...workload.template, onlyNode: node } });
  }
}

/** Without behaviour: a program that starts to crash does not create a new revision. */
function visiblePart(template: PodTemplate): unknown {
  const containers = template.containers?.map(({ behaviour: _, ...container }) => container);
  return { ...template, containers, replicas: undefined };
}

export function isAlive({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status.phase !== "Failed" && status.phase !== "Succeeded";
}

function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: verdict }) => type === "Ready" && verdict === "True") ?? false;
}
