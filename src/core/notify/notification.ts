import type { Alert, AlertState } from "../model/alert.ts";
import { earliest, type Instant } from "../model/time.ts";
import { quietUntil } from "./quiet-hours.ts";
import type { Destination } from "./route.ts";

/** The notified alerts of one group. Plain JSON: the store saves it unchanged. */
export interface GroupState {
  readonly key: string;
  readonly receiver: string;
  readonly labels: Readonly<Record<string, string>>;
  /** When the first notification about the current alerts was sent; with the key, it identifies the message thread. */
  readonly since: Instant;
  readonly lastNotifiedAt: Instant;
  /**
   * The alerts that are firing from the receiver's point of view, by fingerprint, as last notified. Not by episode: an
   * alert that resolves and fires again between two notifications never resolved for the receiver.
   */
  readonly notified: Readonly<Record<string, Condition>>;
}

/** The properties of an alert that decide whether it got worse. */
export interface Condition {
  readonly reason?: string;
  readonly image?: string;
  readonly sources: number;
  /** The time of the acknowledgement for which this was recorded. */
  readonly acknowledgedAt?: Instant;
}

/** Why a firing alert is not notified, and until when if that is known. */
export interface Suppression {
  readonly kind: "silenced" | "inhibited";
  readonly until?: Instant;
}

export type NotifyReason =
  | "first notification"
  | "new alerts in the group"
  | "an acknowledged alert got worse"
  | "all resolved"
  | "some resolved"
  | "repeat interval";

export type HoldReason =
  | "no firing alerts"
  | "silenced"
  | "inhibited"
  | "acknowledged"
  | "group wait"
  | "group interval"
  | "notified, waiting for the repeat interval"
  | "quiet hours";

export type NotifyDecision =
  | {
      readonly send: true;
      readonly reason: NotifyReason;
      readonly status: "firing" | "resolved";
      /** Firing alerts first, then those that resolved since the last notification. */
      readonly alerts: readonly Alert[];
      /** To store together with the notification; undefined deletes the group. */
      readonly groupState: GroupState | undefined;
    }
  | {
      readonly send: false;
      readonly reason: HoldReason;
      /** When to decide again if nothing changes before. */
      readonly nextAt: Instant | undefined;
      /** To store if it differs from the given state. */
      readonly groupState: GroupState | undefined;
    };

export interface GroupView {
  readonly group: { readonly key: string; readonly labels: Readonly<Record<string, string>> };
  readonly destination: Destination;
  readonly groupState: GroupState | undefined;
  /**
   * The latest episode that fired of each fingerprint in the group. A notified alert that is not among them no longer
   * exists and is dropped without a notification.
   */
  readonly alerts: readonly Alert[];
  readonly suppressed: (alert: Alert) => Suppression | undefined;
}

/**
 * Decides whether to notify a receiver about a group now, and why or why not. Level-triggered: it compares the firing
 * alerts with the notified ones, so that restarts, repeated calls and late calls lead to the same notification.
 *
 * A notification about changes is sent `groupWait` after the first change, and not before `groupInterval` after the last
 * notification. Without changes, one is sent every `repeatInterval` (never if that is 0). Silenced, inhibited and
 * acknowledged alerts do not cause notifications, but the resolution of a notified alert does.
 */
