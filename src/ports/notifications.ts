import type { Rollout } from "../core/incident/change.ts";
import type { Alert } from "../core/model/alert.ts";
import type { Duration, Instant } from "../core/model/time.ts";
import type { Inhibition } from "../core/notify/inhibit.ts";
import type { GroupState } from "../core/notify/notification.ts";
import type { SilenceAccess } from "./silences.ts";

/** One message about a group of alerts. The outbox stores it until it is delivered, and keeps it afterwards. */
export interface Notification {
  /** Idempotency key, the same for every attempt. */
  readonly id: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly status: "firing" | "resolved";
  readonly alerts: readonly Alert[];
  /** Number of alerts of the group that are not in `alerts`. */
  readonly truncatedAlerts: number;
  /** The number of pods of each cause, by its id, where `alerts` has only some of them. */
  readonly podsByCause?: Readonly<Record<string, number>>;
  /** First notification, new alerts in the group, repeat interval, all resolved, … */
  readonly reason: string;
  readonly createdAt: Instant;
  /** When the first notification was created; together with `groupKey` it identifies the thread. */
  readonly since: Instant;
  /** 1 for the first. */
  readonly attempt: number;
  /** The `reference` of an earlier result in this thread, such as the id of a Slack message. */
  readonly reference?: string;
  /** Added before an attempt, by fingerprint; never stored. */
  readonly evidence?: Readonly<Record<string, AlertEvidence>>;
  /** Added before an attempt, by the key of the incident; never stored. */
  readonly incidents?: Readonly<Record<string, IncidentContext>>;
}

/** The incident of an alert when it is notified. */
export interface IncidentContext {
  /** When the first finding became true; episodes within the join time belong together. */
  readonly since: Instant;
  /** The pods of the workload, those that do not fail included. */
  readonly pods: number;
  readonly rollout?: Rollout;
}

/** Evidence from the cluster about one alert, with masked secrets. */
export interface AlertEvidence {
  /** The last log lines of the previous container run. */
  readonly log: readonly string[];
  /** Warnings of Kubernetes, one line each, newest first. */
  readonly events: readonly string[];
}

export type SendFailure =
  | "clientError"
  | "serverError"
  | "authError"
  | "rateLimited"
  | "timeout"
  | "network"
  | "tooLarge";

/** The result of an attempt. Failures of the service are results, not exceptions. */
export type SendResult =
  | {
      readonly delivered: true;
      /** Passed with the next notification of the thread. */
      readonly reference?: string;
    }
  | {
      readonly delivered: false;
      readonly retry: boolean;
      readonly reason: SendFailure;
      /** For the operator. Contains no secret, no token and no path of a webhook. */
      readonly detail: string;
      readonly retryAfter?: Duration;
    };

export interface Receiver {
  readonly name: string;
  send(notification: Notification, signal: AbortSignal): Promise<SendResult>;
}

/**
 * The outbox, and the history of notifications: messages are kept after they are delivered. The messages of a group reach
 * a receiver in order: one that waits for a retry blocks those after it until it is delivered or given up.
 */
export interface OutboxStore {
  /** The state of every group. */
  groups(): Promise<readonly GroupState[]>;
  /** Stores messages and the states of their groups in one transaction. */
  enqueue(changes: OutboxChanges): Promise<void>;
  /** Claims due messages of a receiver, one per group. A message that is not settled before its lease ends is due again. */
  claim(
    receiver: string,
    options: { now: Instant; lease: Duration; limit: number },
  ): Promise<readonly ClaimedMessage[]>;
  /** Stores the outcome of an attempt. False, and without effect, if there has been another attempt since. */
  settle(attempted: Pick<Notification, "id" | "attempt">, outcome: SendOutcome, now: Instant): Promise<boolean>;
  /** When the next message of a receiver is due, possibly in the past; undefined if none is pending. */
  nextDue(receiver: string): Promise<Instant | undefined>;
  /** Gives up the messages of receivers that are not configured; returns their number. */
  abandon(known: readonly string[], reason: string, now: Instant): Promise<number>;
  /** Newest first. */
  messages(query: OutboxQuery): Promise<readonly OutboxMessage[]>;
  /** Makes a message due again under the same id, in any state. False if there is no such message. */
  resend(id: string, options: { now: Instant; giveUpAt: Instant }): Promise<boolean>;
}

export interface OutboxChanges {
  readonly notifications: readonly { readonly notification: Notification; readonly giveUpAt: Instant }[];
  /** By group key; undefined deletes the state. */
  readonly groups: ReadonlyMap<string, GroupState | undefined>;
}

export interface ClaimedMessage {
  readonly notification: Notification;
  /** No retries after this time. */
  readonly giveUpAt: Instant;
}

export type SendOutcome =
  | { readonly delivered: true; readonly reference?: string }
  | {
      readonly delivered: false;
      /** Undefined: given up. */
      readonly retryAt: Instant | undefined;
      readonly reason: SendFailure | "abandoned";
      readonly detail: string;
    };

export interface OutboxQuery {
  readonly id?: string;
  readonly receiver?: string;
  readonly groupKey?: string;
  readonly states?: readonly OutboxMessage["state"][];
  readonly from?: Instant;
  readonly to?: Instant;
  readonly limit?: number;
  /** The `sequence` of the last message of the previous page, as text. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

export interface OutboxMessage {
  readonly sequence: number;
  readonly notification: Notification;
  /** `dead` is given up; it can be resent. */
  readonly state: "pending" | "delivered" | "dead";
  readonly attempts: number;
  readonly dueAt: Instant;
  readonly firstAttemptAt: Instant | undefined;
  readonly lastAttemptAt: Instant | undefined;
  /** When it was delivered or given up. */
  readonly settledAt: Instant | undefined;
  /** Why the last attempt failed; undefined if there was none or it succeeded. */
  readonly failure: { readonly reason: SendFailure | "abandoned"; readonly detail: string } | undefined;
}

/** Silences, receivers and decisions about notifications, for the page and the API. */
export interface Notifications {
  readonly silences: SilenceAccess;
  readonly receivers: () => readonly ReceiverStatus[];
  /** Sends a test notification; undefined if there is no such receiver. */
  readonly test: (receiver: string) => Promise<(SendResult & { readonly took: Duration }) | undefined>;
  /** To be called after a message in the outbox has become due again. */
  readonly wake: () => void;
  /** The last decision about each group of an alert. */
  readonly explain: (alert: Alert) => readonly GroupVerdict[];
  /** The firing alert that inhibits this one; undefined if none does. */
  readonly inhibitionOf: (alert: Alert) => Inhibition | undefined;
}

export interface ReceiverStatus {
  readonly name: string;
  /** webhook, slack, email… */
  readonly kind: string;
  readonly state: "ok" | "failing" | "unused";
  readonly lastDeliveredAt: Instant | undefined;
  /** Why the last attempt failed; undefined if it succeeded. */
  readonly problem: string | undefined;
}

/** The last decision about a group, for one of its alerts. */
export interface GroupVerdict {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  /** Whether the receiver was notified of the alert. */
  readonly notified: boolean;
  /** Why the last notification was sent, or why none is sent now. */
  readonly reason: string;
  readonly nextAt: Instant | undefined;
}
