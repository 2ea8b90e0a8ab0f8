import { type Duration, type Instant, MINUTE } from "../core/model/time.ts";
import { nextSilenceChange, type Silence, silenceState } from "../core/notify/silence.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { ListedSilence, SilenceList } from "./silence-list.ts";

export interface SilenceTimerOptions {
  readonly clock: Clock;
  readonly list: SilenceList;
  /** Whether an alert that matches the silence is pending or firing. */
  readonly hasAlerts: (silence: ListedSilence) => boolean;
  /** How long `hasAlerts` must have been false to end a silence with `endWhenNormal`. */
  readonly normalFor: Duration;
  /** A silence has started or ended. */
  readonly changed: () => void;
  /** Called for a silence whose alerts have been normal for long enough; may be called again until it has ended. */
  readonly end: (silence: Silence) => void;
}

/** Follows the start and end of silences, and ends those with `endWhenNormal` early. */
export class SilenceTimer implements Disposable {
  readonly #options: SilenceTimerOptions;
  /** The start of the time without a matching alert, by id of the silence. */
  readonly #normalSince = new Map<string, Instant>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: SilenceTimerOptions) {
    this.#options = options;
  }

  /** Starts the wait for normal again, because the silence has changed. */
  reset(id: string): void {
    this.#normalSince.delete(id);
  }

  /** To be called after changes of alerts and silences. */
  update(): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    const { clock, list, changed, end } = this.#options;
    const now = clock.now();
    const listed = [...list.values()];
    let next = nextSilenceChange(
      listed.map(({ silence }) => silence),
      now,
    );
    for (const entry of listed) {
      const normalAt = this.#normalAt(entry, now);
      if (normalAt === undefined) continue;
      if (normalAt <= now) end(entry.silence);
      else if (next === undefined || normalAt < next) next = normalAt;
    }
    if (next === undefined) return;
    // The wall clock may be set while the timer runs.
    this.#timer = clock.after(Math.min(Math.max(next - now, 0), MINUTE), () => {
      changed();
      this.update();
    });
  }

  /** When to end a silence early, as far as known now. */
  #normalAt(entry: ListedSilence, now: Instant): Instant | undefined {
    const { silence } = entry;
    if (!silence.endWhenNormal || silenceState(silence, now) !== "active") return undefined;
    if (this.#options.hasAlerts(entry)) {
      this.#normalSince.delete(silence.id);
      return undefined;
    }
    const since = this.#normalSince.get(silence.id) ?? now;
    this.#normalSince.set(silence.id, since);
    return since + this.#options.normalFor;
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }
}
