/** Everything between a committed alert and the people: silences, groups, the outbox and the receivers. */
import type { Config } from "../config/config.ts";
import type { Alert } from "../core/model/alert.ts";
import { type Duration, SECOND } from "../core/model/time.ts";
import { createRouter } from "../core/notify/route.ts";
import { createDispatcher } from "../notify/dispatcher.ts";
import type { MessageOptions } from "../notify/message.ts";
import { createOutboxSender } from "../notify/outbox-sender.ts";
import { type AlertmanagerResenderOptions, createAlertmanagerResender } from "../notify/receivers/alertmanager.ts";
import { createSilences, type Silences, suppressionBy } from "../notify/silences.ts";
import type { Clock } from "../ports/clock.ts";
import type { EvidenceStore, KubernetesObject } from "../ports/evidence.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { AlertEvidence, Notification, Notifications as NotificationsAccess } from "../ports/notifications.ts";
import type { Store } from "../ports/store.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";
import { createReceivers, type ReceiversOptions } from "./receivers.ts";

export type NotificationsConfig = Pick<Config, "receivers" | "route">;

export interface NotificationsOptions {
  readonly config: NotificationsConfig;
  readonly clock: Clock;
  readonly state: LiveState;
  readonly store: Store;
  readonly events: NotifyEvents;
  readonly message: MessageOptions;
  /** How long everything under a silence must be normal before one that is to end then ends. */
  readonly normalFor: Duration;
  readonly proxyFor: ReceiversOptions["proxyFor"];
  readonly postToCluster: ReceiversOptions["postToCluster"];
  /** Something that pages show has changed apart from the alerts: who was told, how a receiver does, a silence. */
  readonly changed: (what: "told" | "health" | "silences") => void;
}

export interface Notifications extends AsyncDisposable {
  readonly access: NotificationsAccess;
  /** Loads what was told so far and begins. */
  start(): Promise<void>;
  /** Other receivers and routes from now on; what waits in the outbox goes on. */
  reload(config: NotificationsConfig): Promise<void>;
  /** What decides apart from the alerts has changed, such as an acknowledgement. */
  reevaluate(): void;
}

/** A message of more alerts than this is read by nobody; it says how many are left out. */
const MAX_ALERTS = 50;

export function createNotifications(options: NotificationsOptions): Notifications {
  const { clock, state, store } = options;
  const events = withNews(options.events, options.changed);
  const silences = createSilences({
    clock,
    store: store.silences,
    state,
    events,
    normalFor: options.normalFor,
    changed: () => {
      delivery.notifier.reevaluate();
      options.changed("silences");
    },
  });
  const deliveryOptions = { ...options, events };
  let delivery = createDelivery(options.config, silences, deliveryOptions);

  return {
    access: {
      silences,
      receivers: () => delivery.dispatcher.status(),
      test: (receiver) => delivery.test(receiver),
      wake: () => delivery.dispatcher.wake(),
      explain: (alert) => delivery.notifier.explain(alert),
    },
    start: async () => {
      await silences.start();
      await delivery.start();
    },
    reload: async (config) => {
      const next = createDelivery(config, silences, deliveryOptions);
      const before = delivery;
      delivery = next;
      await before[Symbol.asyncDispose]();
      await next.start();
    },
    reevaluate: () => delivery.notifier.reevaluate(),
    [Symbol.asyncDispose]: async () => {
      await delivery[Symbol.asyncDispose]();
      await silences[Symbol.asyncDispose]();
    },
  };
}

/** The same events, of which the pages hear as well. */
function withNews(events: NotifyEvents, changed: NotificationsOptions["changed"]): NotifyEvents {
  return {
    ...events,
    delivered: (notification, tookMs) => {
      events.delivered(notification, tookMs);
      changed("told");
      changed("health");
    },
    failed: (notification, failure, retryAt) => {
      events.failed(notification, failure, retryAt);
      changed("health");
    },
  };
}

/** What depends on receivers and routes: groups, the outbox's dispatcher, the receivers themselves. */
function createDelivery(config: NotificationsConfig, silences: Silences, options: NotificationsOptions) {
  const { clock, state, store, events } = options;
  const parts = new AsyncDisposableStack();
  const receivers = parts.use(createReceivers(config, options));
  const dispatcher = parts.use(
    createOutboxSender({
      clock,
      outbox: store.outbox,
      events,
      receivers: receivers.setups,
      enrich: (notification) => withEvidence(notification, store.evidence),
    }),
  );
  const route = config.route === undefined ? () => [] : createRouter(config.route);
  const suppressed = suppressionBy(silences);
  const notifier = parts.use(
    createDispatcher({
      clock,
      state,
      store,
      events,
      route,
      suppressed,
      maxAlerts: MAX_ALERTS,
      enqueued: (names) => dispatcher.wake(names),
    }),
  );

  return {
    notifier,
    dispatcher,
    test: async (receiver: string) => {
      if (!receivers.setups.some((setup) => setup.receiver.name === receiver)) return undefined;
      return dispatcher.test(receiver, testMessage(receiver, clock));
    },
    start: async () => {
      await notifier.start();
      await dispatcher.start();
      for (const receiver of receivers.alertmanagers) {
        const failed: AlertmanagerResenderOptions["failed"] = (failure) =>
          events.alertmanagerResendFailed(receiver.name, failure);
        const timeout = 15 * SECOND;
        parts.use(createAlertmanagerResender({ receiver, clock, state, route, suppressed, timeout, failed }));
      }
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const LOG_LINES = 20;
const EVENT_LINES = 5;

/** The evidence that has been kept by the time of sending; a message never waits for any. */
async function withEvidence(notification: Notification, store: EvidenceStore): Promise<Notification> {
  const evidence: Record<string, AlertEvidence> = {};
  for (const alert of notification.alerts) {
    const kept = await store.get(alert).catch(() => undefined);
    if (kept === undefined) continue;
    evidence[alert.fingerprint] = {
      log: kept.log?.available === true ? kept.log.lines.slice(-LOG_LINES) : [],
      events: kept.events.slice(0, EVENT_LINES).map(eventLine),
    };
  }
  return { ...notification, evidence };
}

function eventLine(event: KubernetesObject): string {
  const count = typeof event.count === "number" && event.count > 1 ? ` (${event.count} times)` : "";
  return `${String(event.reason ?? "")}: ${String(event.message ?? "")}${count}`;
}

function testMessage(receiver: string, clock: Clock): Notification {
  const now = clock.now();
  const alert: Alert = {
    fingerprint: "0000000000000000",
    episode: 1,
    labels: {
      alertname: "PodCrashLooping",
      namespace: "test",
      workload: "Deployment/test",
      pod: "test-0",
      container: "test",
    },
    severity: "warning",
    state: { name: "firing", activeAt: now, firedAt: now, lastSeenAt: now },
    sources: [],
    annotations: {
      summary: "This is a test notification from Pod Watcher",
      description: `It was requested to check that the receiver ${receiver} works. No action is required.`,
    },
    subject: {},
  };
  return {
    id: `test-${receiver}-${now.toString(36)}`,
    receiver,
    groupKey: `test/${receiver}`,
    groupLabels: { namespace: "test", workload: "Deployment/test" },
    status: "firing",
    alerts: [alert],
    truncatedAlerts: 0,
    reason: "test",
    createdAt: now,
    since: now,
    attempt: 1,
  };
}
