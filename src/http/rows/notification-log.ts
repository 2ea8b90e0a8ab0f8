import type { LastDelivery } from "../../core/delivery/delivery-due.ts";
import type { Alert } from "../../core/model/alert.ts";
import type { Instant } from "../../core/model/time.ts";
import type { DeliveryStore } from "../../ports/delivery.ts";
import type { OutboxStore } from "../../ports/notifications.ts";
import { DEFAULT_CONSUMER } from "../base/consumer-names.ts";
import type { Pull } from "./pull.ts";

export interface NotificationLogDeps {
  readonly store: {
    readonly deliveries: Pick<DeliveryStore, "confirmedDeliveries">;
    readonly outbox: Pick<OutboxStore, "messages">;
  };
  readonly pull: Pick<Pull, "inFlight">;
}

export interface ReceiverNotification {
  readonly receiver: string;
  /** The first notification of the episode. */
  readonly at: Instant;
}

/** Delivered messages that are read: an alert that fires for long is notified many times. */
const MAX_MESSAGES = 1_000;

/** The name of the default consumer, for people. */
export const DEFAULT_CONSUMER_LABEL = "the monitoring service";

type Episode = Pick<Alert, "fingerprint" | "episode">;

/** Which alerts were delivered to receivers and to the default consumer, as last read from the store. */
export class NotificationLog {
  readonly #deps: NotificationLogDeps;
  /** By fingerprint: the most recent delivery of the newest episode. */
  #last: ReadonlyMap<string, LastDelivery> = new Map();
  /** By episode and receiver: the first delivery. */
  #first: ReadonlyMap<string, ReadonlyMap<string, Instant>> = new Map();
  #isStale = true;
  #reading = Promise.resolve();

  constructor(deps: NotificationLogDeps) {
    this.#deps = deps;
  }

  markStale(): void {
    this.#isStale = true;
  }

  /** Reads the store if the log is stale. It stays stale when that fails. */
  read(): Promise<void> {
    this.#reading = this.#reading.catch(() => {}).then(() => this.#readIfStale());
    return this.#reading;
  }

  last({ fingerprint }: Pick<Alert, "fingerprint">): LastDelivery | undefined {
    return this.#last.get(fingerprint);
  }

  firstAt(fingerprint: string, episode: number): Instant | undefined {
    const times = this.#first.get(keyOf({ fingerprint, episode }))?.values();
    return times && Math.min(...times);
  }

  /** The receivers that were notified of these episodes, oldest first. */
  receiversOf(episodes: readonly Episode[]): readonly ReceiverNotification[] {
    const first = new Map<string, Instant>();
    for (const episode of episodes) {
      for (const [receiver, at] of this.#first.get(keyOf(episode)) ?? []) {
        first.set(receiver, Math.min(at, first.get(receiver) ?? at));
      }
    }
    return [...first].map(([receiver, at]) => ({ receiver, at })).sort((a, b) => a.at - b.at);
  }

  async #readIfStale(): Promise<void> {
    if (!this.#isStale) return;
    this.#isStale = false;
    try {
      const { store, pull } = this.#deps;
      const confirmed = await store.deliveries.confirmedDeliveries(DEFAULT_CONSUMER);
      const messages = await store.outbox.messages({ states: ["delivered"], limit: MAX_MESSAGES });
      const last = new Map<string, LastDelivery>();
      const first = new Map<string, Map<string, Instant>>();
      const add = (receiver: string, at: Instant, { fingerprint, episode }: Episode) => {
        last.set(fingerprint, newer(last.get(fingerprint), { episode, at }));
        const key = keyOf({ fingerprint, episode });
        const receivers = first.get(key) ?? new Map<string, Instant>();
        receivers.set(receiver, Math.min(at, receivers.get(receiver) ?? at));
        first.set(key, receivers);
      };
      for (const { notification, settledAt } of messages) {
        for (const alert of notification.alerts) {
          if (alert.state.name === "firing" && settledAt !== undefined) add(notification.receiver, settledAt, alert);
        }
      }
      for (const delivery of [...confirmed, ...pull.inFlight(DEFAULT_CONSUMER)]) {
        add(DEFAULT_CONSUMER_LABEL, delivery.at, delivery);
      }
      this.#last = last;
      this.#first = first;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }
}

function keyOf({ fingerprint, episode }: Episode): string {
  return `${fingerprint}.${episode}`;
}

function newer(a: LastDelivery | undefined, b: LastDelivery): LastDelivery {
  if (a === undefined) return b;
  return b.episode > a.episode || (b.episode === a.episode && b.at > a.at) ? b : a;
}
