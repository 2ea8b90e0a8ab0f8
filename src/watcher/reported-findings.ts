import { evaluateFindings } from "../core/evaluate/evaluate.ts";
import type { Finding } from "../core/model/alert.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { Policy } from "../core/model/policy.ts";
import { earliest, type Instant } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { NamespaceHealth, PodSource } from "../ports/pods.ts";
import type { BatchWriter } from "./batch-writer.ts";
import type { DelayQueue } from "./delay-queue.ts";
import type { EvaluatedAlerts } from "./evaluated-alerts.ts";

export interface NamespaceInspection {
  /** Undefined while the state of the watch is undecided: open alerts stay as they are. */
  readonly findings: readonly Finding[] | undefined;
  readonly reevaluateAt: Instant | undefined;
}

/** Finds problems of a namespace's watch, and when time alone will change the result. */
export type InspectNamespace = (health: NamespaceHealth, policy: Policy, now: Instant) => NamespaceInspection;

interface LastReport {
  readonly namespace: string;
  readonly findings: readonly Finding[];
  readonly details: ReportDetails;
}

export interface ReportedFindingsOptions {
  readonly clock: Clock;
  readonly source: Pick<PodSource, "healthOf">;
  readonly policyFor: (namespace: string, annotations: PodSnapshot["annotations"]) => Policy;
  readonly inspectNamespace: InspectNamespace;
  /** Called before the findings of a namespace are reported. */
  readonly inspectCluster: (health: NamespaceHealth) => void;
  readonly writer: BatchWriter;
  readonly alerts: EvaluatedAlerts;
  readonly delays: DelayQueue;
}

export interface ReportDetails {
  /** Why findings are no longer reported, in one sentence. */
  readonly reason?: string;
  /** The `pod-watcher.io/` annotations that change the policy. */
  readonly annotations?: PodSnapshot["annotations"];
}

/** Findings that do not come from a pod: from the health of a namespace, and from pollers. */
export interface ReportedFindings {
  /** Replaces all findings of this source. A source name contains a colon. */
  report(source: string, namespace: string, findings: readonly Finding[], details?: ReportDetails): void;
  inspect(health: NamespaceHealth): void;
  inspectByName(namespace: string): void;
  /** Evaluates the last findings of a source again at its deadline. */
  reevaluate(source: string): void;
  /** The namespace of a source that was reported and may still change with time. */
  namespaceOf(source: string): string | undefined;
  /** Clears the findings of every source in a namespace that is no longer watched. */
  close(namespace: string): void;
}

export function createReportedFindings(options: ReportedFindingsOptions): ReportedFindings {
  const { clock, source: pods, writer, alerts, delays } = options;
  const reported = new Map<string, LastReport>();

  function reconcile(
    source: string,
    findings: readonly Finding[],
    policy: Policy,
    now: Instant,
    reason?: string,
  ): Instant | undefined {
    const prior = { alert: alerts.get, alerts: alerts.openOf(source) };
    const evaluation = evaluateFindings(prior, source, findings, policy, now, reason);
    alerts.apply(evaluation);
    return evaluation.reevaluateAt;
  }

  function report(source: string, namespace: string, findings: readonly Finding[], details: ReportDetails = {}): void {
    const policy = options.policyFor(namespace, details.annotations);
    const reevaluateAt = reconcile(source, findings, policy, clock.now(), details.reason);
    if (reevaluateAt === undefined) reported.delete(source);
    else reported.set(source, { namespace, findings, details });
    delays.set(source, reevaluateAt);
    writer.namespaceChanged(namespace);
  }

  function inspect(health: NamespaceHealth): void {
    options.inspectCluster(health);
    const now = clock.now();
    const policy = options.policyFor(health.namespace, undefined);
    const { findings, reevaluateAt } = options.inspectNamespace(health, policy, now);
    const source = sourceOfNamespace(health.namespace);
    const next = findings && reconcile(source, findings, policy, now);
    reported.delete(source);
    delays.set(source, earliest(reevaluateAt, next));
    writer.namespaceChanged(health.namespace);
  }

  return {
    report,
    inspect,
    inspectByName(namespace) {
      const health = pods.healthOf(namespace);
      if (health !== undefined) inspect(health);
    },
    reevaluate(source) {
      const last = reported.get(source);
      if (last !== undefined) report(source, last.namespace, last.findings, last.details);
    },
    namespaceOf: (source) => reported.get(source)?.namespace,
    close(namespace) {
      delays.set(sourceOfNamespace(namespace), undefined);
      for (const [source, { labels }] of [...alerts.openSources()]) {
        if (source.includes(":") && labels.namespace === namespace) report(source, namespace, []);
      }
      writer.namespaceChanged(namespace);
    },
  };
}

const NAMESPACE_SOURCE = "namespace:";

export function sourceOfNamespace(namespace: string): string {
  return `${NAMESPACE_SOURCE}${namespace}`;
}

/** The namespace of a source that `sourceOfNamespace` returned; undefined for any other. */
export function namespaceOfSource(source: string): string | undefined {
  return source.startsWith(NAMESPACE_SOURCE) ? source.slice(NAMESPACE_SOURCE.length) : undefined;
}
