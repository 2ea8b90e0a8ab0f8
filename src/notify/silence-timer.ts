import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { AlertLabels } from "../core/model/alert.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../core/model/time.ts";
import { nextSilenceChange, type Silence, silenceState } from "../core/notify/silence.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { SilenceList } from "./silence-list.ts";

export interface SilenceTimerOptions {
  readonly clock: Clock;
  readonly list: SilenceList;
  /** The labels of each alert that is pending or firing. */
  readonly openAlerts: () => Iterable<AlertLabels>;
  /** How long no alert must have matched to end a silence with `endWhenNormal`. */
  readonly normalFor: Duration;
  /** A silence has started or ended. */
  readonly changed: () => void;
  /** Called for a silence whose alerts have been normal for long enough; may be called again until it has ended. */
  readonly end: (silence: Silence) => void;
}

/** Alerts that are compared with the silences before other work gets the event loop. */
const PER_SLICE = 500;
/** Between two comparisons of many alerts. */
const PAUSE: Duration = SECOND;

/** Follows the start and end of silences, and ends those with `endWhenNormal` early. */
export class SilenceTimer implements Disposable {
  readonly #options: SilenceTimerOptions;
  /** The start of the time without a matching alert, by id of the silence. */
  readonly #normalSince = new Map<string, Instant>();
  #timer: Timer | undefined;
  #again: Timer | undefined;
  #isComparing = false;
  /** Something has changed during the comparison. */
  #isOutdated = false;
  #isStopped = false;

  constructor(options: SilenceTimerOptions) {
    this.#options = options;
  }

  /** Starts the wait for normal again, because the silence has changed. */
  reset(id: string): void {
    this.#normalSince.delete(id);
  }

  /** To be called after changes of alerts and silences. Many alerts are compared in slices, one comparison at a time. */
  update(): void {
    if (this.#isStopped) return;
    if (this.#isComparing) {
      this.#isOutdated = true;
      return;
    }
    const slices = this.#compare();
    if (slices.next().done !== true) void this.#continue(slices);
  }

  async #continue(slices: Generator<void>): Promise<void> {
    this.#isComparing = true;
    do await yieldToEventLoop();
    while (!this.#isStopped && slices.next().done !== true);
    this.#isComparing = false;
    if (!this.#isOutdated || this.#isStopped) return;
    this.#isOutdated = false;
    this.#again?.cancel();
    this.#again = this.#options.clock.after(PAUSE, () => this.update());
  }

  *#compare(): Generator<void> {
    const { clock, list, openAlerts } = this.#options;
    const matched = new Set<string>();
    const now = clock.now();
    if ([...list.values()].some(({ silence }) => endsEarly(silence, now))) {
      let compared = 0;
      for (const labels of openAlerts()) {
        for (const id of list.matchingIds(labels, now)) matched.add(id);
        if (++compared % PER_SLICE === 0) yield;
      }
    }
    this.#follow(matched);
  }

  /** Ends silences and sets the timer, given the ids of those that match an open alert. */
  #follow(matched: ReadonlySet<string>): void {
    this.#timer?.cancel();
    const { clock, list, changed, end } = this.#options;
    const now = clock.now();
    const silences = [...list.values()].map(({ silence }) => silence);
    let next = nextSilenceChange(silences, now);
    for (const silence of silences) {
      const normalAt = this.#normalAt(silence, matched.has(silence.id), now);
      if (normalAt === undefined) continue;
      if (normalAt <= now) end(silence);
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
  #normalAt(silence: Silence, hasAlerts: boolean, now: Instant): Instant | undefined {
    if (!endsEarly(silence, now)) return undefined;
    if (hasAlerts) {
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
    this.#again?.cancel();
  }
}

function endsEarly(silence: Silence, now: Instant): boolean {
  return silence.endWhenNormal && silenceState(silence, now) === "active";
}
