import type { Duration } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";

export interface RepeatOptions {
  /** Milliseconds between the end of one run and the start of the next; a function is called after each run. */
  readonly every: Duration | (() => Duration);
  /** Milliseconds before the first run; `every` by default. */
  readonly first?: Duration;
}

/**
 * Runs a task again and again, never two runs at a time. Disposing aborts the signal of the current run, cancels the
 * next one and resolves when the current one has ended. The task handles its own errors: a rejection ends the process.
 */
export function repeat(
  clock: Clock,
  { every, first }: RepeatOptions,
  task: (signal: AbortSignal) => void | Promise<void>,
): AsyncDisposable {
  const stopping = new AbortController();
  const interval = () => (typeof every === "function" ? every() : every);
  let current = Promise.resolve();
  let timer = clock.after(first ?? interval(), run);

  function run(): void {
    current = runOnce();
  }

  async function runOnce(): Promise<void> {
    await task(stopping.signal);
    if (!stopping.signal.aborted) timer = clock.after(interval(), run);
  }

  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      timer.cancel();
      await current;
    },
  };
}
