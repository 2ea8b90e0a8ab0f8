import type { Alert } from "../model/alert.ts";
import type { Instant } from "../model/time.ts";

/** A cursor from a caller that is not in the expected format. */
export class InvalidCursorError extends RangeError {
  override readonly name = "InvalidCursorError";

  constructor() {
    super("Invalid cursor. Omit it to start from the beginning.");
  }
}

/** A position in a list of alerts ordered by `activeAt`, which never changes within an episode. */
export interface AlertPosition {
  readonly activeAt: Instant;
  readonly fingerprint: string;
  readonly episode: number;
}

/** The position after this alert; opaque to callers. */
export function alertCursor({ fingerprint, episode, state }: Pick<Alert, "fingerprint" | "episode" | "state">): string {
  return `${state.activeAt}.${fingerprint}.${episode}`;
}

/** The inverse of `alertCursor`. Throws an InvalidCursorError. */
export function parseAlertCursor(cursor: string): AlertPosition {
  const match = /^(\d{1,15})\.([0-9a-f]{1,64})\.(\d{1,9})$/.exec(cursor);
  if (match === null) throw new InvalidCursorError();
  return { activeAt: Number(match[1]), fingerprint: match[2]!, episode: Number(match[3]) };
}

/** A cursor that is the id of the last row. Throws an InvalidCursorError. */
export function parseIdCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new InvalidCursorError();
  return Number(cursor);
}
