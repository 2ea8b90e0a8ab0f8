import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { SystemProblem } from "./health-view.ts";

/** A current problem that concerns more than one namespace. */
export interface PresentProblem extends Omit<SystemProblem, "since"> {
  /** Identifies the problem while its message changes. */
  readonly name: string;
}

export interface SystemProblemsOptions {
  readonly present: () => readonly PresentProblem[];
  /** Called when a problem appears, changes or disappears. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/** Problems are polled at this interval. */
const POLL_INTERVAL: Duration = 5 * SECOND;

/** The current problems, each with the time at which it appeared. */
export function watchSystemProblems({ present, changed, clock, stopping }: SystemProblemsOptions) {
  let since: ReadonlyMap<string, Instant> = new Map();
  let last = "[]";
  let timer: Timer | undefined;

  function current(): readonly SystemProblem[] {
    const now = present();
    since = new Map(now.map(({ name }) => [name, since.get(name) ?? clock.now()]));
    const problems = now.map(({ name, ...problem }) => ({ ...problem, since: since.get(name)! }));
    const asJson = JSON.stringify(problems);
    if (asJson !== last) {
      last = asJson;
      changed();
    }
    return problems;
  }

  function reevaluate(): void {
    current();
    timer = clock.after(POLL_INTERVAL, reevaluate);
  }

  reevaluate();
  stopping.addEventListener("abort", () => timer?.cancel(), { once: true });
  return current;
}
