import type { ContainerSnapshot, ContainerState, PodSnapshot, Termination } from "../../src/core/model/pod.ts";

/** A healthy bare pod of namespace shop; a test overrides fields. */
export function aPod(changes: Partial<PodSnapshot> = {}): PodSnapshot {
  const name = changes.name ?? "checkout-0";
  return {
    uid: `uid-of-${name}`,
    namespace: "shop",
    name,
    resourceVersion: "1",
    createdAt: Date.UTC(2025, 11, 31, 12),
    deletionAt: undefined,
    deletionRequestedAt: undefined,
    owner: undefined,
    workload: { kind: "Pod", name },
    part: undefined,
    node: "node-1",
    restartPolicy: "Always",
    phase: "Running",
    reason: undefined,
    message: undefined,
    startedAt: changes.createdAt ?? Date.UTC(2025, 11, 31, 12),
    conditions: {
      ready: undefined,
      scheduled: undefined,
      initialized: undefined,
      disruption: undefined,
      allContainersRestarting: undefined,
    },
    annotations: undefined,
    containers: [running("app")],
    ...changes,
  };
}

export function aContainer(changes: Partial<ContainerSnapshot> = {}): ContainerSnapshot {
  return {
    name: "app",
    type: "main",
    restartCount: 0,
    ready: true,
    containerID: undefined,
    image: "registry.example/shop/app:1",
    imageID: undefined,
    state: { name: "unknown" },
    lastTerminated: undefined,
    ...changes,
  };
}

export function running(
  name: string,
  { startedAt = Date.UTC(2025, 11, 31, 12), ...changes }: Partial<ContainerSnapshot> & { startedAt?: number } = {},
): ContainerSnapshot {
  return aContainer({ name, state: { name: "running", startedAt }, ...changes });
}

export function crashLooping(name: string, changes: Partial<ContainerSnapshot> = {}): ContainerSnapshot {
  return aContainer({
    name,
    ready: false,
    restartCount: 4,
    state: {
      name: "waiting",
      reason: "CrashLoopBackOff",
      message: `back-off 1m20s restarting failed container=${name}`,
    },
    lastTerminated: aTermination(),
    ...changes,
  });
}

export function aTermination(changes: Partial<Termination> = {}): Termination {
  return {
    exitCode: 1,
    signal: undefined,
    reason: "Error",
    message: undefined,
    startedAt: Date.UTC(2025, 11, 31, 23, 59, 0),
    finishedAt: Date.UTC(2025, 11, 31, 23, 59, 30),
    containerID: undefined,
    ...changes,
  };
}

export function waiting(reason: string | undefined, message?: string): ContainerState {
  return { name: "waiting", reason, message };
}

export function terminated(changes: Partial<Termination> = {}): ContainerState {
  return { name: "terminated", ...aTermination(changes) };
}
