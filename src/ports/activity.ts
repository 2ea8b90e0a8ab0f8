import type { Instant } from "../core/model/time.ts";

/** An action of a user, or of the program on their behalf. Stored for the retention, never changed. */
export interface Action {
  readonly at: Instant;
  readonly by: string;
  readonly action:
    | "ack"
    | "unack"
    | "silence"
    | "silence-changed"
    | "silence-ended"
    | "test"
    | "resend"
    | "release"
    | "config-reload";
  /** Subjects of the action: row ids, fingerprints, a silence's id, a receiver's name. */
  readonly about: readonly string[];
  readonly note?: string;
}

export interface ActionStore {
  log(action: Action): Promise<void>;
  /** Newest first. */
  actions(query: ActionQuery): Promise<readonly LoggedAction[]>;
}

export interface ActionQuery {
  /** Only actions with this subject. */
  readonly about?: string;
  readonly from?: Instant;
  readonly to?: Instant;
  readonly limit?: number;
  /** The `id` of the last row of the previous page, as text. A malformed one rejects with a RangeError. */
  readonly cursor?: string;
}

/** An action with its position in the log. */
export type LoggedAction = Action & { readonly id: number };
