import type { Instant } from "../../core/model/time.ts";
import type { ActionStore, LoggedAction } from "../../ports/activity.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { OutboxMessage, OutboxStore } from "../../ports/notifications.ts";
import type { HistoryEntry } from "../base/api-types.ts";
import type { Caller } from "../base/caller.ts";
import { concerns } from "../rows/details.ts";
import type { RowPlace } from "../rows/row-id.ts";
import { visibleNote } from "./activity.ts";

export interface NotificationHistoryDeps {
  readonly outbox: Pick<OutboxStore, "messages">;
  readonly actions: Pick<ActionStore, "actions">;
}

/** Messages and actions looked through for one page of a row's history. */
const LOOKED_THROUGH = 500;

/** What was sent about one place and what people did to it, from `from` up to and without `before`. */
export async function notificationHistory(
  { outbox, actions }: NotificationHistoryDeps,
  place: RowPlace,
  from: Instant,
  before: Instant,
  caller: Caller,
): Promise<readonly HistoryEntry[]> {
  const span = {
    ...(Number.isFinite(from) ? { from } : {}),
    ...(Number.isFinite(before) ? { to: before } : {}),
    limit: LOOKED_THROUGH,
  };
  const messages = await outbox.messages(span);
  const about = await Promise.all(subjectsOf(place).map((subject) => actions.actions({ ...span, about: subject })));
  const byId = new Map(about.flat().map((action) => [action.id, action]));
  return [
    ...messages
      .filter(({ notification }) => notification.alerts.some((alert) => concerns(alert, place)))
      .map(deliveryEntry),
    ...[...byId.values()].map((action) => actionEntry(action, caller)).filter((entry) => entry !== undefined),
  ];
}

/** A silence of a whole workload is part of the history of each of its pods. */
export function withWorkload(live: Pick<LiveState, "source">, place: RowPlace): RowPlace {
  const pod = place.pod === undefined ? undefined : live.source.pod(place.namespace, place.pod);
  return pod === undefined ? place : { ...place, workload: `${pod.workload.kind}/${pod.workload.name}` };
}

/** The ids that actions on this place are logged under: its own, and those of what it is part of. */
function subjectsOf({ namespace, workload, pod, container }: RowPlace): readonly string[] {
  const own = [workload, pod, pod === undefined || container === undefined ? undefined : `${pod}/${container}`];
  return [namespace, ...own.filter((part) => part !== undefined).map((part) => `${namespace}/${part}`)];
}

function deliveryEntry({ notification, state, attempts, settledAt, failure }: OutboxMessage): HistoryEntry {
  return {
    kind: "delivery",
    at: settledAt ?? notification.createdAt,
    receiver: notification.receiver,
    delivered: state === "delivered",
    attempts,
    ...(failure === undefined ? {} : { detail: failure.detail }),
    reason: notification.reason,
  };
}

const SHOWN = ["ack", "unack", "silence", "silence-changed", "silence-ended"] as const;

function actionEntry(logged: LoggedAction, caller: Caller): HistoryEntry | undefined {
  const { at, by, action } = logged;
  const shown = SHOWN.find((one) => one === action);
  const note = visibleNote(logged, caller);
  return shown === undefined
    ? undefined
    : { kind: "action", at, action: shown, by, ...(note === undefined ? {} : { note }) };
}