export function decideNotification(view: GroupView, now: Instant): NotifyDecision {
  const { destination, alerts } = view;
  const groupState = updateAcknowledged(view.groupState, alerts);
  const notified = groupState?.notified ?? {};
  const firing = alerts.filter(isFiring);
  const suppressions = new Map(firing.map((alert) => [alert, view.suppressed(alert)]));
  const unsuppressed = firing.filter((alert) => suppressions.get(alert) === undefined);
  const unacknowledged = unsuppressed.filter((alert) => alert.acknowledgement === undefined);
  const fresh = unacknowledged.filter((alert) => notified[alert.fingerprint] === undefined);
  const worse = unsuppressed.filter((alert) => gotWorse(notified[alert.fingerprint], alert));
  const ended = alerts.filter(isResolved).filter((alert) => notified[alert.fingerprint] !== undefined);

  const next = withoutResolved(groupState, firing);
  const earliestAt = (since: Instant): Instant =>
    Math.max(
      since + destination.groupWait,
      groupState === undefined ? 0 : groupState.lastNotifiedAt + destination.groupInterval,
    );
  const plans: Plan[] = [];
  if (fresh.length > 0) {
    const first = Object.keys(notified).length === 0;
    plans.push({
      reason: first ? "first notification" : "new alerts in the group",
      at: earliestAt(Math.min(...fresh.map((alert) => alert.state.firedAt))),
      hold: first ? "group wait" : "group interval",
    });
  }
  if (worse.length > 0)
    plans.push({ reason: "an acknowledged alert got worse", at: earliestAt(0), hold: "group interval" });
  if (ended.length > 0 && destination.sendResolved) {
    plans.push({
      reason: firing.length === 0 ? "all resolved" : "some resolved",
      at: earliestAt(Math.min(...ended.map((alert) => alert.state.resolvedAt))),
      hold: "group interval",
    });
  }
  if (groupState !== undefined && unacknowledged.length > fresh.length && destination.repeatInterval > 0) {
    plans.push({
      reason: "repeat interval",
      at: groupState.lastNotifiedAt + destination.repeatInterval,
      hold: "notified, waiting for the repeat interval",
    });
  }

  const changes = firing.map((alert) => suppressions.get(alert)?.until);
  const due = plans.find((plan) => plan.at <= now);
  if (due === undefined) {
    const soonest = plans.toSorted((a, b) => a.at - b.at)[0];
    return {
      send: false,
      reason: soonest?.hold ?? holdReason([...suppressions.values()], unsuppressed, unacknowledged),
      nextAt: earliest(soonest?.at, ...changes),
      // Resolved alerts are dropped with their notification, or immediately if none will be sent.
      groupState: destination.sendResolved && ended.length > 0 ? groupState : next,
    };
  }
  const quiet = quietUntil(destination.quietHours, now);
  if (quiet !== undefined) return { send: false, reason: "quiet hours", nextAt: quiet, groupState };
  const conditions = Object.fromEntries(unsuppressed.map((alert) => [alert.fingerprint, conditionOf(alert)]));
  const notifiedNow = { ...next?.notified, ...conditions };
  return {
    send: true,
    reason: due.reason,
    status: unsuppressed.length > 0 ? "firing" : "resolved",
    alerts: [...unsuppressed, ...(destination.sendResolved ? ended : [])],
    groupState:
      Object.keys(notifiedNow).length === 0
        ? undefined
        : {
            key: view.group.key,
            receiver: destination.receiver,
            labels: view.group.labels,
            since: groupState?.since ?? now,
            lastNotifiedAt: now,
            notified: notifiedNow,
          },
  };
}

interface Plan {
  readonly reason: NotifyReason;
  readonly at: Instant;
  readonly hold: HoldReason;
}

/** The state without alerts that are no longer firing; undefined if none is left. */
function withoutResolved(groupState: GroupState | undefined, firing: readonly Alert[]): GroupState | undefined {
  if (groupState === undefined) return undefined;
  const fingerprints = new Set(firing.map((alert) => alert.fingerprint));
  const notified = Object.entries(groupState.notified).filter(([fingerprint]) => fingerprints.has(fingerprint));
  if (notified.length === 0) return undefined;
  const isUnchanged = notified.length === Object.keys(groupState.notified).length;
  return isUnchanged ? groupState : { ...groupState, notified: Object.fromEntries(notified) };
}

/** Records the condition of newly acknowledged alerts: only later changes count as worse. */
function updateAcknowledged(groupState: GroupState | undefined, alerts: readonly Alert[]): GroupState | undefined {
  if (groupState === undefined) return undefined;
  const changed: Record<string, Condition> = {};
  for (const alert of alerts) {
    const { fingerprint, acknowledgement } = alert;
    const then = groupState.notified[fingerprint];
    if (then !== undefined && acknowledgement !== undefined && then.acknowledgedAt !== acknowledgement.at) {
      changed[fingerprint] = conditionOf(alert);
    }
  }
  return Object.keys(changed).length === 0
    ? groupState
    : { ...groupState, notified: { ...groupState.notified, ...changed } };
}

function conditionOf(alert: Alert): Condition {
  const image = alert.subject.container?.imageID ?? alert.subject.container?.image;
  return {
    sources: alert.sources.length,
    ...(alert.annotations.reason === undefined ? {} : { reason: alert.annotations.reason }),
    ...(image === undefined ? {} : { image }),
    ...(alert.acknowledgement === undefined ? {} : { acknowledgedAt: alert.acknowledgement.at }),
  };
}

/** A different reason or image, or more pods. */
function gotWorse(then: Condition | undefined, alert: Alert): boolean {
  if (then === undefined || alert.acknowledgement?.notifyOnWorsening !== true) return false;
  const now = conditionOf(alert);
  return now.reason !== then.reason || now.image !== then.image || now.sources > then.sources;
}

function holdReason(
  suppressions: readonly (Suppression | undefined)[],
  unsuppressed: readonly Alert[],
  unacknowledged: readonly Alert[],
): HoldReason {
  if (suppressions.length === 0) return "no firing alerts";
  if (unsuppressed.length === 0) return suppressions.some((one) => one?.kind === "silenced") ? "silenced" : "inhibited";
  return unacknowledged.length === 0 ? "acknowledged" : "notified, waiting for the repeat interval";
}

type AlertIn<Name extends AlertState["name"]> = Alert & { readonly state: Extract<AlertState, { name: Name }> };

function isFiring(alert: Alert): alert is AlertIn<"firing"> {
  return alert.state.name === "firing";
}

function isResolved(alert: Alert): alert is AlertIn<"resolved"> {
  return alert.state.name === "resolved";
}
