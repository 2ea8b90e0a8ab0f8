import type { Instant } from "../../core/model/time.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { OutboxStore } from "../../ports/notifications.ts";
import type { AlertStore } from "../../ports/store.ts";
import { DEFAULT_CONSUMER } from "../base/consumer-names.ts";
import type { Details } from "../schemas/details.ts";
import type { Row } from "../schemas/state.ts";

export interface SentDeps {
  readonly live: Pick<LiveState, "alert">;
  readonly store: Pick<AlertStore, "deliveries"> & { readonly outbox: Pick<OutboxStore, "messages"> };
}

/** Messages that are looked through: what has fired for long is told of again and again, and once is enough here. */
const MAX_MESSAGES = 1_000;

/** Who pulls alerts under no name of their own. */
const MONITORING = "the monitoring service";

/** Who was told of the alerts that a row has now, and when first; oldest first. */
export async function sentAbout(
  { live, store }: SentDeps,
  { alerts = [] }: Row,
): Promise<NonNullable<Details["sent"]>> {
  if (alerts.length === 0) return [];
  const episodes = new Map(alerts.map(({ fingerprint }) => [fingerprint, live.alert(fingerprint)?.episode]));
  const from = Math.min(...alerts.map(({ firedAt }) => firedAt));
  const [messages, confirmedDeliveries] = await Promise.all([
    store.outbox.messages({ states: ["delivered"], from, limit: MAX_MESSAGES }),
    store.deliveries.confirmedDeliveries(DEFAULT_CONSUMER),
  ]);
  const first = new Map<string, Instant>();
  const note = (receiver: string, at: Instant) => first.set(receiver, Math.min(at, first.get(receiver) ?? at));
  for (const { notification, settledAt } of messages) {
    const isAbout = notification.alerts.some(
      ({ fingerprint, episode, state }) => state.name === "firing" && episodes.get(fingerprint) === episode,
    );
    if (isAbout && settledAt !== undefined) note(notification.receiver, settledAt);
  }
  for (const { fingerprint, episode, at } of confirmedDeliveries) {
    if (episodes.get(fingerprint) === episode) note(MONITORING, at);
  }
  return [...first].map(([receiver, at]) => ({ receiver, at })).sort((a, b) => a.at - b.at);
}
