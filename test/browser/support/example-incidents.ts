import type { Incident } from "../../../src/http/base/api-types.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const DAY_OF = (end: string) => end.padStart(48, ".");

type Handling = Incident["handling"];
const sent = (receiver: string, at: number): Handling => ({ attention: true, notified: [{ receiver, at }] });

interface Short extends Partial<Omit<Incident, "restarts">> {
  readonly restarts?: readonly [total: number, window: number];
}

function incidentOf(
  at: number,
  [namespace, workload]: readonly [namespace: string, workload: string],
  ago: number,
  { restarts, ...more }: Short & Pick<Incident, "severity" | "cause" | "why" | "short">,
): Incident {
  const key = `${namespace}/${workload}`;
  const since = at - ago;
  return {
    id: `${key}@${Math.floor(since / SECOND)}`,
    key,
    kind: workload.startsWith("Namespace/") ? "namespace" : "workload",
    namespace,
    ...(workload.startsWith("Namespace/") ? {} : { workload }),
    phase: "open",
    since,
    timesIn24h: 1,
    pods: { failing: 1, total: 1 },
    ...(restarts === undefined ? {} : { restarts: { total: restarts[0], window: restarts[1] } }),
    strip: DAY_OF(more.severity.charAt(0)),
    handling: sent(more.severity === "critical" ? "on-call" : "team-chat", since + MINUTE),
    ...more,
  };
}

/** The incidents of a bad evening: eight need attention, two are handled, five have recovered. */
export function exampleIncidents(at: number): Incident[] {
  return [...failing(at), ...limping(at), ...handledOnes(at), ...recoveredOnes(at)];
}

function failing(at: number): Incident[] {
  return [
    incidentOf(at, ["platform", "Deployment/search-indexer"], 50 * SECOND, {
      severity: "critical",
      cause: "PodImagePullFailing",
      reason: "ImagePullBackOff",
      why: "The image cannot be pulled: there is no such image or tag.",
      short: "Image or tag does not exist",
      lastLine: {
        text: "registry.example.com/platform/search-indexer:2.15.0: not found",
        from: "kubernetes",
        pod: "search-indexer-5d9c7b6f4d-x2x7k",
        container: "search-indexer",
      },
      change: {
        kind: "rollout",
        at: at - 55 * SECOND,
        revision: "5d9c7b6f4d",
        image: "registry.example.com/platform/search-indexer:2.15.0",
        previousImage: "registry.example.com/platform/search-indexer:2.14.0",
        effect: "never-started",
      },
      now: { word: "ImagePullBackOff", since: at - 40 * SECOND, nextAttemptAt: at + 20 * SECOND },
      ready: { ready: 0, wanted: 1 },
      row: "platform/search-indexer-5d9c7b6f4d-x2x7k/search-indexer",
      handling: { attention: true, pendingUntil: at + 12 * SECOND },
    }),
    incidentOf(at, ["platform", "Deployment/gateway"], 12 * MINUTE, {
      severity: "critical",
      cause: "PodCrashLooping",
      reason: "CrashLoopBackOff",
      why: "Crashes right after it starts: exit 78 (application-specific code).",
      short: "Crashes right after it starts: exit 78",
      lastLine: {
        text: "FATAL routes.yaml:41: unknown key 'rewrite_path'",
        from: "log",
        pod: "gateway-6d6d444df4-9hq2w",
        container: "gateway",
        at: at - 40 * SECOND,
      },
      change: {
        kind: "rollout",
        at: at - 12 * MINUTE,
        revision: "6d6d444df4",
        image: "registry.example.com/platform/gateway:8.1.0",
        effect: "only-new-fails",
        healthy: [{ revision: "7485fd9b6f", image: "registry.example.com/platform/gateway:8.0.3" }],
      },
      now: { word: "CrashLoopBackOff", since: at - 40 * SECOND, nextAttemptAt: at + 4 * MINUTE },
      ready: { ready: 3, wanted: 4 },
      restarts: [7, 7],
      pods: { failing: 1, total: 4, nodes: ["worker-2"] },
      row: "platform/gateway-6d6d444df4-9hq2w/gateway",
    }),
    incidentOf(at, ["media", "Deployment/asset-store"], 18 * MINUTE, {
      severity: "critical",
      cause: "WorkloadCannotCreatePods",
      reason: "FailedCreate",
      why: "Cannot create pods: the namespace’s quota is used up.",
      short: "Cannot create pods: quota is used up",
      lastLine: {
        text: "exceeded quota: media-pods, requested: pods=1, used: pods=12, limited: pods=12",
        from: "kubernetes",
      },
      change: { kind: "scale", at: at - 18 * MINUTE, replicas: 4, previousReplicas: 2 },
      now: { word: "FailedCreate", detail: "2 pods missing" },
      ready: { ready: 2, wanted: 4 },
      pods: { failing: 2, total: 4 },
      strip: DAY_OF("c........c"),
    }),
    incidentOf(at, ["shop", "Deployment/checkout"], 31 * MINUTE, {
      severity: "critical",
      cause: "PodCrashLooping",
      reason: "CrashLoopBackOff",
      why: "Crashes right after it starts: something it depends on cannot be reached. Exit 1, both pods.",
      short: "A dependency cannot be reached: exit 1",
      timesIn24h: 2,
      lastLine: {
        text: "FATAL cannot reach database orders-db:5432",
        from: "log",
        pod: "checkout-6bc9d46bf5-dhntf",
        container: "checkout",
        at: at - 3 * MINUTE,
      },
      now: { word: "CrashLoopBackOff", since: at - 3 * MINUTE, nextAttemptAt: at + 2 * MINUTE },
      ready: { ready: 0, wanted: 2 },
      restarts: [22, 20],
      pods: { failing: 2, total: 2, nodes: ["worker-1", "worker-2"] },
      row: "shop/checkout-6bc9d46bf5-dhntf/checkout",
      strip: DAY_OF("wc......................cc"),
    }),
  ];
}

