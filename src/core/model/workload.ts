import type { Owner, Workload } from "./pod.ts";
import { DAY, type Instant, MINUTE, SECOND } from "./time.ts";

/** The fields of a pod from which its workload is derived. */
export interface WorkloadHints {
  readonly pod: string;
  readonly createdAt: Instant;
  readonly owner: Owner | undefined;
  /** Label `pod-template-hash`: the name suffix of a ReplicaSet that belongs to a Deployment. */
  readonly podTemplateHash: string | undefined;
  /** Label `rollouts-pod-template-hash`: the same for an Argo Rollout. */
  readonly rolloutHash: string | undefined;
  /** Annotation `openshift.io/deployment-config.name`, also set on deployer and hook pods. */
  readonly deploymentConfig: string | undefined;
  /** Label `openshift.io/deployer-pod-for.name`: the ReplicationController that the deployer or hook pod belongs to. */
  readonly deployerFor: string | undefined;
  /** Label `openshift.io/build.name`. OpenShift cuts labels with names to 63 characters. */
  readonly build: string | undefined;
  /** Label `openshift.io/build-config.name`, or `buildconfig` in older versions. */
  readonly buildConfig: string | undefined;
}

/**
 * The outermost controller, derived from the pod alone so that no ReplicaSet or Job has to be watched: the Deployment
 * of a ReplicaSet, the CronJob of a Job, the DeploymentConfig of a ReplicationController, the BuildConfig of a Build,
 * any other controller itself, or the pod itself if it has no controller.
 */
export function workloadOf(hints: WorkloadHints): Workload {
  const { owner } = hints;
  const build = owner?.kind === "Build" ? owner.name : hints.build;
  if (build !== undefined) return workloadOfBuild(build, hints.buildConfig);
  if (hints.deploymentConfig !== undefined) return { kind: "DeploymentConfig", name: hints.deploymentConfig };
  if (hints.deployerFor !== undefined) {
    return { kind: "DeploymentConfig", name: withoutNumber(hints.deployerFor) ?? hints.deployerFor };
  }
  // A static pod is "owned" by its node, which is not a workload.
  if (owner === undefined || owner.kind === "Node") return { kind: "Pod", name: hints.pod };
  switch (owner.kind) {
    case "ReplicaSet":
      return workloadOfReplicaSet(owner.name, hints);
    case "Job":
      return workloadOfJob(owner.name, hints.createdAt);
    default:
      return owner;
  }
}

function workloadOfReplicaSet(name: string, hints: WorkloadHints): Workload {
  const deployment = withoutSuffix(name, hints.podTemplateHash);
  if (deployment !== undefined) return { kind: "Deployment", name: deployment };
  const rollout = withoutSuffix(name, hints.rolloutHash);
  if (rollout !== undefined) return { kind: "Rollout", name: rollout };
  return { kind: "ReplicaSet", name };
}

/**
 * A CronJob names its Jobs after the scheduled time in minutes (CronJob controller, `getJobName`), before Kubernetes 1.21
 * in seconds. A number that is not close to the creation time was chosen by a person, such as the date in
 * `import-20261122`.
 */
function workloadOfJob(name: string, createdAt: Instant): Workload {
  const match = /^(.+)-(\d{8,10})$/.exec(name);
  if (match?.[1] !== undefined) {
    const number = Number(match[2]);
    const near = (scheduled: Instant) => Math.abs(scheduled - createdAt) < 366 * DAY;
    if (near(number * MINUTE) || near(number * SECOND)) return { kind: "CronJob", name: match[1] };
  }
  return { kind: "Job", name };
}

/** Characters. */
const MAX_LABEL = 63;

/** Builds of a BuildConfig are numbered: `NAME-1`, `NAME-2`. */
function workloadOfBuild(build: string, buildConfig: string | undefined): Workload {
  const numbered = withoutNumber(build);
  const isCut = buildConfig?.length === MAX_LABEL && numbered?.startsWith(buildConfig) === true;
  const name = isCut ? numbered : (buildConfig ?? numbered);
  return name === undefined ? { kind: "Build", name: build } : { kind: "BuildConfig", name };
}

function withoutSuffix(name: string, suffix: string | undefined): string | undefined {
  if (suffix === undefined || suffix === "" || name.length <= suffix.length + 1) return undefined;
  return name.endsWith(`-${suffix}`) ? name.slice(0, -suffix.length - 1) : undefined;
}

function withoutNumber(name: string): string | undefined {
  return /^(.+)-\d+$/.exec(name)?.[1];
}

/** `Kind/name`, such as `Deployment/checkout`: the label `workload` of alerts. */
export function workloadLabel({ kind, name }: Workload): string {
  return `${kind}/${name}`;
}

/** `namespace/Kind/name`: identifies a workload in the cluster. */
export function workloadKey(namespace: string, workload: Workload): string {
  return `${namespace}/${workloadLabel(workload)}`;
}

export function isSameWorkload(a: Workload, b: Workload): boolean {
  return a.kind === b.kind && a.name === b.name;
}

/** The task of a pod in a rollout of a DeploymentConfig. */
export type RolloutRole = "deployer" | "pre" | "mid" | "post";

/** `shop-3-deploy` is a deployer, `shop-3-hook-pre` a hook. Undefined for the pods that a rollout creates. */
export function rolloutRole({ workload, name }: { readonly workload: Workload; readonly name: string }) {
  if (workload.kind !== "DeploymentConfig") return undefined;
  const [, deployer, hook] = /-\d+-(?:(deploy)|hook-(pre|mid|post))$/.exec(name) ?? [];
  return deployer === undefined ? (hook as RolloutRole | undefined) : "deployer";
}

/** Whether the pods of a workload are expected to finish, so that their success matters. */
export function isBatch({ kind }: Workload): boolean {
  return BATCH_KINDS.has(kind);
}

const BATCH_KINDS: ReadonlySet<string> = new Set(["Job", "CronJob", "Build", "BuildConfig", "TaskRun", "Workflow"]);
