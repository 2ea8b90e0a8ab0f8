import { DAY, type Duration, type Instant, MINUTE, SECOND } from "../core/model/time.ts";
import { type Backoff, backoffDelay } from "../core/util/backoff.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type {
  ClaimedMessage,
  Notification,
  OutboxStore,
  Receiver,
  ReceiverStatus,
  SendOutcome,
  SendResult,
} from "../ports/notifications.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";
import { sleep } from "../util/sleep.ts";
import { DEFAULT_LIMITS, ReceiverThrottle, type ThrottleLimits } from "./receiver-throttle.ts";
import { sendWithTimeout } from "./send-with-timeout.ts";

export interface ReceiverSetup {
  readonly receiver: Receiver;
  /** webhook, slack, email… */
  readonly kind: string;
  readonly limits?: Partial<ThrottleLimits>;
  /** Timeout of one attempt. */
  readonly timeout?: Duration;
}

export interface ReceiverWorkerOptions {
  readonly clock: Clock;
  readonly outbox: Pick<OutboxStore, "claim" | "settle" | "nextDue">;
  readonly events: NotifyEvents;
  /** Adds evidence such as log lines and events to a notification. */
  readonly enrich?: ((notification: Notification, signal: AbortSignal) => Promise<Notification>) | undefined;
  /** False while another replica may own the outbox: what was claimed is then due again when its lease ends. */
  readonly maySend?: (() => boolean) | undefined;
  /** Aborts attempts. */
  readonly stopping: AbortSignal;
}

const DEFAULT_TIMEOUT: Duration = 15 * SECOND;
/** Added to the timeout of an attempt: time to enrich the notification and to store the outcome. */
const LEASE_MARGIN: Duration = 30 * SECOND;
const RETRY: Backoff = { first: 2 * SECOND, factor: 2, max: 5 * MINUTE, jitter: 0.5 };
const STORE_RETRY_DELAY: Duration = 2 * SECOND;
const MAX_SETTLE_ATTEMPTS = 5;
/** Messages are due by the wall clock, which may be set while a timer runs. */
const MAX_TIMER_DELAY: Duration = MINUTE;

/** Sends the due messages of one receiver: claims them from the outbox, attempts each, and stores the outcome. */
export class ReceiverWorker {
  readonly receiver: Receiver;
  readonly #kind: string;
  readonly #timeout: Duration;
  readonly #throttle: ReceiverThrottle;
  readonly #options: ReceiverWorkerOptions;
  readonly #sending = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #claiming: Promise<void> | undefined;
  /** Woken while claiming. */
  #isWoken = false;
  #isStopped = false;
  #lastDeliveredAt: Instant | undefined;
  #problem: string | undefined;

  constructor({ receiver, kind, limits, timeout = DEFAULT_TIMEOUT }: ReceiverSetup, options: ReceiverWorkerOptions) {
    this.receiver = receiver;
    this.#kind = kind;
    this.#timeout = timeout;
    this.#throttle = new ReceiverThrottle({ ...DEFAULT_LIMITS, ...limits }, options.clock.monotonic());
    this.#options = options;
  }

  /** Claims and sends what is due. */
  wake(): void {
    if (this.#isStopped) return;
    if (this.#claiming !== undefined) {
      this.#isWoken = true;
      return;
    }
    this.#isWoken = false;
    this.#timer?.cancel();
    this.#claiming = this.#claimAndSend().finally(() => {
      this.#claiming = undefined;
      if (this.#isWoken) this.wake();
    });
  }

