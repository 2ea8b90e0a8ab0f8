import {
  alertStatus,
  isDue,
  type LastDelivery,
  type LegacyStatus,
  type RestartPolicy,
} from "../../core/delivery/delivery-due.ts";
import { podLabels } from "../../core/detect/detector.ts";
import type { Alert, AlertLabels, Alertname } from "../../core/model/alert.ts";
import { countedContainers } from "../../core/model/container.ts";
import { fingerprint } from "../../core/model/fingerprint.ts";
import { countedAt, unplannedRestarts } from "../../core/model/history.ts";
import { own } from "../../core/model/own.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { Policy } from "../../core/model/policy.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConfirmedDelivery } from "../../ports/delivery.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { ContainerView } from "./legacy-status.ts";

/** Containers with their counted restarts and alerts. */
export interface Containers {
  /** The pods of one namespace, by name. */
  pods(namespace: string): PodSnapshot[];
  count(namespace: string): number;
  ofPod(pod: PodSnapshot): ContainerView[];
  /** The container that an alert is about, while its pod is there; undefined for what concerns no single container. */
  ofAlert(alert: Alert): ContainerView | undefined;
  status(view: ContainerView, confirmedDeliveries: ReadonlyMap<string, ConfirmedDelivery>): LegacyStatus;
  /** With only the restarts since the last delivery of one of its alerts, which restarts the count. */
  sinceDelivery(view: ContainerView, confirmedDeliveries: ReadonlyMap<string, ConfirmedDelivery>): ContainerView;
  /** The policy for a pod; without a pod, the policy without overrides. */
  policy(pod?: Pick<PodSnapshot, "namespace" | "annotations">): Policy;
  /** The thresholds in force for an alert: those of its pod while it is there, else of its namespace. */
  restartPolicy(labels: Pick<AlertLabels, "namespace" | "pod">): RestartPolicy;
  /** Whether an alert is due, given its last delivery. */
  isDue(alert: Alert, last: LastDelivery | undefined): boolean;
  /** All watched namespaces. */
  namespaces(): readonly string[];
}

export interface ContainersDeps {
  readonly live: LiveState;
  readonly clock: Clock;
  readonly policyFor: PolicyFor;
}

/** Alerts that concern a single container. */
const CONTAINER_ALERTS: readonly Alertname[] = [
  "PodRestartingTooOften",
  "PodCrashLooping",
  "PodImagePullFailing",
  "ContainerCannotStart",
  "ContainerOOMKilled",
];

/** The rules in force for a pod of this namespace with these `pod-watcher.io/` annotations; "" for no namespace. */
export type PolicyFor = (namespace: string, annotations: PodSnapshot["annotations"]) => Policy;

export function createContainers({ live, clock, policyFor }: ContainersDeps): Containers {
  const policy: Containers["policy"] = (pod) => policyFor(pod?.namespace ?? "", pod?.annotations);

  const restartPolicy: Containers["restartPolicy"] = ({ namespace, pod }) => {
    const annotations = pod === undefined ? undefined : live.source.pod(namespace, pod)?.annotations;
    const { restartThreshold, restartTimeframe } = policyFor(namespace, annotations);
    return { threshold: restartThreshold, timeframe: restartTimeframe };
  };

  function views(pod: PodSnapshot): ContainerView[] {
    const inForce = policy(pod);
    const history = live.history(pod.uid);
    const from = clock.now() - inForce.restartTimeframe;
    return countedContainers(pod, inForce).map((container) => ({
      pod,
      container,
      restarts: unplannedRestarts(own(history?.containers, container.name)?.restarts ?? []).filter(
        ({ at }) => at > from,
      ),
    }));
  }

  return {
    pods: (namespace) =>
      [...live.source.pods(namespace)].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    count: (namespace) => {
      let count = 0;
      for (const pod of live.source.pods(namespace)) count += pod.containers.length;
      return count;
    },
    ofPod: views,
    ofAlert: ({ labels, subject }) => {
      if (labels.container === undefined || labels.pod === undefined) return undefined;
      const pod = live.source.pod(labels.namespace, labels.pod);
      if (pod === undefined || (subject.podUid !== undefined && pod.uid !== subject.podUid)) return undefined;
      return views(pod).find(({ container }) => container.name === labels.container);
    },
    status: ({ pod, container }, confirmedDeliveries) => {
      const concerning = live
        .alertsOf(pod.uid)
        .filter(({ labels }) => labels.container === undefined || labels.container === container.name);
      return alertStatus(
        concerning,
        ({ fingerprint }) => confirmedDeliveries.get(fingerprint),
        ({ labels }) => restartPolicy(labels),
        clock.now(),
      );
    },
    sinceDelivery: (view, confirmedDeliveries) => {
      if (view.restarts.length === 0 || confirmedDeliveries.size === 0) return view;
      const { pod, container } = view;
      const times = CONTAINER_ALERTS.map(
        (alertname) =>
          confirmedDeliveries.get(fingerprint({ ...podLabels(alertname, pod), container: container.name }))?.at,
      );
      const last = Math.max(...times.filter((at) => at !== undefined));
      return { ...view, restarts: view.restarts.filter((restart) => countedAt(restart) > last) };
    },
    policy,
    restartPolicy,
    isDue: (alert, last) => isDue(alert, last, restartPolicy(alert.labels), clock.now()),
    namespaces: () => live.source.namespaces(),
  };
}
