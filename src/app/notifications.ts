import type { Config } from "../config/config.ts";
import type { Alert } from "../core/model/alert.ts";
import { type Duration, SECOND } from "../core/model/time.ts";
import type { Suppression } from "../core/notify/notification.ts";
import { createRouter } from "../core/notify/route.ts";
import { createDispatcher, type Dispatcher } from "../notify/dispatcher.ts";
import { createEnrichment } from "../notify/enrichment.ts";
import { createIncidentContexts } from "../notify/incident-contexts.ts";
import { createInhibitions, type Inhibitions } from "../notify/inhibitions.ts";
import { createOutboxSender, type OutboxSender } from "../notify/outbox-sender.ts";
import { createAlertmanagerResender } from "../notify/receivers/alertmanager.ts";
import { type Silences, suppressionBy } from "../notify/silences.ts";
import type { Clock } from "../ports/clock.ts";
import type { LiveState } from "../ports/live-state.ts";
import type { Notification, Notifications } from "../ports/notifications.ts";
import type { Store } from "../ports/store.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";
import type { Receivers } from "./receivers.ts";

/** Everything that the configured receivers and routes determine. A reload replaces it as a whole. */
export interface Delivery extends AsyncDisposable {
  readonly dispatcher: Dispatcher;
  readonly sender: OutboxSender;
  /** Why an alert is inhibited; undefined if it is not. */
  readonly inhibitionOf: Inhibitions["of"];
  /** Starts deciding and sending. No other dispatcher may be running. */
  start(): Promise<void>;
  /** Undefined when there is no such receiver. */
  test: Notifications["test"];
}

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly state: LiveState;
  readonly store: Store;
  readonly events: NotifyEvents;
  readonly silences: Pick<Silences, "silenceOf">;
  /** False while another replica may own the state. */
  readonly maySend: () => boolean;
  /** Resolves when the evidence of these alerts is collected and committed. */
  readonly evidenceCollected: (alerts: readonly Alert[]) => Promise<void>;
  /** `incidents.join`. */
  readonly incidentJoin: () => Duration;
}

/** More alerts than this do not fit into a readable message. The message says how many were left out. */
const MAX_ALERTS = 50;

export function createDelivery(
  { route, inhibitRules }: Pick<Config, "route" | "inhibitRules">,
  receivers: Receivers,
  { clock, state, store, events, silences, maySend, evidenceCollected, incidentJoin }: DeliveryOptions,
): Delivery {
  const parts = new AsyncDisposableStack();
  parts.use(receivers);
  const incidents = createIncidentContexts({ state, join: incidentJoin });
  const sender = parts.use(
    createOutboxSender({
      clock,
      outbox: store.outbox,
      events,
      receivers: receivers.setups,
      maySend,
      enrich: createEnrichment({ clock, state, store: store.evidence, collected: evidenceCollected, incidents }),
    }),
  );
  const destinations = route === undefined ? () => [] : createRouter(route);
  const inhibitions = createInhibitions(inhibitRules, state);
  const silenced = suppressionBy(silences);
  const suppressed = (alert: Alert): Suppression | undefined =>
    silenced(alert) ?? (inhibitions.of(alert) && { kind: "inhibited" });
  const dispatcher = parts.use(
    createDispatcher({
      clock,
      state,
      store,
      events,
      route: destinations,
      inhibitions,
      suppressed,
      maxAlerts: MAX_ALERTS,
      enqueued: sender.wake,
    }),
  );
  return {
    dispatcher,
    sender,
    inhibitionOf: inhibitions.of,
    async start() {
      await dispatcher.start();
      await sender.start();
      for (const receiver of receivers.alertmanagers) {
        parts.use(
          createAlertmanagerResender({
            receiver,
            clock,
            state,
            route: destinations,
            suppressed,
            incidents,
            maySend,
            timeout: 15 * SECOND,
            failed: (failure) => events.alertmanagerResendFailed(receiver.name, failure),
          }),
        );
      }
    },
    test: async (name) =>
      receivers.setups.some(({ receiver }) => receiver.name === name)
        ? sender.test(name, testNotification(name, clock))
        : undefined,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** The same events, which also update the page. */
export function publishing(events: NotifyEvents, changed: (what: "notifications" | "health") => void): NotifyEvents {
  return {
    ...events,
    delivered(notification, tookMs) {
      events.delivered(notification, tookMs);
      changed("notifications");
      changed("health");
    },
    failed(notification, failure, retryAt) {
      events.failed(notification, failure, retryAt);
      changed("health");
    },
  };
}

function testNotification(receiver: string, clock: Clock): Notification {
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
