/** The state that a kubelet keeps for one pod, and the decisions derived from it. */
import type { Instant } from "../../../../src/core/model/time.ts";
import type { Timer } from "../../../../src/ports/clock.ts";
import type { Failure } from "../model/behaviour.ts";
import type { Pod } from "../model/objects.ts";
import type { StartMode } from "./backoff.ts";
import type { SimulatedContainer } from "./container-runtime.ts";

export interface PodWorker {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly startedAt: Instant;
  readonly containers: readonly SimulatedContainer[];
  /** By the monotonic clock. */
  sandboxReadyAt: Instant;
  /** Written with the next status: the sandbox and the first containers start within one sync. */
  sandboxReady: boolean;
  podIP: string | undefined;
  initialized: boolean;
  over: boolean;
  failure: Failure | undefined;
  ending: boolean;
  dueAt: Instant;
  timer: Timer | undefined;
  deadline: Timer | undefined;
}

export function containerOf(worker: PodWorker | undefined, name: string): SimulatedContainer | undefined {
  return worker?.containers.find((container) => container.name === name);
}

/** Starts a container now, whatever it waits for, and completes the init containers before it. */
export function bringUp(worker: PodWorker, container: SimulatedContainer): void {
  if (container.type === "main" && !worker.initialized) {
    for (const before of worker.containers) {
      if (before.type === "main" || before.run?.end?.exitCode === 0) continue;
      before.start("hurry");
      if (before.type === "init") before.exit({ exitCode: 0 });
    }
    worker.initialized = isInitialized(worker.containers);
  }
  container.start("hurry");
}

export function isInitialized(containers: readonly SimulatedContainer[]): boolean {
  return containers.every(({ type, run }) => {
    if (type === "main") return true;
    return type === "sidecar" ? run !== undefined : run?.end?.exitCode === 0;
  });
}

/** No container will be restarted, by the restart policy of the pod. */
export function isFinished({ spec }: Pod, { containers, initialized }: PodWorker): boolean {
  if (spec.restartPolicy === "Always") return false;
  const ended = (container: SimulatedContainer) => {
    const code = container.run?.end?.exitCode;
    return code !== undefined && (spec.restartPolicy === "Never" || code === 0);
  };
  if (!initialized) {
    return containers.some((one) => one.type === "init" && ended(one) && one.run?.end?.exitCode !== 0);
  }
  return containers.filter(({ type }) => type === "main").every(ended);
}

/** Starts the containers that should run and do not: init containers one by one, then all main ones. */
export function startNext(
  { containers, initialized }: PodWorker,
  { spec }: Pod,
  how: StartMode = "in time",
): "started" | "failed" | "nothing" {
  let result: "started" | "failed" | "nothing" = "nothing";
  const start = (container: SimulatedContainer) => {
    const attempt = container.start(how);
    if (attempt === "failed") result = "failed";
    else if (attempt === "started" && result === "nothing") result = "started";
    return attempt;
  };
  for (const container of containers) {
    const { type, run } = container;
    const code = run?.end?.exitCode;
    const isRunning = run !== undefined && run.end === undefined;
    if (type === "sidecar") {
      const isFirst = run === undefined;
      if (!isRunning) start(container);
      // The containers after it wait until it has started once, and for the next sync.
      if (!initialized && isFirst) return result;
    } else if (type === "init") {
      if (initialized || code === 0) continue;
      if (!isRunning) start(container);
      return result;
    } else if (!isRunning && (run === undefined || restarts(spec.restartPolicy, code))) {
      start(container);
    }
  }
  return result;
}

function restarts(policy: Pod["spec"]["restartPolicy"], exitCode: number | undefined): boolean {
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}
