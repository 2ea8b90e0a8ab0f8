import type { Alert } from "../../core/model/alert.ts";
import type { Duration, Instant } from "../../core/model/time.ts";
import type { SendResult } from "../../ports/notifications.ts";
import type { SilenceAccess } from "../../ports/silences.ts";

/** Silences, receivers and what was decided about telling people, as far as pages show and change it. */
export interface Notifications {
  readonly silences: SilenceAccess;
  readonly receivers: () => readonly ReceiverStatus[];
  /** Sends a message that says that it is a test; undefined when there is no such receiver. */
  readonly test: (receiver: string) => Promise<(SendResult & { readonly took: Duration }) | undefined>;
  /** Something waits in the outbox again. */
  readonly wake: () => void;
  /** What was decided last about each group that an alert is in. */
  readonly explain: (alert: Alert) => readonly GroupVerdict[];
}

export interface ReceiverStatus {
  readonly name: string;
  /** webhook, slack, email… */
  readonly kind: string;
  readonly state: "ok" | "failing" | "unused";
  readonly lastDeliveredAt: Instant | undefined;
  /** Why the last attempt failed. */
  readonly problem: string | undefined;
}

export interface GroupVerdict {
  readonly receiver: string;
  readonly groupKey: string;
  readonly told: boolean;
  /** Why the last message was sent, or why none is sent now. */
  readonly reason: string;
  readonly nextAt: Instant | undefined;
}