function limping(at: number): Incident[] {
  return [
    incidentOf(at, ["batch", "CronJob/nightly-report"], 17 * MINUTE, {
      severity: "warning",
      cause: "PodFailed",
      reason: "Error",
      why: "3 of the last 4 runs failed: exit 1 (application error).",
      short: "3 of the last 4 runs failed: exit 1",
      lastLine: {
        text: "KeyError: 'currency'",
        from: "log",
        pod: "nightly-report-29423930-7xk2p",
        container: "report",
      },
      now: { word: "Last run failed", since: at - 17 * MINUTE, nextAttemptAt: at + 3 * MINUTE },
      row: "batch/nightly-report-29423930-7xk2p/report",
      strip: DAY_OF("ww....w........www.........ww.....ww"),
    }),
    incidentOf(at, ["shop", "Deployment/payments"], 26 * MINUTE, {
      severity: "warning",
      cause: "ContainerOOMKilled",
      reason: "OOMKilled",
      why: "Runs out of memory about every 11 min and is killed (limit 512Mi).",
      short: "Runs out of memory (limit 512Mi)",
      lastLine: { text: "heap 508 MiB of 512 MiB", from: "log", at: at - 4 * MINUTE },
      change: {
        kind: "rollout",
        at: at - 37 * MINUTE,
        revision: "75c888ffb9",
        image: "registry.example.com/shop/payments:3.9.0",
        previousRevision: "66d9c7b5f8",
        previousImage: "registry.example.com/shop/payments:3.8.1",
        effect: "began-with-it",
      },
      now: { word: "Running", since: at - 4 * MINUTE, last: { text: "was killed", at: at - 4 * MINUTE } },
      ready: { ready: 2, wanted: 2 },
      restarts: [6, 4],
      pods: { failing: 2, total: 2, nodes: ["worker-1", "worker-3"] },
      row: "shop/payments-75c888ffb9-bw8sd/payments",
    }),
    incidentOf(at, ["shop", "Deployment/catalog"], 130 * MINUTE, {
      severity: "warning",
      cause: "PodRestartingTooOften",
      why: "Restarts too often: exit 2, all 3 pods in turn.",
      short: "Restarts too often: exit 2",
      onAndOff: true,
      now: { word: "Running", since: at - 6 * MINUTE, last: { text: "exited 2", at: at - 7 * MINUTE } },
      ready: { ready: 3, wanted: 3 },
      restarts: [48, 14],
      pods: { failing: 3, total: 3, nodes: ["worker-1", "worker-2", "worker-3"] },
      row: "shop/catalog-7f9b8c6d5-2jwkq/catalog",
      strip: DAY_OF("wwwww"),
    }),
    incidentOf(at, ["media", "StatefulSet/thumbnails"], 6 * HOUR, {
      severity: "warning",
      cause: "PodNotReady",
      why: "Runs, but is not ready: the readiness probe fails with HTTP 503, 1 of 3 pods.",
      short: "Not ready: readiness probe fails, HTTP 503",
      sinceAtLeast: true,
      otherCauses: 1,
      now: { word: "Running", since: at - 7 * HOUR },
      ready: { ready: 2, wanted: 3 },
      restarts: [0, 0],
      pods: { failing: 1, total: 3, nodes: ["worker-3"] },
      row: "media/thumbnails-1/thumbnails",
      strip: DAY_OF("wwwwwwwwwwww"),
      handling: { attention: true, failed: ["team-chat"] },
    }),
  ];
}

