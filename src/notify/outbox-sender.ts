/**
 * Drains the outbox: claims due messages in a short transaction, sends them outside of it, writes down in another what
 * came of it. A message is sent at least once, always under the same id; a process that dies between sending and
 * writing leaves a lease behind that ends.
 */

import { DAY, type Duration, type Instant, MINUTE, SECOND } from "../core/model/time.ts";
import { type Backoff, backoffDelay } from "../core/util/backoff.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type {
  ClaimedMessage,
  Notification,
  OutboxStore,
  Receiver,
  SendOutcome,
  SendResult,
} from "../ports/notifications.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";
import { DEFAULT_LIMITS, ReceiverThrottle, type ThrottleLimits } from "./receiver-throttle.ts";

export interface OutboxSenderOptions {
  readonly clock: Clock;
  readonly outbox: Pick<OutboxStore, "claim" | "settle" | "nextDue" | "abandon">;
  readonly events: NotifyEvents;
  readonly receivers: readonly ReceiverSetup[];
  /** Adds to a message what makes it worth reading (log lines, events), within a deadline of its own. */
  readonly enrich?: (notification: Notification, signal: AbortSignal) => Promise<Notification>;
}

export interface ReceiverSetup {
  readonly receiver: Receiver;
  /** webhook, slack, email… */
  readonly kind: string;
  readonly limits?: Partial<ThrottleLimits>;
  /** How long one attempt may take. */
  readonly timeout?: Duration;
}

export interface OutboxSender extends AsyncDisposable {
  /** Gives up what waits for receivers that are gone, and begins. */
  start(): Promise<void>;
  /** Something was written for these receivers, or for any. */
  wake(receivers?: ReadonlySet<string>): void;
  /** Sends a message that says that it is a test, at once and past the outbox. */
  test(receiver: string, notification: Notification): Promise<SendResult & { readonly took: Duration }>;
  status(): readonly ReceiverStatus[];
  /** Resolves when nothing is under way or due. */
  idle(): Promise<void>;
}

export interface ReceiverStatus {
  readonly name: string;
  readonly kind: string;
  readonly state: "ok" | "failing" | "unused";
  readonly lastDeliveredAt: Instant | undefined;
  /** Why the last attempt failed. */
  readonly problem: string | undefined;
}

const TIMEOUT: Duration = 15 * SECOND;
/** Longer than any attempt: enriching, sending and writing down what came of it. */
const LEASE_MARGIN: Duration = 30 * SECOND;
const RETRY: Backoff = { first: 2 * SECOND, factor: 2, most: 5 * MINUTE, jitter: 0.5 };
const STORE_RETRY: Duration = 2 * SECOND;
const SETTLE_TRIES = 5;
/** How long those that are under way may go on when the program stops. */
const GRACE: Duration = 2 * SECOND;

interface Post {
  readonly setup: ReceiverSetup;
  readonly throttle: ReceiverThrottle;
  timer: Timer | undefined;
  pumping: Promise<void> | undefined;
  /** Woken while it was pumping. */
  again: boolean;
  lastDeliveredAt: Instant | undefined;
  problem: string | undefined;
}

