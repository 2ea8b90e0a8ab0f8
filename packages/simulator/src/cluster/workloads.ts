/**
 * The workloads of the cluster and their controllers, as far as pods tell of them. Level-triggered as the real ones:
 * whenever a pod of a workload changes, what is missing or too many is seen to anew.
 */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";
import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import { nameSuffix, uuid } from "../model/names.ts";
import type { Pod } from "../model/objects.ts";
import type { PodIdentity, PodTemplate } from "../model/pod-template.ts";
import type { EventRecorder } from "../storage/event-recorder.ts";
import type { Storage } from "../storage/storage.ts";
import type { PodOwner, Toolkit, Workload, WorkloadKind, WorkloadSpec } from "./controller.ts";
import {
  isAlive,
  reconcileDaemonSet,
  reconcileDeployment,
  reconcileStatefulSet,
  soleOwner,
} from "./controllers-apps.ts";
import { jobLabels, reconcileJob, startJob } from "./controllers-batch.ts";

export interface Workloads extends Disposable {
  create(kind: WorkloadKind, spec: WorkloadSpec): Workload;
  find(name: string, namespace?: string): Workload | undefined;
  podsOf(workload: Workload): readonly Pod[];
  /** The workload that a pod belongs to. */
  workloadOf(pod: Pod): Workload | undefined;
  rollout(workload: Workload, template: PodTemplate): void;
  scale(workload: Workload, replicas: number): void;
  remove(workload: Workload): void;
  /** Why no pods can be created, such as an exceeded quota; undefined when they can. */
  refuse(workload: Workload, reason: string | undefined): void;
}

export interface WorkloadsSetting {
  readonly clock: Clock;
  readonly storage: Storage;
  readonly events: EventRecorder;
  readonly nodes: () => readonly string[];
  readonly createPod: (identity: PodIdentity, template: PodTemplate) => Pod;
  readonly deletePod: (pod: Pod) => void;
}

const RECONCILE: Duration = 100;
const REFUSED_RETRY: Duration = 15_000;

