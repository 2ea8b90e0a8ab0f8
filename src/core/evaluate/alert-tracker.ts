import type { Alert, AlertLabels, AlertState, Finding, Transition } from "../model/alert.ts";
import { type AlertPolicy, nextChange, nextState } from "../model/alert-state.ts";
import { formatSpan } from "../model/duration.ts";
import { fingerprint } from "../model/fingerprint.ts";
import { type Duration, earliest, type Instant } from "../model/time.ts";
import { withSince } from "../text/text.ts";
import { isSame } from "../util/same.ts";
import type { PriorState } from "./observation.ts";

/** Tracks the alerts during one evaluation: findings go in, changes to store come out. */
export interface AlertTracker {
  /** A source reports a finding: its alert starts, continues or starts a new episode. `baseline` as in ObservationContext. */
  report(finding: Finding, source: string, policy: AlertPolicy, baseline?: boolean): void;
  /** A source no longer reports the finding of an open alert. `reason` is one sentence. */
  clear(alert: Alert, source: string, policy: AlertPolicy, reason: string): void;
  /** The open alerts of a source, including the changes so far. */
  openOf(source: string): readonly Alert[];
  close(): AlertChanges;
}

/** See `Evaluation` for the fields. */
export interface AlertChanges {
  readonly alerts: readonly Alert[];
  readonly forgotten: readonly Alert[];
  readonly transitions: readonly Transition[];
  readonly reevaluateAt: Instant | undefined;
}

/** `window`: how long a container must be healthy before its acknowledgement ends. */
export function trackAlerts(prior: Pick<PriorState, "alert" | "alerts">, now: Instant, window: Duration): AlertTracker {
  /** The alerts changed so far by fingerprint; undefined for one that became inactive. */
  const current = new Map<string, Alert | undefined>();
  const transitions: Transition[] = [];
  let reevaluateAt: Instant | undefined;

  const find = (id: string) => (current.has(id) ? current.get(id) : prior.alert(id));

  function put(before: Alert | undefined, next: Alert, reason: string, policy: AlertPolicy): void {
    if (before?.state.name !== next.state.name) log(before, next, next.state.name, reason);
    reevaluateAt = earliest(reevaluateAt, nextChange(next.state, policy));
    current.set(next.fingerprint, before !== undefined && isUnchanged(before, next) ? before : next);
  }

  function log(before: Alert | undefined, alert: Alert, to: Transition["to"], reason: string): void {
    const { fingerprint, episode, labels } = alert;
    transitions.push({ at: now, fingerprint, episode, labels, from: before?.state.name ?? "inactive", to, reason });
  }

  /**
   * Whether its subject was healthy long enough since the alert resolved to end the acknowledgement: a full window for
   * containers, because they flap; no time for pods, workloads and namespaces.
   */
  function hasRecovered(alert: Alert): boolean {
    if (alert.state.name !== "resolved") return false;
    const until = alert.state.resolvedAt + (alert.labels.container === undefined ? 0 : window);
    if (now < until) return false;
    return !prior.alerts.some(
      ({ labels, state }) => state.name === "firing" && state.firedAt < until && hasSameSubject(labels, alert.labels),
    );
  }

  /** No source reports the finding any more. */
  function expire(before: Alert, policy: AlertPolicy, reason: string): void {
    const state = nextState(seenUntil(before.state, now), false, policy, now);
    if (state !== undefined) {
      // While it is kept firing, its last source remains, so that the alert is evaluated when that time ends.
      const sources = state.name === "firing" ? before.sources : [];
      put(before, { ...before, state, sources }, reason, policy);
      return;
    }
    log(before, before, "inactive", `Cleared before it fired. ${reason}`);
    current.set(before.fingerprint, before.previous);
  }

  return {
    report(finding, source, policy, baseline = false) {
      const id = fingerprint(finding.labels);
      const before = find(id);
      const state = nextState(before?.state, true, policy, now, finding.since)!;
      const next =
        before === undefined || before.state.name === "resolved"
          ? {
              ...startEpisode(id, finding, source, state, before),
              ...(baseline && state.activeAt === now && { sinceAtLeast: true as const }),
            }
          : updateAlert(before, finding, source, state);
      const acknowledgement =
        before === undefined || hasRecovered(before) ? {} : keepAcknowledgement(before, next, now);
      put(before, { ...next, ...acknowledgement }, describeState(finding, state, policy), policy);
    },

    clear(alert, source, policy, reason) {
      const before = find(alert.fingerprint)!;
      const others = before.sources.filter((other) => other !== source);
      if (others.length > 0) put(before, { ...before, sources: others }, reason, policy);
      else expire(before, policy, reason);
    },

    openOf(source) {
      const changed = [...current.values()].filter((alert) => alert !== undefined);
      const unchanged = prior.alerts.filter((alert) => !current.has(alert.fingerprint));
      return [...unchanged, ...changed].filter(
        (alert) => alert.state.name !== "resolved" && alert.sources.includes(source),
      );
    },

    close() {
      const alerts: Alert[] = [];
      const forgotten: Alert[] = [];
      for (const [id, alert] of current) {
        const before = prior.alert(id);
        if (alert !== undefined && alert !== before) alerts.push(alert);
        if (before?.state.name === "pending" && alert?.episode !== before.episode) forgotten.push(before);
      }
      // An alert that started and cleared within one evaluation leaves no transitions.
      const lasting = transitions.filter((one) => current.get(one.fingerprint) !== prior.alert(one.fingerprint));
      return { alerts, forgotten, transitions: lasting, reevaluateAt };
    },
  };
}

