import type { Alert, AlertLabels } from "../core/model/alert.ts";
import type { Duration, Instant } from "../core/model/time.ts";

/**
 * Deliveries to pull consumers. An alert is *due* for a consumer once per episode, from the time it fires, even if it has
 * resolved since. A PodRestartingTooOften is due again when restarts after the last delivery cross the threshold. A claim
 * takes due alerts with a lease, and `confirm` makes it final. A delivery that is neither confirmed nor released before
 * the lease ends is due again, with the same `id` and `sequence` and a higher `delivery`. A new consumer starts with the
 * alerts that fire now.
 */
export interface DeliveryStore {
  /** Changes nothing. */
  peek(consumer: string, options: ClaimOptions): Promise<readonly Delivery[]>;
  claim(consumer: string, options: ClaimOptions): Promise<readonly Delivery[]>;
  /**
   * Makes deliveries final. Returns unknown ids and those whose lease has ended; nothing happens to them. Ids outside of
   * `scope` are treated as unknown. `by` is recorded.
   */
  confirm(
    consumer: string,
    ids: readonly string[],
    now: Instant,
    scope?: DeliveryScope,
    by?: string,
  ): Promise<readonly string[]>;
  /** Releases deliveries before the lease ends (a broken response, a negative ack). Returns unknown ids, as above. */
  release(consumer: string, ids: readonly string[], now: Instant, scope?: DeliveryScope): Promise<readonly string[]>;
  consumers(): Promise<readonly Consumer[]>;
  /** The confirmed deliveries to one consumer, newest first, one per alert. They give a container the status `Sent`. */
  confirmedDeliveries(consumer: string): Promise<readonly ConfirmedDelivery[]>;
}

/** The deliveries of a consumer that a caller may confirm and release. */
export interface DeliveryScope {
  /** Only these namespaces; all by default. */
  readonly namespaces?: readonly string[] | undefined;
  /** Only those whose last claim was made by this caller. */
  readonly claimedBy?: string;
}

export interface ClaimOptions {
  readonly now: Instant;
  readonly lease: Duration;
  readonly limit?: number;
  /** The caller, recorded with each delivery and as the creator of a new consumer. */
  readonly by?: string | undefined;
  /** Only these namespaces, if the caller has access to some only. */
  readonly namespaces?: readonly string[];
  /** Thresholds for an alert's labels, to decide whether restarts since the last delivery cross them. */
  readonly restartPolicy: (labels: AlertLabels) => { readonly threshold: number; readonly timeframe: Duration };
}

export interface Delivery {
  /** The same for every delivery of one occurrence: `fingerprint.episode.occurrence`. */
  readonly id: string;
  /** Counts from 1 without gaps per consumer. */
  readonly sequence: number;
  /** 1 for the first delivery; higher when it is delivered again. */
  readonly delivery: number;
  readonly leaseUntil: Instant;
  readonly alert: Alert;
}

export interface Consumer {
  readonly name: string;
  readonly createdAt: Instant;
  /** Undefined in the mode `none`. */
  readonly createdBy?: string;
  readonly lastSequence: number;
  readonly lastSeenAt: Instant;
  readonly leased: number;
}

export interface ConfirmedDelivery {
  readonly fingerprint: string;
  readonly episode: number;
  readonly at: Instant;
  /** The callers who claimed and confirmed it; undefined in the mode `none`. */
  readonly claimedBy?: string;
  readonly confirmedBy?: string;
}