function handledOnes(at: number): Incident[] {
  return [
    incidentOf(at, ["platform", "DaemonSet/log-shipper"], 95 * MINUTE, {
      severity: "critical",
      cause: "PodUnschedulable",
      reason: "Unschedulable",
      why: "Cannot be scheduled: 0 of 6 nodes have enough memory.",
      short: "Cannot be scheduled: not enough memory",
      now: { word: "Pending", since: at - 96 * MINUTE },
      ready: { ready: 5, wanted: 6 },
      pods: { failing: 1, total: 6 },
      strip: DAY_OF("cccc"),
      handling: {
        ...sent("on-call", at - 84 * MINUTE),
        attention: false,
        ack: { by: "mwagner", at: at - 70 * MINUTE, note: "worker-6 gets more memory at 20:00" },
      },
    }),
    incidentOf(at, ["batch", "Job/import-20261122"], 3 * HOUR, {
      severity: "warning",
      cause: "PodFailed",
      reason: "DeadlineExceeded",
      why: "The last run failed: it took longer than its deadline of 2 h.",
      short: "Ran longer than its deadline",
      now: { word: "Last run failed", since: at - 3 * HOUR },
      strip: DAY_OF("wwwwwww"),
      handling: {
        attention: false,
        silenced: { id: "s-import", by: "jdoe", from: at - 2 * HOUR, until: at + HOUR, reason: "Known, OPS-4127" },
      },
    }),
  ];
}

function recoveredOnes(at: number): Incident[] {
  return (
    [
      ["shop", "Deployment/cart", 9 * HOUR, 12 * MINUTE, "critical"],
      ["shop", "Deployment/checkout", 12.5 * HOUR, HOUR, "critical"],
      ["media", "Deployment/transcoder", 15 * HOUR, 4 * MINUTE, "warning"],
      ["platform", "Namespace/platform", 17 * HOUR, 6 * MINUTE, "unknown"],
      ["batch", "CronJob/cleanup", 20 * HOUR, 5 * MINUTE, "warning"],
    ] as const
  ).map(([namespace, workload, ago, lasted, severity]) => {
    const slots = Math.round(ago / (30 * MINUTE));
    return incidentOf(at, [namespace, workload], ago, {
      severity,
      phase: "resolved",
      resolvedAt: at - ago + lasted,
      ...(severity === "unknown"
        ? {
            cause: "NamespaceNotWatched",
            why: "Is not watched: the service account may not list pods (403 Forbidden).",
            short: "Not watched: 403 Forbidden",
          }
        : { cause: "PodCrashLooping", why: "Crashed right after it started: exit 1.", short: "Crashed: exit 1" }),
      strip: DAY_OF(severity.charAt(0) + ".".repeat(slots)),
      handling: { ...sent("on-call", at - ago + MINUTE), attention: false },
    });
  });
}
