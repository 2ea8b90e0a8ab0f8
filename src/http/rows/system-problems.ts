import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { SystemProblem } from "./health-view.ts";

/** Something that is not well beyond one namespace, as it is at this moment. */
export interface PresentProblem extends Omit<SystemProblem, "since"> {
  /** What goes on under this name has gone on since it began, however it is worded meanwhile. */
  readonly name: string;
}

export interface SystemProblemsOptions {
  readonly present: () => readonly PresentProblem[];
  /** A problem has come, is worded anew, or is gone. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/** Nobody tells of these, so they are asked for: often enough to say since when. */
const LOOK: Duration = 5 * SECOND;

/** What is not well now, each with since when it has been so. */
export function watchSystemProblems({ present, changed, clock, stopping }: SystemProblemsOptions) {
  let since: ReadonlyMap<string, Instant> = new Map();
  let told = "[]";
  let timer: Timer | undefined;

  function look(): readonly SystemProblem[] {
    const now = present();
    since = new Map(now.map(({ name }) => [name, since.get(name) ?? clock.now()]));
    const problems = now.map(({ name, ...problem }) => ({ ...problem, since: since.get(name)! }));
    const asJson = JSON.stringify(problems);
    if (asJson !== told) {
      told = asJson;
      changed();
    }
    return problems;
  }

  function reevaluate(): void {
    look();
    timer = clock.after(LOOK, reevaluate);
  }

  reevaluate();
  stopping.addEventListener("abort", () => timer?.cancel(), { once: true });
  return look;
}
