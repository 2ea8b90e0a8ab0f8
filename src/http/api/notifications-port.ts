import type { Alert, AlertLabels } from "../../core/model/alert.ts";
import type { Duration, Instant } from "../../core/model/time.ts";
import type { Silence as KnownSilence, SilenceScope } from "../../core/notify/silence.ts";
import type { SendResult } from "../../ports/notifications.ts";

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

export interface SilenceAccess {
  /** Newest first, also those that are over and not yet pruned. */
  list(): readonly KnownSilence[];
  find(id: string): KnownSilence | undefined;
  /** Of the active silences that cover these labels the one that lasts longest. */
  silenceOf(labels: AlertLabels & { readonly severity?: string }): KnownSilence | undefined;
  /** All or none. Rejects with a RangeError for the caller when it cannot be: in the past, too many… */
  createAll(
    requests: readonly {
      readonly scope: SilenceScope;
      readonly from?: Instant;
      readonly until: Instant;
      readonly reason: string;
      readonly by: string;
      readonly endWhenNormal: boolean;
    }[],
  ): Promise<readonly KnownSilence[]>;
  /** Undefined when there is none with this id; a RangeError when it is over already. */
  change(
    id: string,
    change: { readonly until?: Instant; readonly reason?: string; readonly endWhenNormal?: boolean },
    by: string,
  ): Promise<KnownSilence | undefined>;
  end(id: string, by: string): Promise<KnownSilence | undefined>;
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
