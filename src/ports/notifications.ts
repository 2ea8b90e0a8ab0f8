import type { Alert } from "../core/model/alert.ts";
import type { Duration, Instant } from "../core/model/time.ts";
import type { GroupState } from "../core/notify/notification.ts";
import type { SilenceAccess } from "./silences.ts";

/** One message about one group of alerts, ready to be sent. Kept in the outbox from commit to delivery. */
export interface Notification {
  /** Idempotency key: the same for every attempt. */
  readonly id: string;
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly status: "firing" | "resolved";
  readonly alerts: readonly Alert[];
  /** More alerts belong to the group than the message carries. */
  readonly truncatedAlerts: number;
  /** Why it is sent: first notification, group changed, repeat interval, resolved… */
  readonly reason: string;
  readonly createdAt: Instant;
  /** When the first message of this trouble was made: with `groupKey` it names the conversation about it. */
  readonly since: Instant;
  /** 1 for the first. */
  readonly attempt: number;
  /** What the receiver gave back for an earlier message of this conversation, such as a thread's name. */
  readonly reference?: string;
  /** Added just before an attempt, by fingerprint, for as many alerts as time allowed; never stored. */
  readonly evidence?: Readonly<Record<string, AlertEvidence>>;
}

/** What was found in the cluster about one alert, secrets masked. */
export interface AlertEvidence {
  /** The end of the previous container's log. */
  readonly log: readonly string[];
  /** Newest first, a line each. */
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

/** The result is data: a receiver does not throw for what its service answers. */
export type SendResult =
  | {
      readonly delivered: true;
      /** Handed back with the next message of the conversation. */
      readonly reference?: string;
    }
  | {
      readonly delivered: false;
      readonly retry: boolean;
      readonly reason: SendFailure;
      /** For the operator; never holds a secret, a token or the path of a webhook. */
      readonly detail: string;
      readonly retryAfter?: Duration;
    };

export interface Receiver {
  readonly name: string;
  send(notification: Notification, signal: AbortSignal): Promise<SendResult>;
}

/**
 * The messages from the moment that they are decided until long after they were sent: the retained rows are the record
 * of what was said to whom, when and why. Messages of one group reach a receiver in order: one that waits for another
 * attempt holds up those after it, until it is delivered or given up.
 */
export interface OutboxStore {
  /** What every group has been told of. */
  groups(): Promise<readonly GroupState[]>;
  /** Durable when it resolves: messages to be sent, and what is remembered with them, as one transaction. */
  enqueue(changes: OutboxChanges): Promise<void>;
  /** Takes due messages of a receiver, one of each group. What is not settled before the lease ends is due again. */
  claim(
    receiver: string,
    options: { now: Instant; lease: Duration; limit: number },
  ): Promise<readonly ClaimedMessage[]>;
  /** Writes down what came of an attempt. False, and nothing written, when another attempt has been made since. */
  settle(attempted: Pick<Notification, "id" | "attempt">, outcome: SendOutcome, now: Instant): Promise<boolean>;
  /** When the next message of this receiver is due, which may be in the past; undefined when none waits. */
  nextDue(receiver: string): Promise<Instant | undefined>;
  /** Gives up what waits for receivers that are no longer configured; says how many messages that were. */
  abandon(known: readonly string[], reason: string, now: Instant): Promise<number>;
  /** Newest first. */
  messages(query: OutboxQuery): Promise<readonly OutboxMessage[]>;
  /** Sends a message once more, with the same id, whatever became of it. False when there is none with this id. */
  resend(id: string, options: { now: Instant; giveUpAt: Instant }): Promise<boolean>;
}

export interface OutboxChanges {
  readonly notifications: readonly { readonly notification: Notification; readonly giveUpAt: Instant }[];
  /** By group key; undefined forgets the group. */
  readonly groups: ReadonlyMap<string, GroupState | undefined>;
}

export interface ClaimedMessage {
  readonly notification: Notification;
  /** From then on it is not tried again. */
  readonly giveUpAt: Instant;
}

export type SendOutcome =
  | { readonly delivered: true; readonly reference?: string }
  | {
      readonly delivered: false;
      /** Undefined: not any more. */
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
  /** The `sequence` of the last answer's last row, as text. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

export interface OutboxMessage {
  readonly sequence: number;
  readonly notification: Notification;
  /** `dead` was given up: it is kept, and can be sent again. */
  readonly state: "pending" | "delivered" | "dead";
  readonly attempts: number;
  readonly dueAt: Instant;
  readonly firstAttemptAt: Instant | undefined;
  readonly lastAttemptAt: Instant | undefined;
  /** When it was delivered or given up. */
  readonly settledAt: Instant | undefined;
  /** Why the last attempt failed; undefined when there was none or it succeeded. */
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
  /** Whether the receiver was notified of the alert. */
  readonly notified: boolean;
  /** Why the last notification was sent, or why none is sent now. */
  readonly reason: string;
  readonly nextAt: Instant | undefined;
}
