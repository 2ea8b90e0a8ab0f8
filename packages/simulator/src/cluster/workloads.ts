/**
 * The workloads of the cluster and their controllers, as far as they affect pods. Level-triggered like the real ones: when
 * a pod of a workload changes, the workload is reconciled.
 */
import type { Timer } from "../../../../src/ports/clock.ts";
import type { BehaviourSource } from "../model/behaviour.ts";
import { uuid } from "../model/names.ts";
import type { Pod } from "../model/objects.ts";
import type { PodTemplate } from "../model/pod-template.ts";
import { reconcileBuilds, startBuild } from "./builds.ts";
import type { PodOwner, Workload, WorkloadKind, WorkloadSpec } from "./controller.ts";
import {
  isAlive,
  reconcileDaemonSet,
  reconcileDeployment,
  reconcileStatefulSet,
  soleOwner,
} from "./controllers-apps.ts";
import { jobLabels, reconcileJob, startJob } from "./controllers-batch.ts";
import { createToolkit, type WorkloadsSetting } from "./toolkit.ts";

export interface Workloads extends Disposable {
  create(kind: WorkloadKind, spec: WorkloadSpec): Workload;
  find(name: string, namespace?: string): Workload | undefined;
  podsOf(workload: Workload): readonly Pod[];
  /** The Jobs of a namespace, those of CronJobs too. */
  jobs(namespace: string): readonly PodOwner[];
  /** The workload that a pod belongs to. */
  workloadOf(pod: Pod): Workload | undefined;
  rollout(workload: Workload, template: PodTemplate): void;
  scale(workload: Workload, replicas: number): void;
  /** Starts the next build of a BuildConfig, whose container behaves like this. */
  build(workload: Workload, behaviour: BehaviourSource): void;
  remove(workload: Workload): void;
  /** Why new pods are rejected, such as an exceeded quota; undefined when they are not. */
  refuse(workload: Workload, reason: string | undefined): void;
}

export function createWorkloads(setting: WorkloadsSetting): Workloads {
  const { clock, storage } = setting;
  const workloads = new Set<Workload>();
  const crons = new Map<Workload, Timer>();

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
        return;
      case "BuildConfig":
        return reconcileBuilds(kit, workload);
    }
  };
  const kit = createToolkit(setting, reconcile);
  const runCron = (workload: Workload) => {
    startJob(kit, workload);
    crons.set(
      workload,
      clock.after(workload.spec.every ?? 60_000, () => runCron(workload)),
    );
  };
  const subscription = storage.pods.subscribe(({ entry }) => {
    // Reading `object` of a generated pod is expensive (bench/population.ts).
    if (!kit.hasOwners()) return;
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
    jobs: (namespace) =>
      [...workloads]
        .filter((one) => one.namespace === namespace && (one.kind === "Job" || one.kind === "CronJob"))
        .flatMap(kit.ownersOf),
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
    build: (workload, behaviour) => startBuild(kit, workload, behaviour),
    remove: (workload) => {
      workloads.delete(workload);
      crons.get(workload)?.cancel();
      for (const owner of kit.ownersOf(workload)) kit.removeOwner(owner);
    },
    refuse: (workload, reason) => {
      kit.refuse(workload, reason);
      reconcile(workload);
    },
    [Symbol.dispose]: () => {
      subscription[Symbol.dispose]();
      kit[Symbol.dispose]();
      for (const timer of crons.values()) timer.cancel();
    },
  };
}
