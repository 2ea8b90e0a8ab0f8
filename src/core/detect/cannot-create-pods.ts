import type { Finding } from "../model/alert.ts";
import type { PodSnapshot, Workload } from "../model/pod.ts";
import { earliest, type Instant, MINUTE } from "../model/time.ts";
import { workloadKey, workloadLabel } from "../model/workload.ts";
import { firstFitting, formatInstant, quoted, sentences } from "../text/text.ts";
import { type DetectorInfo, finding } from "./detector.ts";
import { type ImageStreamTag, type MissingImage, missingImage } from "./missing-image.ts";
import { sccRefusal } from "./scc-refusal.ts";

/** There is no pod to observe: only the events of the controller show the failure. */
export const cannotCreatePods: DetectorInfo = {
  name: "WorkloadCannotCreatePods",
  help: "A controller cannot create the pods of a workload because of a quota, a policy or an admission webhook.",
  severity: "critical",
};

/** A core/v1 Event about a controller that creates pods. */
export interface ControllerEvent {
  readonly namespace: string;
  /** `involvedObject`: a ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Job or CronJob. */
  readonly kind: string;
  readonly name: string;
  /** FailedCreate or SuccessfulCreate; other events are ignored. */
  readonly reason: string;
  readonly message: string;
  /** When the event last occurred. */
  readonly at: Instant;
  readonly firstAt: Instant;
  readonly count: number;
  /** From the image trigger of the controller (`image.openshift.io/triggers`). */
  readonly imageTag?: ImageStreamTag;
}

export interface Inspection {
  readonly findings: readonly Finding[];
  /** When time alone could change the result. */
  readonly reevaluateAt: Instant | undefined;
}

/** Controllers retry after 1,000 s at most (the default rate limiter of workqueue), so a longer silence means recovery. */
const EXPIRES_AFTER = 20 * MINUTE;

/** Reports the workloads whose latest event is a failure to create a pod. `pods` are those of their namespace. */
export function inspectControllers(
  events: Iterable<ControllerEvent>,
  now: Instant,
  pods: Iterable<PodSnapshot> = [],
): Inspection {
  const newest = new Map<string, { workload: Workload; event: ControllerEvent; since: Instant }>();
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    if (event.reason !== "FailedCreate" && event.reason !== "SuccessfulCreate") continue;
    const workload = workloadOfController(event);
    const key = workloadKey(event.namespace, workload);
    const before = newest.get(key);
    const since = before?.event.reason === event.reason ? Math.min(before.since, event.firstAt) : event.firstAt;
    newest.set(key, { workload, event, since });
  }
  const findings: Finding[] = [];
  let reevaluateAt: Instant | undefined;
  for (const { workload, event, since } of newest.values()) {
    const end = event.at + EXPIRES_AFTER;
    if (event.reason !== "FailedCreate" || end <= now) continue;
    reevaluateAt = earliest(reevaluateAt, end);
    const { namespace, message, imageTag: tag } = event;
    const image = missingImage({ workload, namespace, message, tag, since }, pods);
    if (image === undefined || (image.dueAt !== undefined && image.dueAt <= now)) {
      findings.push(creationFailure(workload, event, since, image));
    } else reevaluateAt = earliest(reevaluateAt, image.dueAt);
  }
  return { findings, reevaluateAt };
}

function creationFailure(
  workload: Workload,
  event: ControllerEvent,
  since: Instant,
  image: MissingImage | undefined,
): Finding {
  const label = workloadLabel(workload);
  const rejection = REJECTIONS.find(({ pattern }) => pattern.test(event.message));
  const scc = sccRefusal(event.message, event.namespace);
  const { explanation, remedy } = { ...rejection, ...scc, ...image };
  // The message lists each SCC of the cluster, so that a cut would remove the reason.
  const message = scc === undefined || scc.reasons.length === 0 ? event.message : scc.reasons.join("; ");
  return finding(
    cannotCreatePods,
    { alertname: cannotCreatePods.name, namespace: event.namespace, workload: label },
    {
      summary:
        explanation === undefined
          ? `${label} cannot create pods`
          : firstFitting(
              `${label} cannot create pods: ${explanation}`,
              `${label} cannot create pods: ${scc?.short ?? explanation}`,
              // The alert has the workload as a label too; the reason is only here.
              `Cannot create pods: ${scc?.short ?? explanation}`,
            ),
      description: sentences(
        `${event.kind} ${event.name} has been failing to create pods since ${formatInstant(since)}.`,
        `Kubernetes reports: ${quoted(message)}.`,
        image?.progress,
        remedy,
      ),
      reason: "FailedCreate",
      cause: image === undefined ? (rejection?.cause ?? "FailedCreate") : "ImageMissing",
    },
    { workload },
    since,
  );
}

/** Generated hashes contain no vowels and no ambiguous characters (apimachinery, rand.SafeEncodeString). */
const TEMPLATE_HASH = /^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5,10}$/;

function workloadOfController({ kind, name }: ControllerEvent): Workload {
  if (kind === "ReplicaSet") {
    const deployment = TEMPLATE_HASH.exec(name)?.[1];
    if (deployment !== undefined) return { kind: "Deployment", name: deployment };
  }
  if (kind === "ReplicationController") {
    const config = /^(.+)-\d+$/.exec(name)?.[1];
    if (config !== undefined) return { kind: "DeploymentConfig", name: config };
  }
  if (kind === "Job") {
    const cronJob = /^(.+)-\d{8,10}$/.exec(name)?.[1];
    if (cronJob !== undefined) return { kind: "CronJob", name: cronJob };
  }
  return { kind, name };
}

const REJECTIONS: readonly { pattern: RegExp; cause: string; explanation: string; remedy: string }[] = [
  {
    pattern: /exceeded quota/,
    cause: "QuotaExceeded",
    explanation: "the quota of the namespace is exceeded",
    remedy: "Raise the ResourceQuota, or reduce the requests of the pods.",
  },
  {
    pattern: /must specify (limits|requests)|(maximum|minimum) (cpu|memory) usage per/,
    cause: "LimitRange",
    explanation: "its requests or limits violate the rules of the namespace",
    remedy: "Set requests and limits as required by the ResourceQuota and LimitRange.",
  },
  {
    pattern: /security context constraint/,
    cause: "SecurityContextConstraint",
    explanation: "no security context constraint (SCC) allows its pods",
    remedy:
      "Remove settings that the SCCs do not allow (user, volumes, capabilities), or grant its service account an SCC that allows them.",
  },
  {
    pattern: /violates PodSecurity/,
    cause: "PodSecurity",
    explanation: "its pods violate the Pod Security Standard of the namespace",
    remedy: "Remove the settings that violate it (user, volumes, capabilities), or change the level of the namespace.",
  },
  {
    pattern: /failed calling webhook/,
    cause: "WebhookFailed",
    explanation: "calling an admission webhook failed",
    remedy: "Check the pods of the webhook. Until it responds, the resources it validates cannot be created.",
  },
  {
    pattern: /admission webhook .* denied/,
    cause: "WebhookDenied",
    explanation: "an admission webhook rejects its pods",
    remedy: "Check the message for the policy and what it requires.",
  },
  {
    pattern: /service ?account .*not found/,
    cause: "ServiceAccountMissing",
    explanation: "its service account does not exist",
    remedy: "Create the service account, or configure another one.",
  },
  {
    pattern: /is invalid:/,
    cause: "Invalid",
    explanation: "its pod template is not valid",
    remedy: "Check the message for the invalid field.",
  },
];
