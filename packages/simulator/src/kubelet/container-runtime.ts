/** One container on a node: the runtime's record of its runs, and the kubelet's of why it could not be started. */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";
import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import type { Behaviour, BehaviourSource, Exit, Failure } from "../model/behaviour.ts";
import { containerID } from "../model/names.ts";
import { type Container, type TerminatedState, timestamp } from "../model/objects.ts";
import { type ContainerView, type Run, type RunEnd, terminatedState } from "../model/pod-status.ts";
import { type Backoff, INITIAL_BACKOFF, longer, MAX_BACKOFF } from "./backoff.ts";
import { createImagePuller, imageID } from "./image-puller.ts";
import type { Logs } from "./logs.ts";

/** How the kubelet tells what happens; `path` is left out for what concerns the whole pod. */
export type Tell = (type: "Normal" | "Warning", reason: string, message: string) => void;

export interface ContainerSetting {
  readonly spec: Container;
  readonly type: ContainerView["type"];
  /** `NAME_NAMESPACE(UID)`, as back-off messages name the pod. */
  readonly podName: string;
  readonly clock: Clock;
  readonly logs: Logs;
  /** The images that are on the node. */
  readonly images: Set<string>;
  readonly tell: Tell;
  /** Something happened that the kubelet has to look at. */
  readonly changed: () => void;
  /** The kubelet killed it itself and starts it again in the same breath, before it writes the status. */
  readonly killed: () => void;
}

/** How an attempt to start it went. `pending` asks to try again by itself; `failed` with the kubelet's patience. */
export type Attempt = "started" | "failed" | "pending";

/**
 * `hurry` ignores a back-off that is not over. `killed` follows the kubelet's own kill in the same breath: it does not
 * know of that end yet, and counts the back-off from the end before.
 */
export type StartMode = "in time" | "hurry" | "killed";

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
  /** The pod ends and nothing is known of this container: the kubelet makes a record up. */
  lose(): void;
  /** The kubelet was restarted and has forgotten why it could not start the container, and the run before. */
  forget(): void;
  dispose(): void;
}

/** `terminationGracePeriodSeconds` of the liveness probe. */
const LIVENESS_GRACE: Duration = 2_000;
const PROBE_PERIOD: Duration = 10_000;
const SIGKILLED = 137;
const SIGTERMED = 143;
/** containerd's code for a container that it could not start. */
const START_FAILED = 128;

