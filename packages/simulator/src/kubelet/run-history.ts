/** The runs of one container as the runtime records them: the current and the previous one, with their logs. */
import type { Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import { containerID } from "../model/names.ts";
import { type TerminatedState, timestamp } from "../model/objects.ts";
import { type Run, type RunEnd, terminatedState } from "../model/pod-status.ts";
import { imageID } from "./image-puller.ts";
import type { Logs } from "./logs.ts";

export interface RunHistory {
  /** Undefined before the first run. */
  readonly current: Run | undefined;
  readonly isRunning: boolean;
  readonly previous: TerminatedState | undefined;
  /** The number of the current run, counted from 0; -1 before the first one. */
  readonly attempt: number;
  /** By the monotonic clock, as the other two. */
  readonly beganAt: Instant;
  readonly endedAt: Instant | undefined;
  /** When the run before the current one ended. */
  readonly endedBefore: Instant | undefined;
  begin(startedAt: Instant): void;
  end(ended: RunEnd): void;
  log(lines: readonly string[] | undefined): void;
  forgetPrevious(): void;
  dispose(): void;
}

export function createRunHistory({
  clock,
  logs,
  image,
}: {
  readonly clock: Clock;
  readonly logs: Logs;
  readonly image: string;
}): RunHistory {
  let run: Run | undefined;
  let previous: TerminatedState | undefined;
  let previousID: string | undefined;
  let attempt = -1;
  let beganAt: Instant = 0;
  let endedAt: Instant | undefined;
  let endedBefore: Instant | undefined;
  const forgetPreviousLog = () => {
    if (previousID !== undefined) logs.forget(previousID);
  };
  return {
    get current() {
      return run;
    },
    get isRunning() {
      return run !== undefined && run.end === undefined;
    },
    get previous() {
      return previous;
    },
    get attempt() {
      return attempt;
    },
    get beganAt() {
      return beganAt;
    },
    get endedAt() {
      return endedAt;
    },
    get endedBefore() {
      return endedBefore;
    },
    begin: (startedAt) => {
      forgetPreviousLog();
      if (run?.end !== undefined) previous = terminatedState(run, run.end);
      endedBefore = endedAt;
      previousID = run?.containerID;
      attempt++;
      beganAt = clock.monotonic();
      run = { containerID: containerID(clock.random), imageID: imageID(image), startedAt, end: undefined };
    },
    end: (ended) => {
      if (run === undefined) return;
      run.end = ended;
      endedAt = clock.monotonic();
    },
    log: (lines = []) => {
      if (run === undefined || lines.length === 0) return;
      const at = timestamp(clock.now());
      logs.write(
        run.containerID,
        lines.map((text) => ({ at, text })),
      );
    },
    forgetPrevious: () => {
      previous = undefined;
    },
    dispose: () => {
      if (run !== undefined) logs.forget(run.containerID);
      forgetPreviousLog();
    },
  };
}
