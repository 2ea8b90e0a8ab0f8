import { expect, it } from "vitest";
import type { Owner } from "./pod.ts";
import { type WorkloadHints, workloadOf } from "./workload.ts";

const createdAt = Date.UTC(2026, 10, 22, 12, 0, 3);
const scheduledMinute = Date.UTC(2026, 10, 22, 12) / 60_000;

function hints(given: Partial<WorkloadHints> = {}): WorkloadHints {
  return {
    pod: "checkout-65f56cb97f-8p8z2",
    createdAt,
    owner: undefined,
    podTemplateHash: undefined,
    rolloutHash: undefined,
    deploymentConfig: undefined,
    deployerFor: undefined,
    build: undefined,
    buildConfig: undefined,
    ...given,
  };
}

const LONG = "a".repeat(70);
const owner = (kind: string, name: string): Owner => ({ kind, name });

it.each<[reason: string, given: Partial<WorkloadHints>, expected: string]>([
  ["a bare pod is its own workload", {}, "Pod/checkout-65f56cb97f-8p8z2"],
  ["a static pod is its own workload, not its node's", { owner: owner("Node", "n1") }, "Pod/checkout-65f56cb97f-8p8z2"],
  [
    "a ReplicaSet that ends in the template hash is a Deployment's",
    { owner: owner("ReplicaSet", "checkout-65f56cb97f"), podTemplateHash: "65f56cb97f" },
    "Deployment/checkout",
  ],
  [
    "a ReplicaSet made by hand is itself",
    { owner: owner("ReplicaSet", "frontend-65f56cb97f") },
    "ReplicaSet/frontend-65f56cb97f",
  ],
  [
    "a hash that is not the suffix decides nothing",
    { owner: owner("ReplicaSet", "storefront-canary"), podTemplateHash: "65f56cb97f" },
    "ReplicaSet/storefront-canary",
  ],
  [
    "an empty hash cuts nothing",
    { owner: owner("ReplicaSet", "frontend-"), podTemplateHash: "" },
    "ReplicaSet/frontend-",
  ],
  [
    "a name that is nothing but the suffix is kept",
    { owner: owner("ReplicaSet", "-abc"), podTemplateHash: "abc" },
    "ReplicaSet/-abc",
  ],
  ["an Argo Rollout", { owner: owner("ReplicaSet", "api-7d4f"), rolloutHash: "7d4f" }, "Rollout/api"],
  ["a StatefulSet", { owner: owner("StatefulSet", "db") }, "StatefulSet/db"],
  ["a DaemonSet", { owner: owner("DaemonSet", "agent") }, "DaemonSet/agent"],
  ["an operator's own controller", { owner: owner("StrimziPodSet", "kafka") }, "StrimziPodSet/kafka"],
  ["a Job named after the scheduled minute", { owner: owner("Job", `report-${scheduledMinute}`) }, "CronJob/report"],
  [
    "a Job named after the scheduled second",
    { owner: owner("Job", `report-${scheduledMinute * 60}`) },
    "CronJob/report",
  ],
  ["a Job named after a day by a person", { owner: owner("Job", "import-20261122") }, "Job/import-20261122"],
  ["a Job", { owner: owner("Job", "migrate") }, "Job/migrate"],
  [
    "a pod of a DeploymentConfig",
    { owner: owner("ReplicationController", "shop-3"), deploymentConfig: "shop" },
    "DeploymentConfig/shop",
  ],
  [
    "a ReplicationController made by hand",
    { owner: owner("ReplicationController", "shop") },
    "ReplicationController/shop",
  ],
  ["a deployer pod with its annotation", { deploymentConfig: "shop", deployerFor: "shop-3" }, "DeploymentConfig/shop"],
  ["a deployer pod with nothing but its label", { deployerFor: "shop-3" }, "DeploymentConfig/shop"],
  ["a deployer pod of an uncounted controller", { deployerFor: "shop" }, "DeploymentConfig/shop"],
  [
    "a build pod of a BuildConfig",
    { owner: owner("Build", "s2i-app-1"), build: "s2i-app-1", buildConfig: "s2i-app" },
    "BuildConfig/s2i-app",
  ],
  ["a build pod without labels", { owner: owner("Build", "s2i-app-12") }, "BuildConfig/s2i-app"],
  [
    "a build pod whose labels are cut, because the names are long",
    { owner: owner("Build", `${LONG}-12`), build: LONG.slice(0, 63), buildConfig: LONG.slice(0, 63) },
    `BuildConfig/${LONG}`,
  ],
  ["a build pod with nothing but its label", { build: "s2i-app-12" }, "BuildConfig/s2i-app"],
  ["a build made by hand", { build: "oneoff" }, "Build/oneoff"],
])("%s", (_because, given, expected) => {
  const { kind, name } = workloadOf(hints(given));
  expect(`${kind}/${name}`).toBe(expected);
});
