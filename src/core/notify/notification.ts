import type { Alert, AlertState } from "../model/alert.ts";
import { earliest, type Instant } from "../model/time.ts";
import { quietUntil } from "./quiet-hours.ts";
import type { Destination } from "./route.ts";

/** What one group of alerts has been told of so far. Plain JSON: the store keeps it as it is. */
export interface GroupState {
  readonly key: string;
  readonly receiver: string;
  readonly labels: Readonly<Record<string, string>>;
  /** When the first message of this trouble was made: together with the key it names the conversation about it. */
  readonly since: Instant;
  /** When the last message was made. */
  readonly lastNotifiedAt: Instant;
  /**
   * The alerts that the receiver takes for firing, by fingerprint, each as it was when last told of. Not by episode:
   * what resolves and comes back between two messages has never ended for those who were told.
   */
  readonly told: Readonly<Record<string, Condition>>;
}

/** How bad an alert is, as far as "worse" goes. */
export interface Condition {
  readonly reason?: string;
  readonly image?: string;
  readonly sources: number;
  /** When the acknowledgement was given that this is compared against. */
  readonly acknowledgedAt?: Instant;
}

/** Why nothing is told of an alert that fires, and until when when that is known. */
export interface Suppression {
  readonly reason: string;
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
  | "nothing fires"
  | "silenced"
  | "acknowledged"
  | "group wait"
  | "group interval"
  | "told, repeat interval not over"
  | "quiet hours";

export type NotifyDecision =
  | {
      readonly send: true;
      readonly reason: NotifyReason;
      readonly status: "firing" | "resolved";
      /** Firing ones first, then what has resolved since the last message. */
      readonly alerts: readonly Alert[];
      /** What to remember once the message is committed; undefined forgets the group. */
      readonly memory: GroupState | undefined;
    }
  | {
      readonly send: false;
      readonly reason: HoldReason;
      /** When to ask again, if nothing changes before. */
      readonly nextAt: Instant | undefined;
      /** Differs from the given memory when something is to be remembered without a message. */
      readonly memory: GroupState | undefined;
    };

export interface GroupView {
  readonly group: { readonly key: string; readonly labels: Readonly<Record<string, string>> };
  readonly destination: Destination;
  readonly memory: GroupState | undefined;
  /**
   * Of every fingerprint in the group the newest episode that has fired. One that the memory calls told and that is not
   * among them is no longer known: it is forgotten without a word.
   */
  readonly alerts: readonly Alert[];
  readonly suppressed: (alert: Alert) => Suppression | undefined;
}

/**
 * Whether to tell a receiver of a group now, and why (not). Level-triggered: compares what fires with what was told,
 * so that a restart, a repeated question or a late one all end in the same message.
 *
 * A message about news waits `groupWait` from the first of the news, for what comes with it, and until `groupInterval`
 * after the last message. Without news one comes after `repeatInterval` (never when that is 0). What is silenced or acknowledged starts no
 * message; that something told of is over is said in any case.
 */
export function decideNotification(view: GroupView, now: Instant): NotifyDecision {
  const { destination, alerts } = view;
  const memory = rememberAcknowledgements(view.memory, alerts);
  const told = memory?.told ?? {};
  const firing = alerts.filter(isFiring);
  const suppressions = new Map(firing.map((alert) => [alert, view.suppressed(alert)]));
  const audible = firing.filter((alert) => suppressions.get(alert) === undefined);
  const unattended = audible.filter((alert) => alert.acknowledgement === undefined);
  const fresh = unattended.filter((alert) => told[alert.fingerprint] === undefined);
  const worse = audible.filter((alert) => gotWorse(told[alert.fingerprint], alert));
  const ended = alerts.filter(isResolved).filter((alert) => told[alert.fingerprint] !== undefined);

  const next = remaining(memory, firing);
  const news = (since: Instant): Instant =>
    Math.max(
      since + destination.groupWait,
      memory === undefined ? 0 : memory.lastNotifiedAt + destination.groupInterval,
    );
  const plans: Plan[] = [];
  if (fresh.length > 0) {
    const first = Object.keys(told).length === 0;
    plans.push({
      reason: first ? "first notification" : "new alerts in the group",
      at: news(Math.min(...fresh.map((alert) => alert.state.firedAt))),
      hold: first ? "group wait" : "group interval",
    });
  }
  if (worse.length > 0) plans.push({ reason: "an acknowledged alert got worse", at: news(0), hold: "group interval" });
  if (ended.length > 0 && destination.sendResolved) {
    plans.push({
      reason: firing.length === 0 ? "all resolved" : "some resolved",
      at: news(Math.min(...ended.map((alert) => alert.state.resolvedAt))),
      hold: "group interval",
    });
  }
  if (memory !== undefined && unattended.length > fresh.length && destination.repeatInterval > 0) {
    plans.push({
      reason: "repeat interval",
      at: memory.lastNotifiedAt + destination.repeatInterval,
      hold: "told, repeat interval not over",
    });
  }

  const changes = firing.map((alert) => suppressions.get(alert)?.until);
  const due = plans.find((plan) => plan.at <= now);
  if (due === undefined) {
    const soonest = plans.toSorted((a, b) => a.at - b.at)[0];
    return {
      send: false,
      reason: soonest?.hold ?? whyNothing(firing, audible, unattended),
      nextAt: earliest(soonest?.at, ...changes),
      // What is over is forgotten with its message, or at once when there is to be none.
      memory: destination.sendResolved && ended.length > 0 ? memory : next,
    };
  }
  const quiet = quietUntil(destination.quietHours, now);
  if (quiet !== undefined) return { send: false, reason: "quiet hours", nextAt: quiet, memory };
  const conditions = Object.fromEntries(audible.map((alert) => [alert.fingerprint, conditionOf(alert)]));
  const toldNow = { ...next?.told, ...conditions };
  return {
    send: true,
    reason: due.reason,
    status: audible.length > 0 ? "firing" : "resolved",
    alerts: [...audible, ...(destination.sendResolved ? ended : [])],
    memory:
      Object.keys(toldNow).length === 0
        ? undefined
        : {
            key: view.group.key,
            receiver: destination.receiver,
            labels: view.group.labels,
            since: memory?.since ?? now,
            lastNotifiedAt: now,
            told: toldNow,
          },
  };
}

interface Plan {
  readonly reason: NotifyReason;
  readonly at: Instant;
  readonly hold: HoldReason;
}

/** What is left of a memory when only these still fire. */
function remaining(memory: GroupState | undefined, firing: readonly Alert[]): GroupState | undefined {
  if (memory === undefined) return undefined;
  const alive = new Set(firing.map((alert) => alert.fingerprint));
  const told = Object.entries(memory.told).filter(([fingerprint]) => alive.has(fingerprint));
  if (told.length === 0) return undefined;
  return told.length === Object.keys(memory.told).length ? memory : { ...memory, told: Object.fromEntries(told) };
}

/** Whoever acknowledges knows how bad it is at that moment: only what comes after it can be worse. */
function rememberAcknowledgements(memory: GroupState | undefined, alerts: readonly Alert[]): GroupState | undefined {
  if (memory === undefined) return undefined;
  const changed: Record<string, Condition> = {};
  for (const alert of alerts) {
    const { fingerprint, acknowledgement } = alert;
    const then = memory.told[fingerprint];
    if (then !== undefined && acknowledgement !== undefined && then.acknowledgedAt !== acknowledgement.at) {
      changed[fingerprint] = conditionOf(alert);
    }
  }
  return Object.keys(changed).length === 0 ? memory : { ...memory, told: { ...memory.told, ...changed } };
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

/** Another reason, another image, more pods. */
function gotWorse(then: Condition | undefined, alert: Alert): boolean {
  if (then === undefined || alert.acknowledgement?.notifyOnWorsening !== true) return false;
  const now = conditionOf(alert);
  return now.reason !== then.reason || now.image !== then.image || now.sources > then.sources;
}

function whyNothing(firing: readonly Alert[], audible: readonly Alert[], unattended: readonly Alert[]): HoldReason {
  if (firing.length === 0) return "nothing fires";
  if (audible.length === 0) return "silenced";
  return unattended.length === 0 ? "acknowledged" : "told, repeat interval not over";
}

type AlertIn<Name extends AlertState["name"]> = Alert & { readonly state: Extract<AlertState, { name: Name }> };

function isFiring(alert: Alert): alert is AlertIn<"firing"> {
  return alert.state.name === "firing";
}

function isResolved(alert: Alert): alert is AlertIn<"resolved"> {
  return alert.state.name === "resolved";
}
