import type { Alert, AlertLabels, AlertState, Transition } from "../../src/core/model/alert.ts";
import { fingerprint } from "../../src/core/model/fingerprint.ts";
import type { Restart } from "../../src/core/model/history.ts";
import type { Instant } from "../../src/core/model/time.ts";
import type { Batch } from "../../src/ports/store.ts";

export interface AlertOptions extends Partial<AlertLabels> {
  readonly episode?: number;
  readonly firedAt?: Instant;
  readonly resolvedAt?: Instant;
  readonly pendingSince?: Instant;
  readonly restartsAt?: readonly Instant[];
}

/** An alert that fires since `firedAt` (0 by default), or is resolved or pending when such a time is given. */
export function makeAlert(options: AlertOptions = {}): Alert {
  const labels: AlertLabels = {
    alertname: options.alertname ?? "PodCrashLooping",
    namespace: options.namespace ?? "shop",
    workload: options.workload ?? "Deployment/checkout",
    pod: options.pod ?? "checkout-1",
    container: options.container ?? "app",
  };
  return {
    fingerprint: fingerprint(labels),
    episode: options.episode ?? 1,
    labels,
    severity: labels.alertname === "PodRestartingTooOften" ? "warning" : "critical",
    state: makeState(options),
    sources: [`uid-of-${labels.pod}`],
    annotations: {
      summary: `${labels.pod} is in trouble`,
      description: "It says “no”: \u0000 and 💥.",
      reason: "Error",
    },
    subject: {
      workload: { kind: "Deployment", name: "checkout" },
      container: {
        name: labels.container!,
        type: "main",
        image: "registry/checkout:1",
        restartCount: options.restartsAt?.length ?? 0,
        restarts: (options.restartsAt ?? []).map(makeRestart),
        state: { name: "waiting", reason: "CrashLoopBackOff", message: "back-off 10s" },
      },
    },
  };
}

function makeState({ firedAt = 0, resolvedAt, pendingSince }: AlertOptions): AlertState {
  if (pendingSince !== undefined) return { name: "pending", activeAt: pendingSince, lastSeenAt: pendingSince };
  if (resolvedAt !== undefined) return { name: "resolved", activeAt: firedAt, firedAt, resolvedAt };
  return { name: "firing", activeAt: firedAt, firedAt, lastSeenAt: firedAt };
}

function makeRestart(at: Instant): Restart {
  return { at, reason: "Error", exitCode: 1, inferred: false };
}

export function makeTransition(alert: Alert, at: Instant, from: Transition["from"] = "inactive"): Transition {
  const { fingerprint, episode, labels } = alert;
  return { at, fingerprint, episode, labels, from, to: alert.state.name, reason: "it was seen" };
}

/** A batch with these parts only. */
export function makeBatch(parts: Partial<Batch> = {}): Batch {
  return {
    at: 0,
    pods: new Map(),
    workloads: new Map(),
    alerts: [],
    dropped: [],
    transitions: [],
    terminations: [],
    checkpoints: new Map(),
    ...parts,
  };
}