export function createWorkloads(setting: WorkloadsSetting): Workloads {
  const { clock, storage, events } = setting;
  const workloads = new Set<Workload>();
  /** By the UID in the owner references of the pods. */
  const owners = new Map<string, PodOwner>();
  const refusals = new Map<Workload, string>();
  const due = new Map<Workload, { readonly at: Instant; readonly timer: Timer }>();
  const crons = new Map<Workload, Timer>();

  const kit: Toolkit = {
    clock,
    nodes: setting.nodes,
    ownerOf: (pod) => owners.get(pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid ?? ""),
    ownersOf: (workload) => [...owners.values()].filter((owner) => owner.workload === workload),
    podsOf: (workload) => {
      const pods: Pod[] = [];
      for (const { object, namespace } of storage.pods.values()) {
        if (namespace === workload.namespace && kit.ownerOf(object)?.workload === workload) pods.push(object);
      }
      return pods.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    },
    addOwner: (workload, kind, name, labels) => {
      const uid = kind === workload.kind ? workload.uid : uuid(clock.random);
      const owner: PodOwner = {
        workload,
        reference: { apiVersion: apiVersionOf(kind), kind, name, uid, controller: true, blockOwnerDeletion: true },
        template: workload.template,
        labels,
        failures: new Set<string>(),
        nextPodAt: 0,
        succeeded: false,
        finished: false,
      };
      owners.set(uid, owner);
      return owner;
    },
    removeOwner: (owner) => {
      const pods = kit.podsOf(owner.workload).filter((pod) => kit.ownerOf(pod) === owner);
      owners.delete(owner.reference.uid);
      for (const pod of pods) setting.deletePod(pod);
    },
    makePod: (owner, name) => {
      const { workload, reference } = owner;
      const say = kit.tell(reference, workload.namespace);
      const refusal = refusals.get(workload);
      if (refusal !== undefined) {
        say("Warning", "FailedCreate", `Error creating: ${refusal}`);
        kit.wake(workload, REFUSED_RETRY);
        return false;
      }
      const generateName = `${reference.name}-`;
      const identity: PodIdentity = {
        namespace: workload.namespace,
        name: name ?? `${generateName}${nameSuffix(clock.random)}`,
        ...(name === undefined ? { generateName } : {}),
        owner: reference,
        ...(reference.kind === "Job" ? { finalizers: ["batch.kubernetes.io/job-tracking"] } : {}),
      };
      const pod = setting.createPod(identity, {
        ...owner.template,
        labels: { ...owner.template.labels, ...owner.labels },
      });
      const created = `Created pod: ${pod.metadata.name}`;
      const inSet = `create Pod ${pod.metadata.name} in StatefulSet ${reference.name} successful`;
      say("Normal", "SuccessfulCreate", reference.kind === "StatefulSet" ? inSet : created);
      return true;
    },
    deletePod: (owner, pod) => {
      setting.deletePod(pod);
      const say = kit.tell(owner.reference, owner.workload.namespace);
      say("Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
    },
    write: (pod) => void storage.pods.put(pod),
    wake: (workload, delay = RECONCILE) => {
      const at = clock.monotonic() + delay;
      const sooner = due.get(workload);
      if (sooner !== undefined && sooner.at <= at) return;
      sooner?.timer.cancel();
      const timer = clock.after(delay, () => {
        due.delete(workload);
        reconcile(workload);
      });
      due.set(workload, { at, timer });
    },
    tell:
      ({ kind, name, uid }, namespace) =>
      (type, reason, message) => {
        const about = { kind, namespace, name, uid, apiVersion: apiVersionOf(kind) };
        events.record({ about, type, reason, message, component: `${kind.toLowerCase()}-controller` });
      },
  };

  const reconcile = (workload: Workload) => {
    if (!workloads.has(workload)) return;
    switch (workload.kind) {
      case "Deployment":
        return reconcileDeployment(kit, workload);
      case "StatefulSet":
        return reconcileStatefulSet(kit, workload);
      case "DaemonSet":
        return reconcileDaemonSet(kit, workload);
      case "Job":
      case "CronJob":
        for (const owner of kit.ownersOf(workload)) reconcileJob(kit, owner);
    }
  };
  const runCron = (workload: Workload) => {
    startJob(kit, workload);
    crons.set(
      workload,
      clock.after(workload.spec.every ?? 60_000, () => runCron(workload)),
    );
  };
  const subscription = storage.pods.subscribe(({ entry }) => {
    // A printed population makes its objects when asked for them: not in vain.
    if (owners.size === 0) return;
    const owner = kit.ownerOf(entry.object);
    if (owner !== undefined) kit.wake(owner.workload);
  });

  return {
    create: (kind, spec) => {
      const { namespace, name, replicas = 1 } = spec;
      const template = kind === "Job" || kind === "CronJob" ? { restartPolicy: "Never" as const, ...spec } : spec;
      const createdAt = { wall: clock.now(), monotonic: clock.monotonic() };
      const workload: Workload = {
        kind,
        namespace,
        name,
        uid: uuid(clock.random),
        spec,
        createdAt,
        template,
        replicas,
      };
      workloads.add(workload);
      if (kind === "Job") kit.addOwner(workload, "Job", name, jobLabels(name));
      if (kind === "CronJob") runCron(workload);
      else reconcile(workload);
      return workload;
    },
    find: (name, namespace) =>
      [...workloads].find((one) => one.name === name && (namespace === undefined || one.namespace === namespace)),
    podsOf: kit.podsOf,
    workloadOf: (pod) => kit.ownerOf(pod)?.workload,
    rollout: (workload, template) => {
      workload.template = template;
      if (workload.kind === "Deployment") return reconcile(workload);
      const pods = kit.podsOf(workload).filter(isAlive);
      const owner = soleOwner(kit, workload);
      for (const pod of pods.toReversed()) kit.deletePod(owner, pod);
    },
    scale: (workload, replicas) => {
      workload.replicas = replicas;
      reconcile(workload);
    },
    remove: (workload) => {
      workloads.delete(workload);
      crons.get(workload)?.cancel();
      for (const owner of kit.ownersOf(workload)) kit.removeOwner(owner);
    },
    refuse: (workload, reason) => {
      if (reason === undefined) refusals.delete(workload);
      else refusals.set(workload, reason);
      reconcile(workload);
    },
    [Symbol.dispose]: () => {
      subscription[Symbol.dispose]();
      for (const { timer } of due.values()) timer.cancel();
      for (const timer of crons.values()) timer.cancel();
    },
  };
}

function apiVersionOf(kind: string): string {
  return kind === "Job" || kind === "CronJob" ? "batch/v1" : "apps/v1";
}
