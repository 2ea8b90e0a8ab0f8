/** The runs of one container as the runtime records them: the current and the previous one, with their logs. */
import type { Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import { containerID } from "../model/names.ts";
import { type TerminatedState, timestamp } from "../model/objects.ts";
import { type Run, type RunEnd, terminatedState } from "../model/pod-status.ts";
import { imageID } from "./image-puller.ts";
import type { Logs } from "./logs.ts";

interface RunHistorySetting {
  readonly clock: Clock;
  readonly logs: Logs;
  readonly image: string;
}

export class RunHistory {
  /** Undefined before the first run. */
  current: Run | undefined;
  previous: TerminatedState | undefined;
  /** The number of the current run, counted from 0; -1 before the first one. */
  attempt = -1;
  /** By the monotonic clock, as the other two. */
  beganAt: Instant = 0;
  endedAt: Instant | undefined;
  /** When the run before the current one ended. */
  endedBefore: Instant | undefined;
  #previousID: string | undefined;
  readonly #setting: RunHistorySetting;

  constructor(setting: RunHistorySetting) {
    this.#setting = setting;
  }

  get isRunning(): boolean {
    return this.current !== undefined && this.current.end === undefined;
  }

  begin(startedAt: Instant): void {
    const { clock, image } = this.#setting;
    this.#forgetPreviousLog();
    if (this.current?.end !== undefined) this.previous = terminatedState(this.current, this.current.end);
    this.endedBefore = this.endedAt;
    this.#previousID = this.current?.containerID;
    this.attempt++;
    this.beganAt = clock.monotonic();
    this.current = { containerID: containerID(clock.random), imageID: imageID(image), startedAt, end: undefined };
  }

  end(ended: RunEnd): void {
    if (this.current === undefined) return;
    this.current.end = ended;
    this.endedAt = this.#setting.clock.monotonic();
  }

  log(lines: readonly string[] = []): void {
    if (this.current === undefined || lines.length === 0) return;
    const at = timestamp(this.#setting.clock.now());
    const stamped = lines.map((text) => ({ at, text }));
    this.#setting.logs.write(this.current.containerID, stamped);
  }

  dispose(): void {
    if (this.current !== undefined) this.#setting.logs.forget(this.current.containerID);
    this.#forgetPreviousLog();
  }

  #forgetPreviousLog(): void {
    if (this.#previousID !== undefined) this.#setting.logs.forget(this.#previousID);
  }
}
