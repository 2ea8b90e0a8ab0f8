import type { Alert, AlertLabels, AlertState, Finding, Transition } from "../model/alert.ts";
import { type AlertPolicy, nextChange, nextState } from "../model/alert-state.ts";
import { formatSpan } from "../model/duration.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { type Duration, earliest, type Instant } from "../model/time.ts";
import { isSame } from "../util/same.ts";

/** The alerts as they stand while one look is taken in: findings go in, what is to be written comes out. */
export interface AlertTracker {
  /** A source has this finding: its alert begins, goes on, or begins anew. */
  report(finding: Finding, source: string, policy: AlertPolicy): void;
  /** A source no longer has the finding of an open alert; `because` says why, in words. */
  clear(alert: Alert, source: string, policy: AlertPolicy, reason: string): void;
  /** An open alert is over for all its sources. */
  resolve(alert: Alert, reason: string): void;
  /** The open alerts of a source, with what was reported and withdrawn so far. */
  openOf(source: string): readonly Alert[];
  close(): AlertChanges;
}

export interface AlertChanges {
  readonly alerts: readonly Alert[];
  readonly forgotten: readonly Alert[];
  readonly transitions: readonly Transition[];
  readonly reevaluateAt: Instant | undefined;
}

export interface KnownAlerts {
  /** The newest episode by fingerprint. */
  readonly alert: (fingerprint: string) => Alert | undefined;
  /** The open alerts of the source whose look it is. */
  readonly alerts: readonly Alert[];
}

/** `window` is how long a container must be well for what was taken to be given back. */
export function trackAlerts(known: KnownAlerts, now: Instant, window: Duration): AlertTracker {
  /** By fingerprint, what was touched: undefined when it is to be forgotten. */
  const current = new Map<string, Alert | undefined>();
  const transitions: Transition[] = [];
  let reevaluateAt: Instant | undefined;

  const lookUp = (id: string) => (current.has(id) ? current.get(id) : known.alert(id));

  function put(before: Alert | undefined, next: Alert, reason: string, policy: AlertPolicy): void {
    if (before?.state.name !== next.state.name) log(before, next, next.state.name, reason);
    reevaluateAt = earliest(reevaluateAt, nextChange(next.state, policy));
    current.set(next.fingerprint, before !== undefined && isUnchanged(before, next) ? before : next);
  }

  function log(before: Alert | undefined, alert: Alert, to: Transition["to"], reason: string): void {
    const { fingerprint, episode, labels } = alert;
    transitions.push({ at: now, fingerprint, episode, labels, from: before?.state.name ?? "none", to, reason });
  }

  /**
   * Nothing was wrong there for a whole window since the alert has resolved. Containers flap; what concerns a pod, a
   * workload or a namespace comes back as another outage, of which somebody is to hear.
   */
  function wasHealthy(before: Alert): boolean {
    if (before.state.name !== "resolved") return false;
    const until = before.state.resolvedAt + (before.labels.container === undefined ? 0 : window);
    if (now < until) return false;
    return !known.alerts.some(
      ({ labels, state }) => state.name === "firing" && state.firedAt < until && isSamePlace(labels, before.labels),
    );
  }

  /** Nobody has the finding any more. */
  function expire(before: Alert, policy: AlertPolicy, reason: string): void {
    const state = nextState(asSeenUntil(before.state, now), false, policy, now);
    if (state !== undefined) {
      // As long as it is kept firing, its last source is the one to look at again.
      const sources = state.name === "firing" ? before.sources : [];
      put(before, { ...before, state, sources }, reason, policy);
      return;
    }
    log(before, before, "none", `Over before it was told. ${reason}`);
    current.set(before.fingerprint, before.previous);
  }

  return {
    report(finding, source, policy) {
      const id = fingerprint(finding.labels);
      const before = lookUp(id);
      const state = nextState(before?.state, true, policy, now, finding.since)!;
      const next =
        before === undefined || before.state.name === "resolved"
          ? beginning(id, finding, source, state, before)
          : continuation(before, finding, source, state);
      const taken = before === undefined || wasHealthy(before) ? {} : keepAcknowledgement(before, next, now);
      put(before, { ...next, ...taken }, whyTold(finding, state, policy), policy);
    },

    clear(alert, source, policy, reason) {
      const before = lookUp(alert.fingerprint)!;
      const others = before.sources.filter((other) => other !== source);
      if (others.length > 0) {
        put(before, { ...before, sources: others }, reason, policy);
        return;
      }
      expire(before, policy, reason);
    },

    resolve(alert, reason) {
      expire(lookUp(alert.fingerprint)!, { for: 0, keepFiringFor: 0 }, reason);
    },

    openOf(source) {
      const touched = [...current.values()].filter((alert) => alert !== undefined);
      const untouched = known.alerts.filter((alert) => !current.has(alert.fingerprint));
      return [...untouched, ...touched].filter(
        (alert) => alert.state.name !== "resolved" && alert.sources.includes(source),
      );
    },

    close() {
      const alerts: Alert[] = [];
      const forgotten: Alert[] = [];
      for (const [id, alert] of current) {
        const before = known.alert(id);
        if (alert !== undefined && alert !== before) alerts.push(alert);
        if (before?.state.name === "pending" && alert?.episode !== before.episode) forgotten.push(before);
      }
      // What began and went away within one look leaves no trace.
      const lasting = transitions.filter((one) => current.get(one.fingerprint) !== known.alert(one.fingerprint));
      return { alerts, forgotten, transitions: lasting, reevaluateAt };
    },
  };
}

