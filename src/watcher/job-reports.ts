import { jobFailure, jobLabels } from "../core/detect/job.ts";
import type { Alert, Finding, KeyEvidence } from "../core/model/alert.ts";
import { fingerprint } from "../core/model/fingerprint.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import type { EvaluatedAlerts } from "./evaluated-alerts.ts";
import type { JobName, TrackedJob } from "./job-reads.ts";
import type { ReportedFindings } from "./reported-findings.ts";

export interface JobReportsOptions {
  readonly alerts: Pick<EvaluatedAlerts, "get">;
  readonly podsOf: (job: JobName) => readonly PodSnapshot[];
  readonly report: ReportedFindings["report"];
}

/** The findings of Jobs. The runs of a CronJob share their alerts, each as a source of its own. */
export interface JobReports {
  openAlerts(job: Pick<JobName, "namespace" | "workload">): readonly Alert[];
  report(job: TrackedJob, finding: Finding): void;
  /** The Job has no finding. */
  clear(job: TrackedJob, reason: string): void;
  /** Describes the failure again, with evidence about its pod. */
  describe(job: TrackedJob, evidence: KeyEvidence): void;
}

export function createJobReports({ alerts, podsOf, report }: JobReportsOptions): JobReports {
  function openAlerts({ namespace, workload }: Pick<JobName, "namespace" | "workload">): readonly Alert[] {
    return (["JobFailed", "JobNotCompleting"] as const).flatMap((name) => {
      const alert = alerts.get(fingerprint(jobLabels(name, namespace, workload)));
      return alert === undefined || alert.state.name === "resolved" ? [] : alert;
    });
  }

  function reportAs(job: TrackedJob, finding: Finding): void {
    const annotations = (job.pod ?? podsOf(job)[0])?.annotations;
    report(sourceOf(job), job.namespace, [finding], annotations && { annotations });
  }

  return {
    openAlerts,

    /** The facts of an open alert are kept: they include a pod that may be gone. */
    report(job, finding) {
      const open = openAlerts(job).find(({ labels }) => labels.alertname === finding.labels.alertname);
      const isOwn = open?.sources.includes(sourceOf(job)) ?? false;
      reportAs(job, { ...finding, ...(isOwn && { annotations: open!.annotations, subject: open!.subject }) });
    },

    clear(job, reason) {
      if (openAlerts(job).some(({ sources }) => sources.includes(sourceOf(job)))) {
        report(sourceOf(job), job.namespace, [], { reason });
      }
    },

    describe(job, evidence) {
      if (job.failure === undefined || job.pod?.uid !== evidence.podUid) return;
      reportAs(job, jobFailure(job.failure, job.workload, job.pod, evidence));
    },
  };
}

const SOURCE = "job:";

function sourceOf({ namespace, name }: Pick<JobName, "namespace" | "name">): string {
  return `${SOURCE}${namespace}/${name}`;
}

/** The Job of a source that `JobReports` reported; undefined for any other. */
export function jobOfSource(source: string): Pick<JobName, "namespace" | "name"> | undefined {
  if (!source.startsWith(SOURCE)) return undefined;
  const [namespace = "", name = ""] = source.slice(SOURCE.length).split("/");
  return { namespace, name };
}