  /** Sends a notification immediately, without the outbox. */
  async test(notification: Notification): Promise<SendResult & { readonly took: Duration }> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    const result = await this.#attempt(notification);
    this.#note(result, clock.now());
    return { ...result, took: Math.round(clock.monotonic() - started) };
  }

  status(): ReceiverStatus {
    const problem = this.#problem;
    const lastDeliveredAt = this.#lastDeliveredAt;
    const state = problem !== undefined ? "failing" : lastDeliveredAt === undefined ? "unused" : "ok";
    return { name: this.receiver.name, kind: this.#kind, state, lastDeliveredAt, problem };
  }

  /** The claim and the attempts in progress. */
  get pending(): readonly Promise<void>[] {
    return this.#claiming === undefined ? [...this.#sending] : [this.#claiming, ...this.#sending];
  }

  /** Stops claiming; resolves when no claim is in progress. Attempts continue. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#claiming;
  }

  async #claimAndSend(): Promise<void> {
    const { clock, outbox, events } = this.#options;
    const { name } = this.receiver;
    try {
      const { messages, again } = this.#throttle.allowance(clock.monotonic());
      if (messages === 0) {
        if (again !== undefined) this.#wakeAfter(again - clock.monotonic());
        return;
      }
      const lease = this.#timeout + LEASE_MARGIN;
      const claimed = await outbox.claim(name, { now: clock.now(), lease, limit: messages });
      for (const message of claimed) this.#start(message);
      if (claimed.length === messages) {
        this.#isWoken = true;
        return;
      }
      const next = await outbox.nextDue(name);
      if (next === undefined) return;
      if (next > clock.now()) this.#wakeAfter(next - clock.now());
      // Due but not claimed. The end of an attempt wakes this worker; without one, a lease has to end first.
      else if (this.#throttle.inProgress === 0) this.#wakeAfter(STORE_RETRY_DELAY);
    } catch (error) {
      events.storeFailed(name, error);
      this.#wakeAfter(STORE_RETRY_DELAY);
    }
  }

  #wakeAfter(delay: Duration): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(Math.min(Math.max(delay, 1), MAX_TIMER_DELAY), () => this.wake());
  }

  #start(message: ClaimedMessage): void {
    this.#throttle.begin();
    const sending = this.#send(message).finally(() => {
      this.#sending.delete(sending);
      this.wake();
    });
    this.#sending.add(sending);
  }

  async #send({ notification, giveUpAt }: ClaimedMessage): Promise<void> {
    const { clock, events, maySend } = this.#options;
    const started = clock.now();
    const enriched = await this.#enriched(notification);
    if (maySend?.() === false) return;
    const result = await this.#attempt(enriched);
    const at = clock.now();
    this.#updateThrottle(result);
    const outcome = this.#outcomeOf(result, notification.attempt, giveUpAt, at);
    if (!(await this.#settle(notification, outcome, at))) return;
    this.#note(outcome, at);
    if (outcome.delivered) events.delivered(notification, Math.max(0, at - Math.min(notification.createdAt, started)));
    else events.failed(notification, outcome, outcome.retryAt);
  }

  async #enriched(notification: Notification): Promise<Notification> {
    const { enrich, stopping } = this.#options;
    // Evidence is optional: without it, the notification is sent as it is.
    return (await enrich?.(notification, stopping).catch(() => undefined)) ?? notification;
  }

  #attempt(notification: Notification): Promise<SendResult> {
    const { clock, stopping } = this.#options;
    return sendWithTimeout((signal) => this.receiver.send(notification, signal), this.#timeout, clock, stopping);
  }

  #note(result: SendResult | SendOutcome, at: Instant): void {
    if (result.delivered) this.#lastDeliveredAt = at;
    this.#problem = result.delivered ? undefined : result.detail;
  }

  #outcomeOf(result: SendResult, attempt: number, giveUpAt: Instant, at: Instant): SendOutcome {
    if (result.delivered) return result;
    const { clock, stopping } = this.#options;
    const { reason, detail } = result;
    if (!result.retry) return { delivered: false, retryAt: undefined, reason, detail };
    if (stopping.aborted) return { delivered: false, retryAt: at, reason, detail };
    const delay = Math.max(result.retryAfter ?? 0, backoffDelay(RETRY, attempt, clock.random()));
    return { delivered: false, retryAt: at + delay < giveUpAt ? at + delay : undefined, reason, detail };
  }

  /** Only failures that concern the receiver, not the single message, count for the circuit breaker. */
  #updateThrottle(result: SendResult): void {
    const { clock, events } = this.#options;
    const { name } = this.receiver;
    const now = clock.monotonic();
    if (result.delivered || !result.retry || result.reason === "rateLimited") {
      if (!result.delivered && result.retry) this.#throttle.pauseUntil(now + (result.retryAfter ?? RETRY.first));
      if (this.#throttle.succeeded()) events.circuitClosed(name);
      return;
    }
    if (result.retryAfter !== undefined) this.#throttle.pauseUntil(now + Math.min(result.retryAfter, DAY));
    const openUntil = this.#throttle.failed(now, clock.random());
    if (openUntil !== undefined) events.circuitOpened(name, clock.now() + openUntil - now);
  }

  /** False if the outcome could not be stored: when the lease ends, the message is sent again under the same id. */
  async #settle(notification: Notification, outcome: SendOutcome, at: Instant): Promise<boolean> {
    const { clock, outbox, events, stopping } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await outbox.settle(notification, outcome, at);
      } catch (error) {
        events.storeFailed(this.receiver.name, error);
        if (attempt >= MAX_SETTLE_ATTEMPTS || stopping.aborted) return false;
        await sleep(clock, STORE_RETRY_DELAY, stopping);
      }
    }
  }
}
