/** The process in a container: its probes, its exit, and its reaction to SIGTERM. */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import type { Behaviour, Exit } from "../model/behaviour.ts";
import type { ContainerView } from "../model/pod-status.ts";
import type { RecordEvent } from "../storage/event-recorder.ts";
import type { RunHistory } from "./run-history.ts";

export interface ProcessSetting {
  readonly container: string;
  readonly type: ContainerView["type"];
  readonly clock: Clock;
  readonly record: RecordEvent;
  readonly runs: RunHistory;
  /** The process ends. */
  readonly exit: (end: Omit<Exit, "after">) => void;
  /** Its readiness has changed. */
  readonly changed: () => void;
}

export interface Process {
  readonly isReady: boolean;
  /** The liveness probe has failed and the kubelet is stopping it. */
  readonly wasKilled: boolean;
  /** Starts to behave like this, in place of what it did before. */
  run(behaviour: Behaviour): void;
  /** SIGTERM, and SIGKILL when the grace period is over. */
  stop(behaviour: Behaviour, grace: Duration): void;
  /** Nothing more happens by itself. */
  cancel(): void;
}

export const SIGKILLED = 137;
const SIGTERMED = 143;
/** `terminationGracePeriodSeconds` of the liveness probe. */
const LIVENESS_GRACE: Duration = 2_000;
const PROBE_PERIOD: Duration = 10_000;
const READINESS_FAILED = "Readiness probe failed: HTTP probe failed with statuscode: 503";
const LIVENESS_FAILED = 'Liveness probe failed: Get "http://10.128.2.41:8080/healthz": context deadline exceeded';

export function createProcess({ container, type, clock, record, runs, exit, changed }: ProcessSetting): Process {
  let timers: Timer[] = [];
  let isReady = false;
  let wasKilled = false;
  const later = (delay: Duration, action: () => void) => timers.push(clock.after(delay, action));
  const cancelTimers = () => {
    for (const timer of timers) timer.cancel();
    timers = [];
  };
  const cancel = () => {
    cancelTimers();
    isReady = false;
    wasKilled = false;
  };

  const probe = ({ ready = 0 }: Behaviour) => {
    const succeeds = ready !== "never" && clock.monotonic() - runs.beganAt >= ready;
    if (succeeds && !isReady) {
      isReady = true;
      changed();
    }
    if (!succeeds) {
      record("Warning", "Unhealthy", READINESS_FAILED);
      later(ready === "never" ? PROBE_PERIOD : Math.min(PROBE_PERIOD, ready), () => probe({ ready }));
    }
  };
  const stop = ({ onTerm = { after: 0, exitCode: SIGTERMED } }: Behaviour, grace: Duration) => {
    cancelTimers();
    if (onTerm === "ignores" || onTerm.after > grace) later(grace, () => exit({ exitCode: SIGKILLED }));
    else later(onTerm.after, () => exit({ exitCode: onTerm.exitCode }));
  };
  return {
    get isReady() {
      return isReady;
    },
    get wasKilled() {
      return wasKilled;
    },
    run: (behaviour) => {
      cancel();
      if (type !== "init") probe(behaviour);
      if (behaviour.livenessFails !== undefined) {
        later(behaviour.livenessFails, () => {
          record("Warning", "Unhealthy", LIVENESS_FAILED);
          record("Normal", "Killing", `Container ${container} failed liveness probe, will be restarted`);
          wasKilled = true;
          stop(behaviour, LIVENESS_GRACE);
        });
      }
      const { exit: end, exitLog } = behaviour;
      if (end !== undefined) {
        later(end.after, () => {
          runs.log(exitLog);
          exit(end);
        });
      }
    },
    stop,
    cancel,
  };
}
