import type { Check, DetectorInfo } from "../detect/detector.ts";
import { POD_DETECTORS } from "../detect/detectors.ts";
import type { Alert, Alertname, AlertState, Severity } from "../model/alert.ts";
import { nextState } from "../model/alert-state.ts";
import { formatSpan } from "../model/duration.ts";
import type { PodSnapshot } from "../model/pod.ts";
import type { Policy } from "../model/policy.ts";
import { type Duration, earliest, type Instant } from "../model/time.ts";
import { formatInstant } from "../text/text.ts";
import { alertPolicyFor, describeDisabled, detect } from "./detection.ts";
import type { PriorState } from "./observation.ts";
import { updateHistory } from "./update-history.ts";

/** Why a pod or one of its containers has, or does not have, a certain alert. Plain JSON. */
export interface Explanation {
  readonly alertname: Alertname;
  readonly severity: Severity;
  /** Absent for checks of the pod or its workload. */
  readonly container?: string;
  readonly verdict: ExplainedVerdict;
  /** One or more complete sentences. */
  readonly reason: string;
  /** The quantity that was compared with the threshold; absent when the detector is disabled. */
  readonly metric?: string;
  readonly value?: string | number;
  readonly threshold?: string | number;
  readonly for: Duration;
  readonly keepFiringFor: Duration;
  /** When time alone could change the verdict. */
  readonly deadline?: Instant;
  /** The open alert. */
  readonly alert?: { readonly fingerprint: string; readonly episode: number; readonly state: AlertState };
}

export type ExplainedVerdict =
  /** The detector is disabled for this pod. */
  | "disabled"
  | "ok"
  /** The threshold is reached, but the finding is not reported for a stated reason. */
  | "suppressed"
  /** The threshold is reached, but not for long enough. */
  | "pending"
  | "firing"
  /** Recovered, but still firing because of `keep_firing_for`. */
  | "keep_firing";

/** The result of each detector for a pod in its current state. Changes nothing. */
export function explain(prior: PriorState, pod: PodSnapshot, policy: Policy, now: Instant): readonly Explanation[] {
  const { history } = updateHistory(
    prior.pod,
    pod,
    { baseline: true, previous: pod, clockSkew: prior.clockSkew },
    policy,
    now,
  );
  const { checks, input } = detect(pod, { ...prior, history }, policy, now);
  const disabled = POD_DETECTORS.filter(({ name }) => !policy.detectors[name].enabled);
  return [
    ...checks.map(({ detector, check }) => {
      return explainCheck(detector, check, input.open(detector.name, check.container), policy, now);
    }),
    ...disabled.map((detector): Explanation => {
      return { ...detectorFields(detector, policy), verdict: "disabled", reason: describeDisabled(detector.name) };
    }),
  ];
}

function detectorFields({ name, severity }: DetectorInfo, policy: Policy) {
  return { alertname: name, severity, ...pickPolicy(name, policy) };
}

function pickPolicy(name: Alertname, policy: Policy) {
  const { for: duration, keepFiringFor } = alertPolicyFor(name, policy);
  return { for: duration, keepFiringFor };
}

function explainCheck(
  detector: DetectorInfo,
  check: Check,
  open: Alert | undefined,
  policy: Policy,
  now: Instant,
): Explanation {
  const alertPolicy = alertPolicyFor(detector.name, policy);
  const state = nextState(open?.state, check.finding !== undefined, alertPolicy, now, check.finding?.since);
  const { deadline, ...verdict } = judge(check, state, alertPolicy.for);
  const next = earliest(check.reevaluateAt, deadline);
  const { container, metric, value, threshold } = check;
  return {
    ...detectorFields(detector, policy),
    ...(container !== undefined && { container }),
    ...verdict,
    metric,
    ...(value !== undefined && { value }),
    threshold,
    ...(next !== undefined && { deadline: next }),
    ...(open && { alert: { fingerprint: open.fingerprint, episode: open.episode, state: open.state } }),
  };
}

function judge(
  { finding, suppressed, metric, value, threshold, reevaluateAt }: Check,
  state: AlertState | undefined,
  duration: Duration,
): Pick<Explanation, "verdict" | "reason" | "deadline"> {
  if (finding !== undefined && state?.name === "pending") {
    const deadline = state.activeAt + duration;
    const fires = `Fires at ${formatInstant(deadline)} if it lasts ${formatSpan(duration)}.`;
    return { verdict: "pending", reason: `${finding.annotations.summary}. ${fires}`, deadline };
  }
  if (finding !== undefined) return { verdict: "firing", reason: `${finding.annotations.summary}.` };
  if (state?.name === "firing" && state.endsAt !== undefined) {
    const reason = `Recovered; kept firing until ${formatInstant(state.endsAt)} (keep_firing_for).`;
    return { verdict: "keep_firing", reason, deadline: state.endsAt };
  }
  if (suppressed !== undefined) return { verdict: "suppressed", reason: `Suppressed: ${suppressed}.` };
  const compared = `${metric}: ${value ?? "none"} (threshold: ${threshold}).`;
  if (reevaluateAt === undefined) return { verdict: "ok", reason: compared };
  return { verdict: "pending", reason: `${compared} Reported from ${formatInstant(reevaluateAt)} if it lasts.` };
}