function startEpisode(id: string, found: Finding, source: string, state: AlertState, before: Alert | undefined): Alert {
  return {
    fingerprint: id,
    episode: (before?.episode ?? 0) + 1,
    labels: found.labels,
    severity: found.severity,
    state,
    sources: [source],
    annotations: annotationsOf(found, state),
    subject: found.subject,
    ...(state.name === "pending" && before !== undefined && { previous: before }),
  };
}

function updateAlert(before: Alert, found: Finding, source: string, state: AlertState): Alert {
  const { previous, acknowledgement: _, ...rest } = before;
  // During keep_firing_for the only source is the one that cleared last. A source that reports now replaces it.
  const isCleared = before.state.name === "firing" && before.state.endsAt !== undefined;
  const sources = before.sources.includes(source) ? before.sources : [...(isCleared ? [] : before.sources), source];
  const { annotations, subject } = isFromLatestPod(before, found, source)
    ? { annotations: annotationsOf(found, state), subject: found.subject }
    : before;
  return {
    ...rest,
    severity: found.severity,
    state,
    sources,
    annotations,
    subject,
    ...(state.name === "pending" && previous !== undefined && { previous }),
  };
}

/** Adds the start time to the summary. Only the alert knows it where the status does not contain it. */
function annotationsOf({ annotations }: Finding, { activeAt }: AlertState): Alert["annotations"] {
  return { ...annotations, summary: withSince(annotations.summary, activeAt) };
}

/** If several pods share an alert, the pod that started last provides the annotations, and of several the one that failed last. */
function isFromLatestPod({ subject, sources }: Alert, found: Finding, source: string): boolean {
  if (subject.podUid === found.subject.podUid) return true;
  if (subject.podUid !== undefined && !sources.includes(subject.podUid)) return true;
  const [former, latter] = [subject.podStartedAt ?? 0, found.subject.podStartedAt ?? 0];
  return latter > former || (latter === former && !sources.includes(source));
}

/** An acknowledgement stays, unless it asks for notifications on worsening and the alert got worse. */
function keepAcknowledgement(
  before: Alert,
  next: Alert,
  now: Instant,
): Pick<Alert, "acknowledgement" | "formerAcknowledgement"> {
  const { acknowledgement } = before;
  if (acknowledgement === undefined) return {};
  const worsening = acknowledgement.notifyOnWorsening ? describeWorsening(before, next) : undefined;
  if (worsening === undefined) return { acknowledgement };
  return {
    formerAcknowledgement: { ...acknowledgement, endedAt: now, reason: `the alert got worse: ${worsening}` },
  };
}

/** A different cause or image is worse; undefined if neither changed. More pods do not count. */
function describeWorsening(before: Alert, next: Alert): string | undefined {
  const { cause } = next.annotations;
  if (before.annotations.cause !== cause) return cause === undefined ? "different cause" : `different cause, ${cause}`;
  const image = next.subject.container?.image;
  if (before.subject.container?.image !== image)
    return image === undefined ? "different image" : `different image, ${image}`;
  return undefined;
}

function hasSameSubject(a: AlertLabels, b: AlertLabels): boolean {
  return a.namespace === b.namespace && a.workload === b.workload && a.pod === b.pod && a.container === b.container;
}

/** Nothing changes between two observations, so a finding that clears now was true until now. */
function seenUntil(state: AlertState, now: Instant): AlertState {
  return state.name === "firing" && state.endsAt === undefined ? { ...state, lastSeenAt: now } : state;
}

/** A new `lastSeenAt` alone is not written. */
function isUnchanged(before: Alert, next: Alert): boolean {
  if (before.state.name === "resolved" || next.state.name === "resolved") return isSame(before, next);
  return isSame(before, { ...next, state: { ...next.state, lastSeenAt: before.state.lastSeenAt } });
}

function describeState({ annotations }: Finding, state: AlertState, policy: AlertPolicy): string {
  const { summary } = annotations;
  if (state.name === "pending") return `${summary}. The alert fires if this lasts ${formatSpan(policy.for)}.`;
  return policy.for === 0 ? `${summary}.` : `${summary}, for at least ${formatSpan(policy.for)}.`;
}
