import type { Finding } from "../model/alert.ts";
import type { Workload } from "../model/pod.ts";
import { earliest, type Instant, MINUTE } from "../model/time.ts";
import { formatInstant, quoted, sentences } from "../text/text.ts";
import { type DetectorInfo, finding } from "./detector.ts";

/** There is no pod to look at: only the events of the controller tell. */
export const cannotCreatePods: DetectorInfo = {
  name: "WorkloadCannotCreatePods",
  help: "A controller cannot create the pods of a workload: a quota, a policy or an admission webhook refuses them.",
  severity: "critical",
};

/** What a core/v1 Event says of a controller that makes pods. */
export interface ControllerEvent {
  readonly namespace: string;
  /** `involvedObject`: a ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Job or CronJob. */
  readonly kind: string;
  readonly name: string;
  /** FailedCreate, SuccessfulCreate; others are ignored. */
  readonly reason: string;
  readonly message: string;
  /** When it was last seen, and first. */
  readonly at: Instant;
  readonly firstAt: Instant;
  readonly count: number;
}

export interface Inspection {
  readonly findings: readonly Finding[];
  /** When time alone could change the answer. */
  readonly reevaluateAt: Instant | undefined;
}

/** Controllers try again after at most 1,000 s (workqueue's default rate limiter): silence for longer is the end of it. */
const SILENT_AFTER = 20 * MINUTE;

/** The workloads of which the newest word is that a pod could not be created. */
export function inspectControllers(events: Iterable<ControllerEvent>, now: Instant): Inspection {
  const newest = new Map<string, { workload: Workload; event: ControllerEvent; since: Instant }>();
  for (const event of [...events].sort((a, b) => a.at - b.at)) {
    if (event.reason !== "FailedCreate" && event.reason !== "SuccessfulCreate") continue;
    const workload = workloadOfController(event);
    const key = `${event.namespace}/${workload.kind}/${workload.name}`;
    const before = newest.get(key);
    const since = before?.event.reason === event.reason ? Math.min(before.since, event.firstAt) : event.firstAt;
    newest.set(key, { workload, event, since });
  }
  const findings: Finding[] = [];
  let reevaluateAt: Instant | undefined;
  for (const { workload, event, since } of newest.values()) {
    const end = event.at + SILENT_AFTER;
    if (event.reason !== "FailedCreate" || end <= now) continue;
    findings.push(creationFailure(workload, event, since));
    reevaluateAt = earliest(reevaluateAt, end);
  }
  return { findings, reevaluateAt };
}

function creationFailure(workload: Workload, event: ControllerEvent, since: Instant): Finding {
  const label = `${workload.kind}/${workload.name}`;
  const refusal = REFUSALS.find(({ pattern }) => pattern.test(event.message));
  return finding(
    cannotCreatePods,
    { alertname: cannotCreatePods.name, namespace: event.namespace, workload: label },
    {
      summary: `${label} cannot create pods${refusal === undefined ? "" : `: ${refusal.words}`}`,
      description: sentences(
        `${event.kind} ${event.name} tried since ${formatInstant(since)}.`,
        `Kubernetes says: ${quoted(event.message)}.`,
        refusal?.remedy,
      ),
      reason: "FailedCreate",
      cause: refusal?.cause ?? "FailedCreate",
    },
    { workload },
    since,
  );
}

/** The characters of generated hashes (apimachinery rand.SafeEncodeString): no vowels, nothing that looks alike. */
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

const REFUSALS: readonly { pattern: RegExp; cause: string; words: string; remedy: string }[] = [
  {
    pattern: /exceeded quota/,
    cause: "QuotaExceeded",
    words: "the quota of the namespace is used up",
    remedy: "Raise the ResourceQuota, or lower what the pods request.",
  },
  {
    pattern: /must specify (limits|requests)|(maximum|minimum) (cpu|memory) usage per/,
    cause: "LimitRange",
    words: "its requests or limits are not what the namespace asks for",
    remedy: "Set requests and limits as the ResourceQuota and LimitRange ask for.",
  },
  {
    pattern: /security context constraint/,
    cause: "SecurityContextConstraint",
    words: "no security context constraint (SCC) allows its pods",
    remedy:
      "Have the pod ask for less (user, volumes, capabilities), or give its service account an SCC that allows it.",
  },
  {
    pattern: /violates PodSecurity/,
    cause: "PodSecurity",
    words: "its pods violate the Pod Security Standard of the namespace",
    remedy: "Have the pod ask for less (user, volumes, capabilities), or change the namespace's level.",
  },
  {
    pattern: /failed calling webhook/,
    cause: "WebhookFailed",
    words: "an admission webhook does not answer",
    remedy: "Look at the webhook's own pods: as long as it does not answer, nothing that it watches can be created.",
  },
  {
    pattern: /admission webhook .* denied/,
    cause: "WebhookDenied",
    words: "an admission webhook refuses its pods",
    remedy: "The message says which policy it is and what it asks for.",
  },
  {
    pattern: /service ?account .*not found/,
    cause: "ServiceAccountMissing",
    words: "its service account does not exist",
    remedy: "Create the service account, or name another one.",
  },
  {
    pattern: /is invalid:/,
    cause: "Invalid",
    words: "its pod template is not valid",
    remedy: "The message names the field.",
  },
];
