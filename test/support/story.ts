import type { PodObservation, RemovalReason } from "../../src/core/evaluate/evaluate.ts";
import { createMemory, type ReplayedTransition } from "../../src/core/evaluate/replay.ts";
import type { Alert } from "../../src/core/model/alert.ts";
import type { PodSnapshot } from "../../src/core/model/pod.ts";
import { defaultPolicy, type Policy } from "../../src/core/model/policy.ts";
import type { Duration, Instant } from "../../src/core/model/time.ts";

/** Noon of a day on which nothing else happens. */
export const NOON: Instant = Date.UTC(2026, 0, 1, 12);

type Before = Omit<Extract<PodObservation, { type: "updated" }>, "type" | "pod">;

/** A pod's story as the core is told it: looks and the time between them, its own deadlines met in between. */
export interface Story {
  readonly now: Instant;
  /** Looks at the pod now. */
  see(pod: PodSnapshot, before?: Before): void;
  gone(pod: PodSnapshot, reason?: RemovalReason): void;
  /** Lets time pass. */
  wait(span: Duration): void;
  /** `Alertname container`, of what fires now; the container left out where there is none. */
  firing(): string[];
  pending(): string[];
  /** `Alertname: from → to`, in order. */
  readonly told: readonly string[];
  readonly transitions: readonly ReplayedTransition[];
  alert(name: string): Alert;
  restarts(container: string): readonly { at: Instant; reason: string | undefined; inferred: boolean }[];
  readonly memory: ReturnType<typeof createMemory>;
}

export function aStory({ policy = defaultPolicy, now = NOON }: { policy?: Policy; now?: Instant } = {}): Story {
  const memory = createMemory(policy);
  const transitions: ReplayedTransition[] = [];
  const last = new Map<string, PodSnapshot>();
  let clock = now;

  const named = (state: string) =>
    [...memory.alerts.values()]
      .filter((alert) => alert.state.name === state)
      .map(({ labels }) => [labels.alertname, labels.container].filter((part) => part !== undefined).join(" "))
      .toSorted();

  return {
    get now() {
      return clock;
    },
    see(pod, before) {
      const previous = last.get(pod.uid);
      last.set(pod.uid, pod);
      transitions.push(
        ...memory.take({ type: "updated", pod, ...(previous === undefined ? {} : { previous }), ...before }, clock),
      );
    },
    gone(pod, reason = "deleted") {
      last.delete(pod.uid);
      transitions.push(...memory.take({ type: "removed", pod, reason }, clock));
    },
    wait(span) {
      transitions.push(...memory.advance(clock + span));
      clock += span;
    },
    firing: () => named("firing"),
    pending: () => named("pending"),
    get told() {
      return transitions.map(({ transition: { labels, from, to } }) => `${labels.alertname}: ${from} → ${to}`);
    },
    transitions,
    alert(name) {
      const found = [...memory.alerts.values()].filter(({ labels }) => labels.alertname === name);
      if (found.length !== 1) throw new Error(`${found.length} alerts are called ${name}`);
      return found[0]!;
    },
    restarts(container) {
      return [...memory.histories.values()].flatMap(({ containers }) => containers[container]?.restarts ?? []);
    },
    memory,
  };
}
