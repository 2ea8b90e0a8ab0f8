/** Actions on the workloads of the cluster. */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { PodTemplate } from "../model/pod-template.ts";
import type { Behaviours } from "./behaviours.ts";
import type { Workload, WorkloadSpec } from "./controller.ts";
import type { Names } from "./names.ts";
import type { Workloads } from "./workloads.ts";

export interface WorkloadActions {
  createDeployment(spec: WorkloadSpec): Workload;
  createStatefulSet(spec: WorkloadSpec): Workload;
  createDaemonSet(spec: WorkloadSpec): Workload;
  createJob(spec: WorkloadSpec): Workload;
  createCronJob(spec: WorkloadSpec): Workload;
  createBuildConfig(spec: WorkloadSpec): Workload;
  /** Starts the next build, which exits with this code after a while. */
  startBuild(buildConfig: string, exit: { readonly after: Duration; readonly exitCode: number }): void;
  /** A new revision with a changed template: pods are replaced in the way of the workload's kind. */
  rollout(workload: string, change: PodTemplate & { readonly image?: string }): void;
  scale(workload: string, replicas: number): void;
  deleteWorkload(workload: string): void;
  /** The API server rejects new pods of the workload with this reason, such as an exceeded quota; undefined ends it. */
  refusePods(workload: string, reason: string | undefined): void;
}

export function createWorkloadActions({
  workloads,
  names,
  behaviours,
  namespaces,
}: {
  readonly workloads: Workloads;
  readonly names: Names;
  readonly behaviours: Behaviours;
  readonly namespaces: Set<string>;
}): WorkloadActions {
  const create = (kind: Workload["kind"]) => (spec: WorkloadSpec) => {
    namespaces.add(spec.namespace);
    return workloads.create(kind, spec);
  };
  const named = (name: string): Workload => {
    const workload = names.workload(name);
    if (workload === undefined) throw new Error(`no workload ${name} in the cluster`);
    return workload;
  };
  return {
    createDeployment: create("Deployment"),
    createStatefulSet: create("StatefulSet"),
    createDaemonSet: create("DaemonSet"),
    createJob: create("Job"),
    createCronJob: create("CronJob"),
    createBuildConfig: create("BuildConfig"),
    startBuild: (name, exit) => workloads.build(named(name), { exit }),
    rollout: (name, { image, ...change }) => {
      const workload = named(name);
      const template = { ...workload.template, ...change };
      const [first = { name: "app" }, ...others] = template.containers ?? [];
      const containers = [image === undefined ? first : { ...first, image }, ...others];
      behaviours.reset(workload.uid);
      workloads.rollout(workload, { ...template, containers });
    },
    scale: (name, replicas) => workloads.scale(named(name), replicas),
    deleteWorkload: (name) => workloads.remove(named(name)),
    refusePods: (name, reason) => workloads.refuse(named(name), reason),
  };
}
