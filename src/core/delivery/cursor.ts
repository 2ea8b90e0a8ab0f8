import type { Alert } from "../model/alert.ts";
import type { Instant } from "../model/time.ts";

/** A place in a list of alerts that is ordered by when they became active, which never changes within an episode. */
export interface AlertPosition {
  readonly activeAt: Instant;
  readonly fingerprint: string;
  readonly episode: number;
}

/** Where to go on reading after this alert; opaque to those who hand it back. */
export function alertCursor(alert: Pick<Alert, "fingerprint" | "episode" | "state">): string {
  return `${alert.state.activeAt}.${alert.fingerprint}.${alert.episode}`;
}

/** Undefined when it is not one that `alertCursor` makes. */
export function parseAlertCursor(cursor: string): AlertPosition | undefined {
  const match = /^(\d{1,15})\.([0-9a-f]{1,64})\.(\d{1,9})$/.exec(cursor);
  if (match === null) return undefined;
  return { activeAt: Number(match[1]), fingerprint: match[2]!, episode: Number(match[3]) };
}