export function createOutboxSender(options: OutboxSenderOptions): OutboxSender {
  const { clock, outbox, events } = options;
  const posts = new Map<string, Post>(
    options.receivers.map((setup) => [
      setup.receiver.name,
      {
        setup,
        throttle: new ReceiverThrottle({ ...DEFAULT_LIMITS, ...setup.limits }, clock.monotonic()),
        timer: undefined,
        pumping: undefined,
        again: false,
        lastDeliveredAt: undefined,
        problem: undefined,
      },
    ]),
  );
  const sending = new Set<Promise<void>>();
  /** No more claims; what is under way may end. */
  let stopped = false;
  const stopping = new AbortController();

  function pump(post: Post): void {
    if (stopped) return;
    if (post.pumping !== undefined) {
      post.again = true;
      return;
    }
    post.again = false;
    post.timer?.cancel();
    post.timer = undefined;
    post.pumping = claimAndSend(post).finally(() => {
      post.pumping = undefined;
      if (post.again) pump(post);
    });
  }

  async function claimAndSend(post: Post): Promise<void> {
    const { receiver, timeout = TIMEOUT } = post.setup;
    try {
      const { messages, again } = post.throttle.allowance(clock.monotonic());
      if (messages === 0) {
        if (again !== undefined) sleep(post, again - clock.monotonic());
        return;
      }
      const lease = timeout + LEASE_MARGIN;
      const claimed = await outbox.claim(receiver.name, { now: clock.now(), lease, limit: messages });
      for (const message of claimed) {
        post.throttle.begin();
        const attempt = send(post, message).finally(() => {
          sending.delete(attempt);
          pump(post);
        });
        sending.add(attempt);
      }
      if (claimed.length === messages) {
        post.again = true;
        return;
      }
      const next = await outbox.nextDue(receiver.name);
      // What is under way wakes this itself when it is done; its lease is no time to wait for.
      if (next !== undefined && next > clock.now()) sleep(post, next - clock.now());
      // Due, and yet not given to us: another replica is just taking it.
      else if (next !== undefined && post.throttle.underWay === 0) sleep(post, STORE_RETRY);
    } catch (error) {
      events.storeFailed(receiver.name, error);
      sleep(post, STORE_RETRY);
    }
  }

  function sleep(post: Post, delay: Duration): void {
    if (stopped) return;
    post.timer?.cancel();
    // What is due is written in the time of the wall clock, which may be set meanwhile: look at least once a minute.
    post.timer = clock.after(Math.min(Math.max(delay, 1), MINUTE), () => pump(post));
  }

  async function send(post: Post, { notification, giveUpAt }: ClaimedMessage): Promise<void> {
    const started = clock.now();
    const result = await attempt(post, await enriched(notification));
    const at = clock.now();
    const outcome = toOutcome(result, notification, giveUpAt, at);
    judge(post, result);
    const settled = await settle(post, notification, outcome, at);
    if (!settled) return;
    if (outcome.delivered) {
      post.lastDeliveredAt = at;
      post.problem = undefined;
      events.delivered(notification, Math.max(0, at - Math.min(notification.createdAt, started)));
    } else {
      post.problem = outcome.detail;
      events.failed(notification, outcome, outcome.retryAt);
    }
  }

  async function enriched(notification: Notification): Promise<Notification> {
    if (options.enrich === undefined) return notification;
    try {
      return await options.enrich(notification, stopping.signal);
    } catch {
      // Evidence is a courtesy: without it the message still says what matters.
      return notification;
    }
  }

  /** Whatever a receiver does, also throwing or never answering, becomes a result. */
  async function attempt({ setup }: Post, notification: Notification): Promise<SendResult> {
    const { receiver, timeout = TIMEOUT } = setup;
    const controller = new AbortController();
    const abort = () => controller.abort(stopping.signal.reason);
    stopping.signal.addEventListener("abort", abort, { once: true });
    const result = Promise.withResolvers<SendResult>();
    const timer = clock.after(timeout, () => {
      controller.abort(new DOMException("the receiver took too long", "TimeoutError"));
      const detail = `no answer within ${timeout / SECOND} s`;
      // A receiver that does not heed the signal must not hold up its throttle.
      result.resolve({ delivered: false, retry: true, reason: "timeout", detail });
    });
    receiver.send(notification, controller.signal).then(result.resolve, (error: unknown) => {
      const what = error instanceof Error ? error.name : typeof error;
      // Not its message: whatever it was made of may hold a secret.
      result.resolve({ delivered: false, retry: true, reason: "network", detail: `the receiver failed with ${what}` });
    });
    try {
      return await result.promise;
    } finally {
      timer.cancel();
      stopping.signal.removeEventListener("abort", abort);
    }
  }

  function toOutcome(result: SendResult, { attempt }: Notification, giveUpAt: Instant, at: Instant): SendOutcome {
    if (result.delivered) return result;
    const { reason, detail } = result;
    if (!result.retry) return { delivered: false, retryAt: undefined, reason, detail };
    if (stopping.signal.aborted) return { delivered: false, retryAt: at, reason, detail };
    const delay = Math.max(result.retryAfter ?? 0, backoffDelay(RETRY, attempt, clock.random()));
    return { delivered: false, retryAt: at + delay < giveUpAt ? at + delay : undefined, reason, detail };
  }

  /** What an attempt says about the receiver, apart from the message. */
  function judge({ throttle, setup }: Post, result: SendResult): void {
    const { name } = setup.receiver;
    const now = clock.monotonic();
    if (result.delivered || !result.retry || result.reason === "rateLimited") {
      if (!result.delivered && result.retry) throttle.rest(now + (result.retryAfter ?? RETRY.first));
      if (throttle.succeeded()) events.circuitClosed(name);
      return;
    }
    if (result.retryAfter !== undefined) throttle.rest(now + Math.min(result.retryAfter, DAY));
    const rest = throttle.failed(now, clock.random());
    if (rest !== undefined) events.circuitOpened(name, clock.now() + rest - now);
  }

  async function settle(
    { setup }: Post,
    notification: Notification,
    outcome: SendOutcome,
    at: Instant,
  ): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        return await outbox.settle(notification, outcome, at);
      } catch (error) {
        events.storeFailed(setup.receiver.name, error);
        // Then the lease ends, and the message comes once more, under its old id.
        if (tries >= SETTLE_TRIES || stopping.signal.aborted) return false;
        await pause(STORE_RETRY);
      }
    }
  }

  function pause(delay: Duration): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.after(delay, done);
      stopping.signal.addEventListener("abort", done, { once: true });
      function done() {
        timer.cancel();
        stopping.signal.removeEventListener("abort", done);
        resolve();
      }
    });
  }

  return {
    async start() {
      const abandoned = await outbox.abandon([...posts.keys()], "the receiver is no longer configured", clock.now());
      if (abandoned > 0) events.abandoned(abandoned);
      for (const post of posts.values()) pump(post);
    },

    wake(receivers) {
      for (const [name, post] of posts) if (receivers === undefined || receivers.has(name)) pump(post);
    },

    async test(name, notification) {
      const post = posts.get(name);
      if (post === undefined) throw new RangeError(`there is no receiver ${name}`);
      const started = clock.monotonic();
      const result = await attempt(post, notification);
      if (result.delivered) {
        post.lastDeliveredAt = clock.now();
        post.problem = undefined;
      } else post.problem = result.detail;
      return { ...result, took: Math.round(clock.monotonic() - started) };
    },

    status: () =>
      [...posts.values()].map(({ setup, lastDeliveredAt, problem }) => ({
        name: setup.receiver.name,
        kind: setup.kind,
        state: problem !== undefined ? "failing" : lastDeliveredAt === undefined ? "unused" : "ok",
        lastDeliveredAt,
        problem,
      })),

    async idle() {
      for (;;) {
        const busy = [...sending, ...[...posts.values()].flatMap((post) => post.pumping ?? [])];
        if (busy.length === 0) return;
        await Promise.allSettled(busy);
      }
    },

    async [Symbol.asyncDispose]() {
      stopped = true;
      for (const post of posts.values()) post.timer?.cancel();
      const grace = Promise.withResolvers<void>();
      const timer = clock.after(GRACE, grace.resolve);
      await Promise.allSettled([...posts.values()].map((post) => post.pumping));
      await Promise.race([Promise.allSettled(sending), grace.promise]);
      timer.cancel();
      stopping.abort(new DOMException("the program stops", "AbortError"));
      await Promise.allSettled(sending);
    },
  };
}