function beginning(id: string, found: Finding, source: string, state: AlertState, before: Alert | undefined): Alert {
  return {
    fingerprint: id,
    episode: (before?.episode ?? 0) + 1,
    labels: found.labels,
    severity: found.severity,
    state,
    sources: [source],
    annotations: found.annotations,
    subject: found.subject,
    ...(state.name === "pending" && before !== undefined ? { previous: before } : {}),
  };
}

function continuation(before: Alert, found: Finding, source: string, state: AlertState): Alert {
  const { previous, acknowledgement: _, ...rest } = before;
  // A source that is gone is kept only as long as the alert waits for another one to go on with it.
  const isAwaited = before.state.name === "firing" && before.state.endsAt !== undefined;
  const sources = before.sources.includes(source) ? before.sources : [...(isAwaited ? [] : before.sources), source];
  const told = speaksFor(before, found) ? found : before;
  return {
    ...rest,
    severity: found.severity,
    state,
    sources,
    annotations: told.annotations,
    subject: told.subject,
    ...(state.name === "pending" && previous !== undefined ? { previous } : {}),
  };
}

/** Of several pods that share an alert, the one that was started last tells of it. */
function speaksFor(before: Alert, found: Finding): boolean {
  if (before.subject.podUid === found.subject.podUid) return true;
  return (found.subject.podStartedAt ?? 0) >= (before.subject.podStartedAt ?? 0);
}

/** What someone took stays taken, unless they want to be told when it gets worse, and it did. */
function keepAcknowledgement(
  before: Alert,
  next: Alert,
  now: Instant,
): Pick<Alert, "acknowledgement" | "formerAcknowledgement"> {
  const { acknowledgement } = before;
  if (acknowledgement === undefined) return {};
  const worse = acknowledgement.notifyOnWorsening ? worseningOf(before, next) : undefined;
  if (worse === undefined) return { acknowledgement };
  return { formerAcknowledgement: { ...acknowledgement, endedAt: now, reason: `it got worse: ${worse}` } };
}

/**
 * Another cause, another image. More pods are more alerts, each to be taken for itself; those of a Job are further
 * attempts at the same work.
 */
function worseningOf(before: Alert, next: Alert): string | undefined {
  const { cause } = next.annotations;
  if (before.annotations.cause !== cause) return cause === undefined ? "another cause" : `another cause, ${cause}`;
  const image = next.subject.container?.image;
  if (before.subject.container?.image !== image)
    return image === undefined ? "another image" : `another image, ${image}`;
  return undefined;
}

function isSamePlace(a: AlertLabels, b: AlertLabels): boolean {
  return a.namespace === b.namespace && a.workload === b.workload && a.pod === b.pod && a.container === b.container;
}

/** Between two looks nothing has changed, so that what is not seen any more was seen until now. */
function asSeenUntil(state: AlertState, now: Instant): AlertState {
  return state.name === "firing" && state.endsAt === undefined ? { ...state, lastSeenAt: now } : state;
}

/** That it was seen once more is not worth a write. */
function isUnchanged(before: Alert, next: Alert): boolean {
  if (before.state.name === "resolved" || next.state.name === "resolved") return isSame(before, next);
  return isSame(before, { ...next, state: { ...next.state, lastSeenAt: before.state.lastSeenAt } });
}

function whyTold({ annotations }: Finding, state: AlertState, policy: AlertPolicy): string {
  const { summary } = annotations;
  if (state.name === "pending") return `${summary}. It is told when it has lasted ${formatSpan(policy.for)}.`;
  return policy.for === 0 ? `${summary}.` : `${summary}, for ${formatSpan(policy.for)} now.`;
}
