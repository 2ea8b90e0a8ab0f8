import type { AlertLabels } from "../core/model/alert.ts";
import type { Instant } from "../core/model/time.ts";
import type { QuietHours } from "../core/notify/quiet-hours.ts";
import type { Silence, SilenceScope } from "../core/notify/silence.ts";
import type { Action } from "./activity.ts";

export interface SilenceStore {
  /** All silences that have not been pruned, newest first. */
  silences(): Promise<readonly Silence[]>;
  /** Creates or replaces one, and logs who did that and why, in one transaction. */
  put(silence: Silence, action: Action): Promise<void>;
}

export interface SilenceRequest {
  /** Chosen by the client, so that repeating the request is harmless; see `SILENCE_ID`. */
  readonly id: string;
  readonly scope: SilenceScope;
  /** Now by default, and never earlier. */
  readonly from?: Instant;
  readonly until: Instant;
  readonly reason: string;
  readonly by: string;
  readonly endWhenNormal: boolean;
  /** Only at these times of the week; never with `endWhenNormal`. */
  readonly repeat?: QuietHours;
}

export interface SilenceChange {
  readonly until?: Instant;
  readonly reason?: string;
  readonly endWhenNormal?: boolean;
}

/** The silences of the running program. Invalid requests reject with a RangeError whose message is for the caller. */
export interface SilenceAccess {
  /** Newest first, including expired ones that are still listed. */
  list(): readonly Silence[];
  find(id: string): Silence | undefined;
  /** The active silence that matches these labels; of several, the one that ends last. `until` is when that one pauses. */
  silenceOf(labels: AlertLabels & { readonly severity?: string }): Silence | undefined;
  /** Also rejects if the limit is reached. A repeated request with the same id returns the first one's silence. */
  create(request: SilenceRequest): Promise<Silence>;
  /** Undefined when there is no silence with this id; rejects when it has expired. */
  change(id: string, change: SilenceChange, by: string): Promise<Silence | undefined>;
  /** Ends it now. Undefined when there is no silence with this id; an expired one stays as it is. */
  end(id: string, by: string, reason?: string): Promise<Silence | undefined>;
}
