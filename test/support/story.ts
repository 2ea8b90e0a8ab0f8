import type { ObservationContext, RemovalReason } from "../../src/core/evaluate/observation.ts";
import {
  createReplayEvaluator,
  type ReplayEvaluator,
  type ReplayedTransition,
  type StoredEvaluation,
} from "../../src/core/evaluate/replay.ts";
import type { Alert } from "../../src/core/model/alert.ts";
import type { Restart } from "../../src/core/model/history.ts";
import type { PodSnapshot } from "../../src/core/model/pod.ts";
import { defaultPolicy, type Policy } from "../../src/core/model/policy.ts";
import type { Duration, Instant } from "../../src/core/model/time.ts";

export const NOON: Instant = Date.UTC(2026, 0, 1, 12);

/** Feeds the core a sequence of observations and evaluates deadlines in between. */
export interface Story {
  readonly now: Instant;
  update(pod: PodSnapshot, context?: ObservationContext): void;
  remove(pod: PodSnapshot, reason?: RemovalReason): void;
  wait(duration: Duration): void;
  /** `Alertname container` of the firing alerts, without a container for alerts about pods and workloads. */
  firing(): string[];
  pending(): string[];
  /** `Alertname: from → to`, in order. */
  readonly log: readonly string[];
  readonly transitions: readonly ReplayedTransition[];
  alert(name: string): Alert;
  restarts(container: string): readonly Restart[];
  readonly evaluator: ReplayEvaluator;
}

/** `stored`: what an earlier evaluator knew when it stopped. */
export function aStory({
  policy = defaultPolicy,
  now = NOON,
  stored,
}: {
  policy?: Policy;
  now?: Instant;
  stored?: StoredEvaluation;
} = {}): Story {
  const evaluator = createReplayEvaluator(policy, stored);
  const transitions: ReplayedTransition[] = [];
  const last = new Map<string, PodSnapshot>();
  let clock = now;

  const alertsIn = (state: string) =>
    [...evaluator.alerts.values()]
      .filter((alert) => alert.state.name === state)
      .map(({ labels }) => [labels.alertname, labels.container].filter((part) => part !== undefined).join(" "))
      .toSorted();

  return {
    get now() {
      return clock;
    },
    update(pod, context) {
      const previous = last.get(pod.uid);
      last.set(pod.uid, pod);
      transitions.push(
        ...evaluator.evaluate({ type: "updated", pod, ...(previous && { previous }), ...context }, clock),
      );
    },
    remove(pod, reason = "deleted") {
      last.delete(pod.uid);
      transitions.push(...evaluator.evaluate({ type: "removed", pod, reason }, clock));
    },
    wait(duration) {
      transitions.push(...evaluator.advance(clock + duration));
      clock += duration;
    },
    firing: () => alertsIn("firing"),
    pending: () => alertsIn("pending"),
    get log() {
      return transitions.map(({ transition: { labels, from, to } }) => `${labels.alertname}: ${from} → ${to}`);
    },
    transitions,
    alert(name) {
      const found = [...evaluator.alerts.values()].filter(({ labels }) => labels.alertname === name);
      if (found.length !== 1) throw new Error(`expected one alert ${name}, found ${found.length}`);
      return found[0]!;
    },
    restarts(container) {
      return [...evaluator.histories.values()].flatMap(({ containers }) => containers[container]?.restarts ?? []);
    },
    evaluator,
  };
}
