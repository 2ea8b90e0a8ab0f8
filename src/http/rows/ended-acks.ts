import type { Acknowledgement, Alert } from "../../core/model/alert.ts";
import { formatSpan } from "../../core/model/duration.ts";
import type { Duration, Instant } from "../../core/model/time.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { AlertStore } from "../../ports/store.ts";
import type { ActionEntry } from "../schemas/history.ts";
import { concerns } from "./details.ts";
import type { RowTarget } from "./row-id.ts";
import { rowIdOf } from "./rows.ts";

export interface EndedAcksDeps {
  readonly live: Pick<LiveState, "alerts">;
  readonly store: Pick<AlertStore, "alerts">;
  readonly now: Instant;
  /** An acknowledgement ends when nothing has fired for this time. */
  readonly window: Duration;
}

/** Alerts and episodes of one row that are read. */
const MAX_ALERTS = 20;
const MAX_EPISODES = 50;

/** Acknowledgements that ended by themselves. No log has them: they follow from the episodes. */
export async function endedAcks(deps: EndedAcksDeps, target: RowTarget): Promise<readonly ActionEntry[]> {
  const { live, store } = deps;
  const alerts = [...live.alerts()].filter((alert) => concerns(alert, target)).slice(0, MAX_ALERTS);
  const episodes = await Promise.all(
    alerts.map(({ fingerprint }) => store.alerts({ fingerprint, limit: MAX_EPISODES })),
  );
  return episodes.flatMap((newestFirst) =>
    newestFirst.flatMap((alert, index) => endsOf(alert, newestFirst[index - 1], alerts, deps)),
  );
}

function endsOf(
  { state, labels, acknowledgement, formerAcknowledgement: former }: Alert,
  next: Alert | undefined,
  alerts: readonly Alert[],
  { now, window }: EndedAcksDeps,
): readonly ActionEntry[] {
  const worse = former === undefined ? [] : [entry(rowIdOf(labels), former, former.endedAt, former.reason)];
  if (acknowledgement === undefined || state.name !== "resolved") return worse;
  const isContinued = [next?.acknowledgement, next?.formerAcknowledgement].some(
    (one) => one?.at === acknowledgement.at,
  );
  const at = state.resolvedAt + window;
  const isStillFiring = alerts.some(
    (other) => other.state.name === "firing" && other.state.firedAt < at && other.labels.container === labels.container,
  );
  if (isContinued || at > now || isStillFiring) return worse;
  return [...worse, entry(rowIdOf(labels), acknowledgement, at, `nothing has fired for ${formatSpan(window)}`)];
}

function entry(row: string, { by }: Acknowledgement, at: Instant, note: string): ActionEntry {
  return { kind: "action", id: `ended-${row}-${at}`, at, action: "ack-ended", by, about: [row], note };
}
