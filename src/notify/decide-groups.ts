import { podsOf } from "../core/incident/causes.ts";
import { notifiedCauses, representatives } from "../core/incident/notified-causes.ts";
import type { Alert } from "../core/model/alert.ts";
import { DAY, type Duration, type Instant } from "../core/model/time.ts";
import {
  decideNotification,
  type GroupState,
  type NotifyDecision,
  type Suppression,
} from "../core/notify/notification.ts";
import type { Notification, OutboxStore } from "../ports/notifications.ts";
import type { AlertGroup, AlertGroups } from "./alert-groups.ts";

/** How long the sending of a notification is retried. */
const GIVE_UP_AFTER: Duration = DAY;

export interface DecisionOptions {
  readonly outbox: Pick<OutboxStore, "enqueue">;
  readonly suppressed: (alert: Alert, now: Instant) => Suppression | undefined;
  /** Maximum number of alerts in one notification; further ones are only counted. */
  readonly maxAlerts: number;
}

/**
 * Decides about some groups, and commits the notifications together with what the receivers are notified of. Rejects if
 * the commit fails; the groups are then unchanged. Groups with a notification stay marked for another decision.
 */
export async function decideGroups(
  groups: AlertGroups,
  keys: readonly string[],
  { outbox, suppressed, maxAlerts }: DecisionOptions,
  now: Instant,
): Promise<readonly Notification[]> {
  const decisions: { readonly group: AlertGroup; readonly decision: NotifyDecision }[] = [];
  for (const key of keys) {
    const group = groups.get(key);
    if (group === undefined) continue;
    const view = {
      ...group,
      alerts: await groups.alertsOf(group),
      suppressed: (alert: Alert) => suppressed(alert, now),
    };
    decisions.push({ group, decision: decideNotification(view, now) });
  }

  const notifications = decisions.flatMap(({ group, decision }) =>
    decision.send ? toNotification(group, decision, maxAlerts, now) : [],
  );
  const changed = decisions.filter(({ group, decision }) => decision.groupState !== group.groupState);
  if (notifications.length > 0 || changed.length > 0) {
    await outbox.enqueue({
      notifications: notifications.map((notification) => ({ notification, giveUpAt: now + GIVE_UP_AFTER })),
      groups: new Map(changed.map(({ group, decision }) => [group.group.key, decision.groupState])),
    });
  }
  for (const { group, decision } of decisions) apply(groups, group, decision);
  return notifications;
}

function apply(groups: AlertGroups, group: AlertGroup, decision: NotifyDecision): void {
  const { key } = group.group;
  group.groupState = decision.groupState;
  group.reason = decision.reason;
  group.nextAt = decision.send ? undefined : decision.nextAt;
  if (decision.send) groups.mark([key]);
  else if (group.members.size === 0 && decision.groupState === undefined) groups.remove(key);
}

function toNotification(
  {
    group,
    destination,
    groupState,
  }: { readonly groupState: GroupState | undefined } & Pick<AlertGroup, "group" | "destination">,
  { alerts, status, reason }: Extract<NotifyDecision, { send: true }>,
  maxAlerts: number,
  now: Instant,
): Notification {
  const included = representatives(alerts, maxAlerts);
  return {
    // Unique per group, status and time, so that a repeated decision after a crash results in the same id.
    id: `${group.key}-${now.toString(36)}-${status[0]}`,
    receiver: destination.receiver,
    groupKey: group.key,
    groupLabels: group.labels,
    status,
    alerts: included,
    truncatedAlerts: alerts.length - included.length,
    ...(included === alerts ? {} : { podsByCause: podsByCause(alerts) }),
    reason,
    createdAt: now,
    since: groupState?.since ?? now,
    attempt: 0,
  };
}

function podsByCause(alerts: readonly Alert[]): Readonly<Record<string, number>> {
  return Object.fromEntries(notifiedCauses(alerts).map(({ id, alerts: own }) => [id, podsOf(own).length]));
}
