/** One container on a node: its runs, its probes, and why it could not be started. */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import type { Behaviour, BehaviourSource, Exit, Failure } from "../model/behaviour.ts";
import type { Container, TerminatedState } from "../model/objects.ts";
import type { ContainerView, Run, RunEnd } from "../model/pod-status.ts";
import type { RecordEvent } from "../storage/event-recorder.ts";
import { createRestartBackoff, type StartMode } from "./backoff.ts";
import { createImagePuller } from "./image-puller.ts";
import type { Logs } from "./logs.ts";
import { createProcess, SIGKILLED } from "./process.ts";
import { RunHistory } from "./run-history.ts";

export interface ContainerSetting {
  readonly spec: Container;
  readonly type: ContainerView["type"];
  /** `NAME_NAMESPACE(UID)`, as back-off messages name the pod. */
  readonly podName: string;
  readonly clock: Clock;
  readonly logs: Logs;
  /** The images that are present on the node. */
  readonly images: Set<string>;
  readonly record: RecordEvent;
  /** Something happened that requires a sync of the pod. */
  readonly changed: () => void;
  /** The kubelet killed the container and restarts it in the same sync, before it writes the status. */
  readonly killed: () => void;
}

/** The result of an attempt to start it. `pending` triggers its own sync later; `failed` waits for the kubelet's retry. */
export type Attempt = "started" | "failed" | "pending";

export interface SimulatedContainer {
  readonly name: string;
  readonly type: ContainerView["type"];
  readonly run: Run | undefined;
  behave(behaviour: BehaviourSource): void;
  view(): ContainerView;
  /** Tries to start it. */
  start(how?: StartMode): Attempt;
  /** The process ends now. */
  exit(end: Omit<Exit, "after">): void;
  /** SIGTERM, and SIGKILL when the grace is over. */
  stop(grace: Duration): void;
  /** The pod ends and the container never ran: the kubelet writes a made-up record. */
  lose(): void;
  /** The kubelet was restarted: the previous run and the reason why the container could not start are lost. */
  forget(): void;
  dispose(): void;
}

/** containerd's code for a container that it could not start. */
const START_FAILED = 128;

export function createContainer(setting: ContainerSetting, initial: BehaviourSource): SimulatedContainer {
  const { spec, type, clock, record, changed } = setting;
  const puller = createImagePuller({ ...setting, image: spec.image });
  const backoff = createRestartBackoff({ ...setting, container: spec.name });
  const runs = new RunHistory({ ...setting, image: spec.image });
  const process = createProcess({ ...setting, container: spec.name, runs, exit: (exit) => container.exit(exit) });
  let source = initial;
  let behaviour: Behaviour = {};
  let waiting: Failure | undefined;
  let lost: TerminatedState | undefined;

  const behaviourFor = (attempt: number): Behaviour => (typeof source === "function" ? source(attempt) : source);
  const fail = (failure: Failure): Attempt => {
    waiting = failure;
    return "failed";
  };
  const end = (ended: RunEnd) => {
    process.cancel();
    runs.end(ended);
  };

  const container: SimulatedContainer = {
    name: spec.name,
    type,
    get run() {
      return runs.current;
    },
    behave: (next) => {
      source = next;
      if (!runs.isRunning) return;
      behaviour = behaviourFor(runs.attempt);
      process.run(behaviour);
      changed();
    },
    view: () => ({
      name: spec.name,
      type,
      image: spec.image,
      restartCount: Math.max(0, runs.attempt),
      run: runs.current,
      previous: runs.previous,
      waiting,
      ready: type === "init" ? runs.current?.end?.exitCode === 0 : process.isReady && runs.isRunning,
      ...(lost === undefined ? {} : { lost }),
      ...(spec.volumeMounts === undefined ? {} : { volumeMounts: mountStatuses(spec.volumeMounts) }),
    }),
    start: (how = "in time") => {
      if (runs.isRunning) return "started";
      if (runs.current?.end !== undefined) {
        const refused = backoff.check(how, how === "killed" ? runs.endedBefore : runs.endedAt);
        if (refused !== undefined) return fail(refused);
      }
      const next = behaviourFor(runs.attempt + 1);
      const pulled = puller.pull(next);
      if (pulled === "pending") return pulled;
      if (pulled !== "present") return fail(pulled);
      if (next.create !== undefined) {
        record("Warning", "Failed", `Error: ${next.create.message}`);
        return fail(next.create);
      }
      process.cancel();
      behaviour = next;
      runs.begin(next.start === undefined ? clock.now() : 0);
      record("Normal", "Created", `Created container: ${spec.name}`);
      if (next.start !== undefined) {
        record("Warning", "Failed", `Error: ${next.start}`);
        end({ finishedAt: clock.now(), exitCode: START_FAILED, reason: "StartError", message: next.start });
        changed();
        return fail({ reason: "RunContainerError", message: next.start });
      }
      waiting = undefined;
      record("Normal", "Started", `Started container ${spec.name}`);
      runs.log(next.log);
      process.run(next);
      return "started";
    },
    exit: ({ exitCode, reason = exitCode === 0 ? "Completed" : "Error", message }) => {
      if (!runs.isRunning) return;
      const { wasKilled } = process;
      end({ finishedAt: clock.now(), exitCode, reason, ...(message === undefined ? {} : { message }) });
      waiting = undefined;
      if (wasKilled) setting.killed();
      else changed();
    },
    stop: (grace) => {
      if (runs.isRunning) process.stop(behaviour, grace);
    },
    lose: () => {
      if (runs.current === undefined) lost = UNKNOWN_STATE;
    },
    forget: () => {
      waiting = undefined;
      if (!runs.isRunning) runs.previous = undefined;
    },
    dispose: () => {
      process.cancel();
      runs.dispose();
    },
  };
  return container;
}

const UNKNOWN_STATE: TerminatedState = {
  exitCode: SIGKILLED,
  reason: "ContainerStatusUnknown",
  message: "The container could not be located when the pod was terminated",
  startedAt: null,
  finishedAt: null,
};

function mountStatuses(mounts: readonly unknown[]): unknown[] {
  return (mounts as { name: string; mountPath: string; readOnly?: boolean }[]).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly, recursiveReadOnly: "Disabled" } : {}),
  }));
}
