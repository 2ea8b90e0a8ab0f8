import type { Silence } from "../core/notify/silence.ts";
import type { Action } from "./activity.ts";

export interface SilenceStore {
  /** All that have not been pruned, newest first. */
  silences(): Promise<readonly Silence[]>;
  /** Makes or replaces one, and logs who did that and why, in one transaction. */
  put(silence: Silence, action: Action): Promise<void>;
  /** Several, in one transaction. */
  putAll(changes: readonly { readonly silence: Silence; readonly action: Action }[]): Promise<void>;
}
