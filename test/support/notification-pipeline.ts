import type { Alert } from "../../src/core/model/alert.ts";
import type { InhibitRule } from "../../src/core/notify/inhibit.ts";
import { createRouter, type Route } from "../../src/core/notify/route.ts";
import { createDispatcher, type Dispatcher } from "../../src/notify/dispatcher.ts";
import { createInhibitions, type Inhibitions } from "../../src/notify/inhibitions.ts";
import { createOutboxSender, type OutboxSender } from "../../src/notify/outbox-sender.ts";
import type { ReceiverSetup } from "../../src/notify/receiver-worker.ts";
import { createSilences, type Silences, suppressionBy } from "../../src/notify/silences.ts";
import type { Notification, Receiver, SendResult } from "../../src/ports/notifications.ts";
import type { Store } from "../../src/ports/store.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRegistry } from "../../src/telemetry/metrics.ts";
import { createNotifyEvents } from "../../src/telemetry/notify-events.ts";
import { makeBatch } from "./batches.ts";
import type { FakeClock } from "./fake-clock.ts";
import { createFakeLiveState, type FakeLiveState } from "./fake-live-state.ts";

/** A receiver that records notifications, with a configurable result. */
export interface Pager extends Receiver {
  readonly received: Notification[];
  /** The result of the next notifications; delivered by default. */
  answer: SendResult | "nothing" | ((notification: Notification) => SendResult | Promise<SendResult>);
  /** The notifications since the last call, as `reason: pod pod✓`; ✓ marks resolved alerts. */
  news(): readonly string[];
}

export function createPager(name: string): Pager {
  let seen = 0;
  const pager: Pager = {
    name,
    received: [],
    answer: { delivered: true },
    async send(notification, signal) {
      pager.received.push(notification);
      if (typeof pager.answer === "function") return await pager.answer(notification);
      if (pager.answer !== "nothing") return pager.answer;
      return await new Promise<SendResult>((resolve) => {
        const end = () => resolve({ delivered: false, retry: true, reason: "network", detail: "aborted" });
        signal.addEventListener("abort", end, { once: true });
      });
    },
    news() {
      const fresh = pager.received.slice(seen);
      seen = pager.received.length;
      return fresh.map(({ reason, alerts }) => {
        const pods = alerts.map(({ labels, state }) => `${labels.pod}${state.name === "resolved" ? "✓" : ""}`);
        return `${reason}: ${pods.join(" ")}`;
      });
    },
  };
  return pager;
}

export interface NotificationsOptions {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly route: Route;
  readonly receivers: readonly (Pager | ReceiverSetup)[];
  readonly state?: FakeLiveState;
  readonly maxAlerts?: number;
  readonly inhibitRules?: readonly InhibitRule[];
}

/** Everything between a committed alert and a receiver, connected as in src/app, with a fake live state. */
export interface Notifications extends AsyncDisposable {
  readonly state: FakeLiveState;
  readonly dispatcher: Dispatcher;
  readonly sender: OutboxSender;
  readonly silences: Silences;
  readonly inhibitions: Inhibitions;
  /** Commits alerts and notifies subscribers. */
  commit(...alerts: Alert[]): Promise<void>;
  /** Advances the clock and waits until nothing is pending. */
  advance(by: number): Promise<void>;
  /** Lines logged so far. */
  readonly log: readonly Record<string, unknown>[];
}

export async function startNotifications(options: NotificationsOptions): Promise<Notifications> {
  const { clock, store } = options;
  const state = options.state ?? createFakeLiveState();
  const log: Record<string, unknown>[] = [];
  const logger = createLogger("debug", { write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>) });
  const events = createNotifyEvents(logger, createRegistry());
  const sender = createOutboxSender({
    clock,
    outbox: store.outbox,
    events,
    receivers: options.receivers.map((one) => ("receiver" in one ? one : { receiver: one, kind: "pager" })),
  });
  const silences = createSilences({
    clock,
    store: store.silences,
    state,
    events,
    normalFor: 10 * 60_000,
    changed: () => dispatcher.reevaluate(),
  });
  const inhibitions = createInhibitions(options.inhibitRules ?? [], state);
  const silenced = suppressionBy(silences);
  const dispatcher = createDispatcher({
    clock,
    state,
    store,
    events,
    route: createRouter(options.route),
    inhibitions,
    suppressed: (alert) => silenced(alert) ?? (inhibitions.of(alert) && { kind: "inhibited" }),
    maxAlerts: options.maxAlerts ?? 50,
    enqueued: (receivers) => sender.wake(receivers),
  });
  await silences.start();
  await dispatcher.start();
  await sender.start();
  const rest = async () => {
    await clock.settle();
    await dispatcher.settled();
    await clock.settle();
  };
  await rest();
  return {
    state,
    dispatcher,
    sender,
    silences,
    inhibitions,
    log,
    async commit(...alerts) {
      await store.commit(makeBatch({ at: clock.now(), alerts }));
      state.commit(...alerts);
      await rest();
    },
    async advance(by) {
      await clock.advance(by);
      await rest();
    },
    async [Symbol.asyncDispose]() {
      await silences[Symbol.asyncDispose]();
      await dispatcher[Symbol.asyncDispose]();
      const stopping = sender[Symbol.asyncDispose]();
      await clock.advance(10_000);
      await stopping;
    },
  };
}
