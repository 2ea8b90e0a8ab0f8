import {
  type ClusterContact,
  type ClusterOutage,
  type CutOff,
  clusterContact,
  clusterOutage,
} from "../core/detect/cluster-health.ts";
import type { Finding } from "../core/model/alert.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { Policy } from "../core/model/policy.ts";
import type { Clock } from "../ports/clock.ts";
import type { NamespaceHealth, PodSource } from "../ports/pods.ts";
import type { DelayQueue } from "./delay-queue.ts";

export interface ClusterFindingsOptions {
  readonly clock: Clock;
  readonly source: Pick<PodSource, "namespaces">;
  readonly policyFor: (namespace: string, annotations: PodSnapshot["annotations"]) => Policy;
  /** The namespace of our credentials: the alert is reported for it if it is watched, otherwise for the first one. */
  readonly ownNamespace: string | undefined;
  readonly report: (source: string, namespace: string, findings: readonly Finding[]) => void;
  readonly delays: Pick<DelayQueue, "set">;
}

/** Reports that all watched namespaces are cut off from the cluster. */
export interface ClusterFindings {
  /** Call it before the namespace's own findings are reported, so that both are committed together. */
  inspect(health: NamespaceHealth): void;
  /** Reports again at the deadline of `CLUSTER_SOURCE`. */
  reevaluate(): void;
  unwatched(namespace: string): void;
}

export const CLUSTER_SOURCE = "cluster:";

export function createClusterFindings(options: ClusterFindingsOptions): ClusterFindings {
  const { clock, source, policyFor, ownNamespace, report, delays } = options;
  const contacts = new Map<string, ClusterContact>();
  const cutOff = new Map<string, CutOff>();
  let answered = 0;
  /** Of the present contacts; undefined while it is not computed. */
  let outage: ClusterOutage | undefined;
  /** At the start, there may be a stored alert. */
  let isReported = true;

  function set(namespace: string, contact: ClusterContact | undefined): void {
    const before = contacts.get(namespace);
    if (before?.name === "answered") answered--;
    if (contact?.name === "answered") answered++;
    if (contact === undefined) contacts.delete(namespace);
    else contacts.set(namespace, contact);
    if (contact?.name === "cutOff") cutOff.set(namespace, contact);
    else cutOff.delete(namespace);
    if (causeOf(before) !== causeOf(contact)) outage = undefined;
  }

  /** With an answer for one namespace, the cluster is reachable. While some are unknown, an open alert stays open. */
  function reevaluate(): void {
    const namespaces = source.namespaces();
    const [first] = namespaces;
    if (first === undefined) return;
    if (answered > 0) {
      if (isReported) report(CLUSTER_SOURCE, first, []);
      isReported = false;
      return;
    }
    if (cutOff.size < namespaces.length) return;
    const shown = ownNamespace !== undefined && cutOff.has(ownNamespace) ? ownNamespace : first;
    outage = clusterOutage(shown, cutOff);
    if (clock.now() < outage.dueAt) {
      delays.set(CLUSTER_SOURCE, outage.dueAt);
      return;
    }
    isReported = true;
    report(CLUSTER_SOURCE, shown, [outage.finding]);
  }

  return {
    inspect(health) {
      const { namespace } = health;
      set(namespace, clusterContact(health, policyFor(namespace, undefined)));
      // During an outage, thousands of namespaces are inspected: it is computed once, and reported at its deadline.
      if (outage === undefined || (clock.now() >= outage.dueAt && !isReported)) reevaluate();
    },
    reevaluate,
    unwatched(namespace) {
      set(namespace, undefined);
      reevaluate();
    },
  };
}

function causeOf(contact: ClusterContact | undefined): string | undefined {
  return contact?.name === "cutOff" ? contact.cause : contact?.name;
}
