import type { Alert, Finding, Transition } from "./alert.ts";
import type { PodHistory, WorkloadHistory } from "./history.ts";
import type { PodSnapshot, Termination } from "./pod.ts";
import type { Policy } from "./policy.ts";
import type { Instant } from "./time.ts";

/** What was known before this look. `alerts` are the open ones and the last resolved episodes that this pod may touch. */
export interface Known {
  readonly pod: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  /** The newest episode by fingerprint, for any label set: a finding of this pod may join an alert of another. */
  readonly alert: (fingerprint: string) => Alert | undefined;
  /** Open alerts that list this pod's UID among their sources. */
  readonly alerts: readonly Alert[];
  /** The pods of the same workload that are known now, in no order; asked for only when a pod has failed. */
  readonly siblings?: () => Iterable<PodSnapshot>;
}

export type Look =
  | {
      readonly type: "seen";
      readonly pod: PodSnapshot;
      /**
       * Set on the first look after a gap (a restart of the watcher, a lost watch): until when the namespace's picture
       * was complete before. Restarts counted at this look happened in the gap and are marked inferred.
       */
      readonly resumedFrom?: Instant;
      /**
       * Nothing is known of the time before this look: the namespace was never watched until now (no history, no
       * checkpoint, its first sync is not over). What the pod has been through is taken as its baseline, not as news.
       * Without it, a container of which nothing is remembered had not restarted when it was last looked at.
       */
      readonly baseline?: boolean;
      /** The snapshot that was looked at before this one, where it is still known. */
      readonly previous?: PodSnapshot;
    }
  | { readonly type: "gone"; readonly pod: PodSnapshot; readonly how: "deleted" | "vanished" };

export interface Evaluation {
  /** What to remember; undefined when nothing is worth it (and what was remembered is to be forgotten). */
  readonly pod: PodHistory | undefined;
  readonly workload: WorkloadHistory | undefined;
  /** New and changed alerts. */
  readonly alerts: readonly Alert[];
  /**
   * Pending alerts that went away, to be removed before `alerts` are put in: one that followed a resolved episode gives
   * way to that episode again, which then is among `alerts`.
   */
  readonly forgotten: readonly Alert[];
  readonly transitions: readonly Transition[];
  /** Terminations not told of before, for the counters. */
  readonly terminations: readonly { readonly container: string; readonly termination: Termination }[];
  /** The next moment at which time alone could change the answer: look again then, after a gone look at the same pod. */
  readonly reevaluateAt: Instant | undefined;
}

/**
 * Decides what one look at a pod means: observe (restarts and terminations since the last look), detect (findings),
 * live on (each alert's next state). One function of what was known, what is seen, the policy and the time; a look
 * that changes nothing returns nothing to write.
 */
export declare function evaluate(known: Known, look: Look, policy: Policy, now: Instant): Evaluation;

/**
 * The same life for findings that do not come from a pod (a namespace that cannot be watched, a controller that cannot
 * create pods): `source` is who reports them, all its findings at once.
 */
export declare function evaluateFindings(
  known: Pick<Known, "alert" | "alerts">,
  source: string,
  findings: readonly Finding[],
  policy: Policy,
  now: Instant,
): Pick<Evaluation, "alerts" | "forgotten" | "transitions" | "reevaluateAt">;