export function createContainer(setting: ContainerSetting, initial: BehaviourSource): SimulatedContainer {
  const { spec, type, clock, logs, tell, changed } = setting;
  const puller = createImagePuller({ ...setting, image: spec.image });
  let source = initial;
  let behaviour: Behaviour = {};
  /** The number of the run, or of the next one before there is any. */
  let attempt = -1;
  let run: Run | undefined;
  let previous: TerminatedState | undefined;
  let previousID: string | undefined;
  let waiting: Failure | undefined;
  let lost: TerminatedState | undefined;
  let ready = false;
  let backoff: Backoff | undefined;
  let timers: Timer[] = [];
  let killedByProbe = false;
  /** When the present run began and the last one ended, by the monotonic clock. */
  let beganAt = 0;
  let endedAt: Instant | undefined;
  let endedBefore: Instant | undefined;

  const behaviourFor = (number: number): Behaviour => (typeof source === "function" ? source(number) : source);
  const later = (delay: Duration, action: () => void) => timers.push(clock.after(delay, action));
  const cancelTimers = () => {
    for (const timer of timers) timer.cancel();
    timers = [];
  };
  const isRunning = () => run !== undefined && run.end === undefined;
  const write = (lines: readonly string[] | undefined) => {
    if (run !== undefined && lines !== undefined) {
      const at = timestamp(clock.now());
      logs.write(
        run.containerID,
        lines.map((text) => ({ at, text })),
      );
    }
  };
  const fail = (failure: Failure): Attempt => {
    waiting = failure;
    return "failed";
  };

  /** Undefined when the restart may go ahead, and then the next delay is a longer one. */
  const restartBackoff = (how: StartMode): Failure | undefined => {
    const since = how === "killed" ? endedBefore : endedAt;
    if (since === undefined) return undefined;
    const now = clock.monotonic();
    const forgotten = backoff === undefined || since - backoff.at > 2 * MAX_BACKOFF;
    if (backoff !== undefined && !forgotten && how !== "hurry" && now - since < backoff.delay) {
      tell("Warning", "BackOff", `Back-off restarting failed container ${spec.name} in pod ${setting.podName}`);
      const wait = goDuration(backoff.delay);
      return {
        reason: "CrashLoopBackOff",
        message: `back-off ${wait} restarting failed container=${spec.name} pod=${setting.podName}`,
      };
    }
    backoff = { delay: forgotten ? INITIAL_BACKOFF : longer(backoff), at: now };
    return undefined;
  };

  const end = (ended: RunEnd) => {
    if (run === undefined) return;
    cancelTimers();
    run.end = ended;
    endedAt = clock.monotonic();
    ready = false;
  };

  const begin = (next: Behaviour) => {
    cancelTimers();
    if (previousID !== undefined) logs.forget(previousID);
    if (run?.end !== undefined) previous = terminatedState(run, run.end);
    endedBefore = endedAt;
    previousID = run?.containerID;
    attempt++;
    behaviour = next;
    beganAt = clock.monotonic();
    killedByProbe = false;
    run = {
      containerID: containerID(clock.random),
      imageID: imageID(spec.image),
      startedAt: next.start === undefined ? clock.now() : 0,
      end: undefined,
    };
    tell("Normal", "Created", `Created container: ${spec.name}`);
  };

  const probe = () => {
    const { ready: readiness = 0 } = behaviour;
    const isReady = readiness !== "never" && clock.monotonic() - beganAt >= readiness;
    if (isReady && !ready) {
      ready = true;
      changed();
    }
    if (!isReady) {
      tell("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503");
      later(readiness === "never" ? PROBE_PERIOD : Math.min(PROBE_PERIOD, readiness), probe);
    }
  };

  const failLiveness = () => {
    tell(
      "Warning",
      "Unhealthy",
      `Liveness probe failed: Get "http://10.128.2.41:8080/healthz": context deadline exceeded`,
    );
    tell("Normal", "Killing", `Container ${spec.name} failed liveness probe, will be restarted`);
    killedByProbe = true;
    container.stop(LIVENESS_GRACE);
  };

  const container: SimulatedContainer = {
    name: spec.name,
    type,
    get run() {
      return run;
    },
    behave: (next) => {
      source = next;
      if (!isRunning()) return;
      // The process that runs changes its ways: what was to happen to it is planned anew.
      cancelTimers();
      behaviour = behaviourFor(attempt);
      ready = false;
      plan();
      changed();
    },
    view: () => ({
      name: spec.name,
      type,
      image: spec.image,
      restartCount: Math.max(0, attempt),
      run,
      previous,
      waiting,
      ready: type === "init" ? run?.end?.exitCode === 0 : ready && isRunning(),
      ...(lost === undefined ? {} : { lost }),
      ...(spec.volumeMounts === undefined ? {} : { volumeMounts: mountStatuses(spec.volumeMounts) }),
    }),
    start: (how = "in time") => {
      if (isRunning()) return "started";
      if (run?.end !== undefined) {
        const refused = restartBackoff(how);
        if (refused !== undefined) return fail(refused);
      }
      const next = behaviourFor(attempt + 1);
      const pulled = puller.pull(next);
      if (pulled === "pending") return pulled;
      if (pulled !== "there") return fail(pulled);
      if (next.create !== undefined) {
        tell("Warning", "Failed", `Error: ${next.create.message}`);
        return fail(next.create);
      }
      begin(next);
      if (next.start !== undefined) {
        tell("Warning", "Failed", `Error: ${next.start}`);
        end({ finishedAt: clock.now(), exitCode: START_FAILED, reason: "StartError", message: next.start });
        changed();
        return fail({ reason: "RunContainerError", message: next.start });
      }
      waiting = undefined;
      tell("Normal", "Started", `Started container ${spec.name}`);
      write(next.log);
      plan();
      return "started";
    },
    exit: ({ exitCode, reason, message }) => {
      if (!isRunning()) return;
      const named = reason ?? (exitCode === 0 ? "Completed" : "Error");
      end({ finishedAt: clock.now(), exitCode, reason: named, ...(message === undefined ? {} : { message }) });
      waiting = undefined;
      if (killedByProbe) setting.killed();
      else changed();
    },
    stop: (grace) => {
      if (!isRunning()) return;
      const { onTerm = { after: 0, exitCode: SIGTERMED } } = behaviour;
      cancelTimers();
      if (onTerm === "ignores" || onTerm.after > grace) later(grace, () => container.exit({ exitCode: SIGKILLED }));
      else later(onTerm.after, () => container.exit({ exitCode: onTerm.exitCode }));
    },
    lose: () => {
      if (run !== undefined) return;
      lost = {
        exitCode: SIGKILLED,
        reason: "ContainerStatusUnknown",
        message: "The container could not be located when the pod was terminated",
        startedAt: null,
        finishedAt: null,
      };
    },
    forget: () => {
      waiting = undefined;
      if (!isRunning()) previous = undefined;
    },
    dispose: () => {
      cancelTimers();
      if (run !== undefined) logs.forget(run.containerID);
      if (previousID !== undefined) logs.forget(previousID);
    },
  };

  const plan = () => {
    const { exit, livenessFails } = behaviour;
    if (type !== "init") probe();
    if (livenessFails !== undefined) later(livenessFails, failLiveness);
    if (exit !== undefined) {
      later(exit.after, () => {
        write(behaviour.lastWords);
        container.exit(exit);
      });
    }
  };
  return container;
}

/** As Go writes durations in messages: `10s`, `1m20s`, `5m0s`. */
function goDuration(duration: Duration): string {
  const seconds = Math.round(duration / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function mountStatuses(mounts: readonly unknown[]): unknown[] {
  return (mounts as { name: string; mountPath: string; readOnly?: boolean }[]).map(({ name, mountPath, readOnly }) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly, recursiveReadOnly: "Disabled" } : {}),
  }));
}
