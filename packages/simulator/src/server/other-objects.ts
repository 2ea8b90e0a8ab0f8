/** Objects other than pods and events. */
import type { Subject } from "./access.ts";

const SINCE = "2026-01-01T00:00:00Z";

export function namespaceObject(name: string): object {
  return {
    kind: "Namespace",
    apiVersion: "v1",
    metadata: { name, uid: `namespace-${name}`, resourceVersion: "1", creationTimestamp: SINCE },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  };
}

/** OpenShift projects: each caller sees the namespaces that it may read. */
export function projectList(names: readonly string[], resourceVersion: string): object {
  return {
    kind: "ProjectList",
    apiVersion: "project.openshift.io/v1",
    metadata: { resourceVersion },
    items: names.map((name) => ({
      metadata: { name, uid: `namespace-${name}`, resourceVersion: "1", creationTimestamp: SINCE },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    })),
  };
}

export function selfSubjectReview({ user, groups }: Subject): object {
  return {
    kind: "SelfSubjectReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { creationTimestamp: null },
    status: { userInfo: { username: user, groups } },
  };
}

export function versionInfo(openshift: boolean): object {
  return {
    major: "1",
    minor: "32",
    gitVersion: openshift ? "v1.32.0+simulated.openshift" : "v1.32.0+simulated",
    gitTreeState: "clean",
    platform: "linux/amd64",
  };
}
