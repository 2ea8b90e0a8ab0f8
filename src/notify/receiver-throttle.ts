import { type Duration, MINUTE, SECOND } from "../core/model/time.ts";
import { type Backoff, backoffDelay } from "../core/util/backoff.ts";

/** How much one receiver may be asked to take. */
export interface ThrottleLimits {
  /** Messages per minute in the long run. */
  readonly perMinute: number;
  /** Messages at once, after a while without any. */
  readonly burst: number;
  /** Messages under way at the same time. */
  readonly concurrency: number;
}

export const DEFAULT_LIMITS: ThrottleLimits = { perMinute: 60, burst: 20, concurrency: 4 };

/** This many failures in a row are no accident: from then on one message at a time tries whether it works again. */
const FAILURES_TO_OPEN = 5;
const REST: Backoff = { first: 15 * SECOND, factor: 2, most: 5 * MINUTE, jitter: 0.2 };

/**
 * What one receiver can take at present: a rate (token bucket), a number at once, rests that it asked for, and a
 * circuit breaker. Decides only; sends and waits for nothing. All times are those of `Clock.monotonic`.
 */
export class ReceiverThrottle {
  readonly limits: ThrottleLimits;
  underWay = 0;
  #tokens: number;
  #filledAt: Duration;
  #failures = 0;
  #restUntil: Duration = 0;
  /** Open: only one message may try. */
  #open = false;

  constructor(limits: ThrottleLimits, now: Duration) {
    this.limits = limits;
    this.#tokens = limits.burst;
    this.#filledAt = now;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** How many messages may be sent now; and when to ask again if none may for a reason that time alone changes. */
  allowance(now: Duration): { readonly messages: number; readonly again: Duration | undefined } {
    this.#fill(now);
    if (now < this.#restUntil) return { messages: 0, again: this.#restUntil };
    const slots = (this.#open ? 1 : this.limits.concurrency) - this.underWay;
    if (slots <= 0) return { messages: 0, again: undefined };
    if (this.#tokens < 1) return { messages: 0, again: now + Math.ceil((1 - this.#tokens) * this.#perToken) };
    return { messages: Math.min(slots, Math.floor(this.#tokens)), again: undefined };
  }

  begin(): void {
    this.underWay += 1;
    this.#tokens -= 1;
  }

  /** It took the message, or refused that one: it works. True when this closes the circuit. */
  succeeded(): boolean {
    this.underWay -= 1;
    this.#failures = 0;
    const closed = this.#open;
    this.#open = false;
    return closed;
  }

  /** Until when the receiver is left alone, when this failure opens the circuit or keeps it open. */
  failed(now: Duration, chance: number): Duration | undefined {
    this.underWay -= 1;
    this.#failures += 1;
    if (this.#failures < FAILURES_TO_OPEN) return undefined;
    this.#open = true;
    this.rest(now + backoffDelay(REST, this.#failures - FAILURES_TO_OPEN + 1, chance));
    return this.#restUntil;
  }

  /** The receiver asked not to be asked before. */
  rest(until: Duration): void {
    this.#restUntil = Math.max(this.#restUntil, until);
  }

  get #perToken(): Duration {
    return MINUTE / this.limits.perMinute;
  }

  #fill(now: Duration): void {
    const gained = (now - this.#filledAt) / this.#perToken;
    // Sums of fractions fall short of the whole by a hair, which would cost a round.
    this.#tokens = Math.min(this.limits.burst, this.#tokens + gained + 1e-9);
    this.#filledAt = now;
  }
}
