import type { Duration } from "../core/model/time.ts";

/** How long work may take to end by itself after the deadline, with what it has until then. */
const GRACE: Duration = 250;

/** The timeout of a command. Unlike the timers of a Clock, it keeps the process alive. */
export class Deadline implements Disposable {
  readonly seconds: number;
  readonly #expiry = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #end = Promise.withResolvers<never>();
  /** The address of the API server, for the message. */
  server: string | undefined;

  constructor(seconds: number) {
    this.seconds = seconds;
    const after = (delay: Duration, callback: () => void) => this.#timers.push(setTimeout(callback, delay));
    after(seconds * 1_000, () => {
      this.#expiry.abort();
      after(GRACE, () => this.#end.reject(new Error(this.message)));
    });
    this.#end.promise.catch(() => {});
  }

  /** Aborts at the deadline. */
  get signal(): AbortSignal {
    return this.#expiry.signal;
  }

  get message(): string {
    const what = this.server === undefined ? "no result" : `the API server ${this.server} did not answer`;
    return `${what} within ${this.seconds} s (--timeout)`;
  }

  /** Rejects soon after the deadline, even if the work ignores the signal. */
  race<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.#end.promise]);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
