import type { Owner, Workload } from "./pod.ts";
import { DAY, type Instant, MINUTE, SECOND } from "./time.ts";

/** What a pod says of the one who made it, as far as it tells the workload. Undefined where it says nothing. */
export interface WorkloadHints {
  readonly pod: string;
  readonly createdAt: Instant;
  readonly owner: Owner | undefined;
  /** Label `pod-template-hash`: the suffix of the ReplicaSet that a Deployment made. */
  readonly podTemplateHash: string | undefined;
  /** Label `rollouts-pod-template-hash`: the same for an Argo Rollout. */
  readonly rolloutHash: string | undefined;
  /** Annotation `openshift.io/deployment-config.name`, also on deployer and hook pods. */
  readonly deploymentConfig: string | undefined;
  /** Label `openshift.io/deployer-pod-for.name`: the ReplicationController that a deployer pod rolls out. */
  readonly deployerFor: string | undefined;
  /** Label `openshift.io/build.name`. */
  readonly build: string | undefined;
  /** Label `openshift.io/build-config.name`, or `buildconfig` of older versions. */
  readonly buildConfig: string | undefined;
}

/**
 * What a person deployed, told from the pod alone, so that no ReplicaSet or Job needs to be watched (watch.md 4.4):
 * the Deployment above a ReplicaSet, the CronJob above a Job, the DeploymentConfig above a ReplicationController, the
 * BuildConfig above a Build; any other controller as it is; the pod itself where there is none.
 */
export function workloadOf(hints: WorkloadHints): Workload {
  const { owner } = hints;
  const build = hints.build ?? (owner?.kind === "Build" ? owner.name : undefined);
  if (build !== undefined) return workloadOfBuild(build, hints.buildConfig);
  if (hints.deploymentConfig !== undefined) return { kind: "DeploymentConfig", name: hints.deploymentConfig };
  if (hints.deployerFor !== undefined) {
    return { kind: "DeploymentConfig", name: withoutNumber(hints.deployerFor) ?? hints.deployerFor };
  }
  // The "owner" of a static pod is the node that runs it, which says nothing of what was deployed.
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
 * A CronJob names its Jobs after the scheduled minute (CronJob controller, `getJobName`), in versions before 1.21 the
 * second. A number that is no moment near the pod's birth was chosen by a person, such as the date in `import-20261122`.
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

/** Builds of a BuildConfig are counted: `NAME-1`, `NAME-2`. */
function workloadOfBuild(build: string, buildConfig: string | undefined): Workload {
  const name = buildConfig ?? withoutNumber(build);
  return name === undefined ? { kind: "Build", name: build } : { kind: "BuildConfig", name };
}

function withoutSuffix(name: string, suffix: string | undefined): string | undefined {
  if (suffix === undefined || suffix === "" || name.length <= suffix.length + 1) return undefined;
  return name.endsWith(`-${suffix}`) ? name.slice(0, -suffix.length - 1) : undefined;
}

function withoutNumber(name: string): string | undefined {
  return /^(.+)-\d+$/.exec(name)?.[1];
}
