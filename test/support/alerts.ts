import type { Alert, AlertLabels } from "../../src/core/model/alert.ts";
import { fingerprint } from "../../src/core/model/fingerprint.ts";

/** A firing crash loop of container app in pod checkout-0 of namespace shop; a test overrides fields. */
export function anAlert({
  labels: given = {},
  ...changes
}: Partial<Omit<Alert, "labels">> & { readonly labels?: Partial<AlertLabels> } = {}): Alert {
  const labels: AlertLabels = {
    alertname: "PodCrashLooping",
    namespace: "shop",
    workload: "Deployment/checkout",
    pod: "checkout-0",
    container: "app",
    ...given,
  };
  const at = Date.UTC(2026, 0, 1);
  return {
    fingerprint: fingerprint(labels),
    episode: 1,
    labels,
    severity: "critical",
    state: { name: "firing", activeAt: at, firedAt: at, lastSeenAt: at },
    sources: [`uid-of-${labels.pod}`],
    annotations: {
      summary: `Container ${labels.container} of ${labels.pod} keeps crashing`,
      description: "It exits with code 1 and waits 1m20s before the next try.",
      reason: "CrashLoopBackOff",
    },
    subject: { workload: { kind: "Deployment", name: "checkout" }, podUid: `uid-of-${labels.pod}` },
    ...changes,
  };
}
