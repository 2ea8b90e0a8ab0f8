import type { Check, DetectorInfo } from "../detect/detector.ts";
import { POD_DETECTORS } from "../detect/detectors.ts";
import type { Alert, Alertname, AlertState, Severity } from "../model/alert.ts";
import { nextState } from "../model/alert-state.ts";
import { formatSpan } from "../model/duration.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import { type Duration, earliest, type Instant } from "../model/time.ts";
import { formatInstant } from "../text/text.ts";
import { alertPolicyFor, detect } from "./detection.ts";
import type { PriorState } from "./evaluate.ts";
import { observe } from "./observe.ts";

/** Why there is, or is not, an alert of one kind for a pod or one of its containers. Plain JSON. */
export interface Explanation {
  readonly alertname: Alertname;
  readonly severity: Severity;
  /** Absent for what concerns the pod or its workload. */
  readonly container?: string;
  readonly verdict: ExplainedVerdict;
  /** In words. */
  readonly reason: string;
  /** What was compared, with what; absent when the detector is switched off. */
  readonly measure?: string;
  readonly value?: string | number;
  readonly threshold?: string | number;
  readonly for: Duration;
  readonly keepFiringFor: Duration;
  /** The next moment at which time alone could change the verdict. */
  readonly deadline?: Instant;
  /** The alert that is open for it. */
  readonly alert?: { readonly fingerprint: string; readonly episode: number; readonly state: AlertState };
}

export type ExplainedVerdict =
  /** Switched off for this pod. */
  | "off"
  /** Nothing to worry about. */
  | "quiet"
  /** The value says so, yet there is a good reason not to tell. */
  | "suppressed"
  /** It has not lasted long enough to be more than a passing state. */
  | "waiting"
  | "pending"
  | "firing"
  /** Over, and kept firing for a while. */
  | "kept";

/** What every detector makes of a pod as it is now. Decides nothing and changes nothing. */
export function explain(known: PriorState, pod: PodSnapshot, policy: Policy, now: Instant): readonly Explanation[] {
  const before = { baseline: true, afterGap: false, previous: pod, rolledBack: false };
  const { history } = observe(known.pod, pod, before, policy, now);
  const around = { history, workload: known.workload, alerts: known.alerts, siblings: known.siblings };
  const { checks, input } = detect(pod, around, policy, now);
  const off = POD_DETECTORS.filter(({ name }) => !policy.detectors[name].enabled);
  return [
    ...checks.map(({ detector, check }) => {
      return explainCheck(detector, check, input.open(detector.name, check.container), policy, now);
    }),
    ...off.map((detector): Explanation => {
      return { ...about(detector, policy), verdict: "off", reason: `${detector.name} is switched off here.` };
    }),
  ];
}

function about({ name, severity }: DetectorInfo, policy: Policy) {
  const life = alertPolicyFor(name, policy);
  return { alertname: name, severity, for: life.for, keepFiringFor: life.keepFiringFor };
}

function explainCheck(
  detector: DetectorInfo,
  check: Check,
  open: Alert | undefined,
  policy: Policy,
  now: Instant,
): Explanation {
  const life = alertPolicyFor(detector.name, policy);
  const state = nextState(open?.state, check.finding !== undefined, life, now, check.finding?.since);
  const { verdict, reason, deadline } = judge(check, state, life.for);
  const next = earliest(check.reevaluateAt, deadline);
  const { container, measure, value, threshold } = check;
  return {
    ...about(detector, policy),
    ...(container === undefined ? {} : { container }),
    verdict,
    reason,
    measure,
    ...(value === undefined ? {} : { value }),
    threshold,
    ...(next === undefined ? {} : { deadline: next }),
    ...(open === undefined
      ? {}
      : { alert: { fingerprint: open.fingerprint, episode: open.episode, state: open.state } }),
  };
}

interface Judgement {
  readonly verdict: ExplainedVerdict;
  readonly reason: string;
  readonly deadline?: Instant;
}

function judge(check: Check, state: AlertState | undefined, lasting: Duration): Judgement {
  const { finding, measure, value, threshold } = check;
  if (finding !== undefined && state !== undefined) {
    if (state.name === "pending") {
      const deadline = state.activeAt + lasting;
      return {
        verdict: "pending",
        reason: `${finding.annotations.summary}. It fires at ${formatInstant(deadline)} if it lasts ${formatSpan(lasting)}.`,
        deadline,
      };
    }
    return { verdict: "firing", reason: `${finding.annotations.summary}.` };
  }
  const compared = `${measure}: ${value ?? "nothing"}; it takes ${threshold}.`;
  if (state?.name === "firing" && state.endsAt !== undefined) {
    return {
      verdict: "kept",
      reason: `Over, and kept up until ${formatInstant(state.endsAt)}.`,
      deadline: state.endsAt,
    };
  }
  if (check.suppressed !== undefined)
    return { verdict: "suppressed", reason: `Not told, because ${check.suppressed}.` };
  if (check.reevaluateAt !== undefined) {
    return {
      verdict: "waiting",
      reason: `${compared} It counts from ${formatInstant(check.reevaluateAt)} on, if it is still so.`,
    };
  }
  return { verdict: "quiet", reason: compared };
}
