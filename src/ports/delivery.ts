import type { Alert, AlertLabels } from "../core/model/alert.ts";
import type { Duration, Instant } from "../core/model/time.ts";

/**
 * Pull consumers. An alert is *due* for a consumer once per episode, from when it fires, also when it has resolved
 * before anybody asked; a PodRestartingTooOften is due again when the threshold is crossed by restarts after the last
 * hand-over. A claim hands out what is due under a lease; `confirm` makes it final; what is neither confirmed nor
 * released before the lease ends is due again with the same `id` and `sequence` and a higher `delivery`.
 * A new consumer begins with what is firing now.
 */
export interface DeliveryStore {
  /** Changes nothing. */
  peek(consumer: string, options: ClaimOptions): Promise<readonly Delivery[]>;
  claim(consumer: string, options: ClaimOptions): Promise<readonly Delivery[]>;
  /**
   * Makes deliveries final; unknown ids and those whose lease has ended are returned, and nothing happens to them. With
   * `namespaces`, what is of any other is as unknown as what does not exist.
   */
  confirm(
    consumer: string,
    ids: readonly string[],
    now: Instant,
    namespaces?: readonly string[],
  ): Promise<readonly string[]>;
  /** Gives deliveries back at once (a broken response, a negative ack). Unknown ids are returned, as above. */
  release(
    consumer: string,
    ids: readonly string[],
    now: Instant,
    namespaces?: readonly string[],
  ): Promise<readonly string[]>;
  consumers(): Promise<readonly Consumer[]>;
  /** The confirmed hand-overs to one consumer, newest first, one per alert: what makes a container's status `Sent`. */
  confirmedDeliveries(consumer: string): Promise<readonly ConfirmedDelivery[]>;
}

export interface ClaimOptions {
  readonly now: Instant;
  readonly lease: Duration;
  readonly limit?: number;
  /** Only these namespaces, where the caller may see only some. */
  readonly namespaces?: readonly string[];
  /** The thresholds in force for an alert's labels, to decide whether restarts since the last hand-over suffice. */
  readonly restartPolicy: (labels: AlertLabels) => { readonly threshold: number; readonly timeframe: Duration };
}

export interface Delivery {
  /** The same for every delivery of one telling: `fingerprint.episode.telling`. */
  readonly id: string;
  /** Counts from 1 without gaps per consumer. */
  readonly sequence: number;
  /** 1 the first time, higher when it comes again. */
  readonly delivery: number;
  readonly leaseUntil: Instant;
  readonly alert: Alert;
}

export interface Consumer {
  readonly name: string;
  readonly createdAt: Instant;
  readonly lastSequence: number;
  readonly lastSeenAt: Instant;
  readonly leased: number;
}

export interface ConfirmedDelivery {
  readonly fingerprint: string;
  readonly episode: number;
  readonly at: Instant;
}
