import { type Duration, MINUTE, SECOND } from "../core/model/time.ts";
import { type Backoff, backoffDelay } from "../core/util/backoff.ts";

/** Bounds the messages to one receiver. */
export interface ThrottleLimits {
  /** Messages per minute, on average. */
  readonly perMinute: number;
  /** Messages that may be sent at once after an idle period. */
  readonly burst: number;
  /** Concurrent attempts. */
  readonly concurrency: number;
}

export const DEFAULT_LIMITS: ThrottleLimits = { perMinute: 60, burst: 20, concurrency: 4 };

/** Consecutive failures that open the circuit breaker: from then on, one attempt at a time probes the receiver. */
const FAILURES_TO_OPEN = 5;
const OPEN_DELAY: Backoff = { first: 15 * SECOND, factor: 2, max: 5 * MINUTE, jitter: 0.2 };

/**
 * The rate limit (a token bucket), the concurrency limit and the circuit breaker of one receiver. It decides only and
 * has no timers. All times are those of `Clock.monotonic`.
 */
export class ReceiverThrottle {
  readonly #limits: ThrottleLimits;
  #inProgress = 0;
  #tokens: number;
  #filledAt: Duration;
  #failures = 0;
  #pausedUntil: Duration = 0;
  #isOpen = false;

  constructor(limits: ThrottleLimits, now: Duration) {
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#filledAt = now;
  }

  /** Attempts in progress. */
  get inProgress(): number {
    return this.#inProgress;
  }

  /** How many messages may be sent now. If none, `again` is when that changes; undefined: when an attempt ends. */
  allowance(now: Duration): { readonly messages: number; readonly again: Duration | undefined } {
    this.#fill(now);
    if (now < this.#pausedUntil) return { messages: 0, again: this.#pausedUntil };
    const slots = (this.#isOpen ? 1 : this.#limits.concurrency) - this.#inProgress;
    if (slots <= 0) return { messages: 0, again: undefined };
    if (this.#tokens < 1) return { messages: 0, again: now + Math.ceil((1 - this.#tokens) * this.#perToken) };
    return { messages: Math.min(slots, Math.floor(this.#tokens)), again: undefined };
  }

  /** Call at the start of an attempt; `succeeded` or `failed` ends it. */
  begin(): void {
    this.#inProgress += 1;
    this.#tokens -= 1;
  }

  /** The receiver works: it accepted the message, or rejected only this one. True if this closes the circuit breaker. */
  succeeded(): boolean {
    this.#inProgress -= 1;
    this.#failures = 0;
    const isClosed = this.#isOpen;
    this.#isOpen = false;
    return isClosed;
  }

  /** The end of the pause, if this failure opens the circuit breaker or keeps it open. `chance` is in [0, 1). */
  failed(now: Duration, chance: number): Duration | undefined {
    this.#inProgress -= 1;
    this.#failures += 1;
    if (this.#failures < FAILURES_TO_OPEN) return undefined;
    this.#isOpen = true;
    this.pauseUntil(now + backoffDelay(OPEN_DELAY, this.#failures - FAILURES_TO_OPEN + 1, chance));
    return this.#pausedUntil;
  }

  /** No attempts until then, as with a Retry-After of the receiver. */
  pauseUntil(until: Duration): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  get #perToken(): Duration {
    return MINUTE / this.#limits.perMinute;
  }

  #fill(now: Duration): void {
    const gained = (now - this.#filledAt) / this.#perToken;
    // Rounding errors of fractions must not cost a token, and with it another wait.
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + gained + 1e-9);
    this.#filledAt = now;
  }
}
