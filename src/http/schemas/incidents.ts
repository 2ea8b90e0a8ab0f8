import { z } from "zod";
import { INCIDENT_SEVERITIES } from "../../core/incident/views.ts";
import { alertname, list, time } from "./fields.ts";
import { health } from "./health.ts";
import { rowSilence, settings } from "./state.ts";

export const incidentSeverity = z
  .enum(INCIDENT_SEVERITIES)
  .meta({ id: "IncidentSeverity", description: "`unknown`: what happens there is not known." });

export const image = z.string().meta({ examples: ["registry.example.com/shop/checkout:5.2.1"] });

const lastLine = z
  .object({
    text: z.string().meta({ description: "Secrets are masked." }),
    from: z
      .enum(["termination-message", "log", "kubernetes"])
      .meta({ description: "`kubernetes`: what Kubernetes or the registry says, where there is no log." }),
    pod: z.string().exactOptional(),
    container: z.string().exactOptional(),
    at: time.exactOptional().meta({ description: "When the run ended." }),
  })
  .meta({ id: "LastLine" });

const revision = z.object({
  revision: z.string().meta({ description: "`pod-template-hash` of the ReplicaSet, or the name of the controller." }),
  image: image.exactOptional(),
});

const change = z
  .object({
    kind: z.enum(["rollout", "image", "scale"]),
    at: time,
    revision: z.string().exactOptional(),
    image: image.exactOptional(),
    previousRevision: z.string().exactOptional(),
    previousImage: image.exactOptional(),
    replicas: z.int().exactOptional(),
    previousReplicas: z.int().exactOptional(),
    effect: z.enum(["only-new-fails", "never-started", "began-with-it"]).exactOptional().meta({
      description:
        "`only-new-fails`: pods of the revisions in `healthy` are ready. `never-started`: no pod of the new revision has ever started.",
    }),
    healthy: list(revision).exactOptional().meta({ description: "Revisions whose pods are all ready." }),
  })
  .meta({ id: "IncidentChange", description: "What changed from 30 min before the start on." });
export type IncidentChange = z.output<typeof change>;

const now = z
  .object({
    word: z.string().meta({
      description: "Of the worst pod, as `oc get pods` prints it, or of the workload.",
      examples: ["CrashLoopBackOff", "Running", "FailedCreate", "Last run failed", "Pods replaced"],
    }),
    since: time.exactOptional(),
    nextAttemptAt: time
      .exactOptional()
      .meta({ description: "Next start of the container, pull, or run of a CronJob." }),
    detail: z
      .string()
      .exactOptional()
      .meta({ examples: ["2 pods missing"] }),
    last: z
      .object({ text: z.string().meta({ examples: ["was killed", "exited 2"] }), at: time })
      .exactOptional()
      .meta({ description: "How the previous run ended, while the container runs." }),
  })
  .meta({ id: "IncidentNow" });
export type IncidentNow = z.output<typeof now>;

const notified = z.object({
  receiver: z.string(),
  at: time.meta({ description: "The first notification." }),
  pull: z.literal(true).exactOptional().meta({ description: "It was picked up by a consumer." }),
});

const incidentAck = z
  .object({
    by: z.string(),
    at: time,
    note: z.string().exactOptional(),
    worseSince: time.exactOptional().meta({ description: "It got worse afterwards and needs attention again." }),
  })
  .meta({ id: "IncidentAck" });
export type IncidentAck = z.output<typeof incidentAck>;

const handling = z
  .object({
    attention: z.boolean().meta({ description: "Open, not recovering, and neither acknowledged nor silenced." }),
    notified: list(notified).exactOptional().meta({ description: "Oldest first." }),
    pendingUntil: time.exactOptional().meta({ description: "When the next notification of it is due." }),
    pendingBecause: z
      .string()
      .exactOptional()
      .meta({ examples: ["quiet hours", "retry"] }),
    failed: list(z.string()).exactOptional().meta({ description: "Receivers whose last attempt failed." }),
    nobody: z
      .literal(true)
      .exactOptional()
      .meta({ description: "No receiver matches and no consumer has asked within the last hour." }),
    ack: incidentAck.exactOptional(),
    silenced: rowSilence.exactOptional(),
  })
  .meta({ id: "IncidentHandling" });

/** Members that do not apply are absent. */
export const incident = z
  .object({
    id: z.string().meta({ examples: ["shop/Deployment/checkout@1764547200"] }),
    key: z.string().meta({
      description: "The part of the id before `@`: a later incident of the same workload has the same.",
      examples: ["shop/Deployment/checkout", "shop/Pod/debug", "shop/Namespace/shop", "Cluster"],
    }),
    kind: z.enum(["workload", "pod", "namespace", "cluster"]),
    namespace: z.string().exactOptional(),
    workload: z
      .string()
      .exactOptional()
      .meta({
        description: "`Kind/name`; `Pod/name` for a pod without a controller.",
        examples: ["Deployment/checkout"],
      }),
    severity: incidentSeverity.meta({ description: "Of the worst firing alert; when resolved, of the worst one." }),
    asOf: time.exactOptional().meta({ description: "Since then its namespace is unknown; `now` is absent." }),
    phase: z.enum(["open", "recovering", "resolved"]),
    since: time,
    sinceAtLeast: z.literal(true).exactOptional().meta({ description: "It began before watching did." }),
    onAndOff: z.literal(true).exactOptional().meta({ description: "It recovered in between." }),
    resolvedAt: time.exactOptional(),
    timesIn24h: z.int().meta({ description: "Incidents of this key within 24 h, with this one." }),
    cause: alertname.meta({ description: "The alert of the worst cause." }),
    reason: z
      .string()
      .exactOptional()
      .meta({ description: "The Kubernetes reason.", examples: ["CrashLoopBackOff"] }),
    why: z.string().meta({ description: "One sentence without the workload's name, at most 120 characters." }),
    short: z.string().meta({ description: "The same in at most 48 characters." }),
    otherCauses: z.int().exactOptional().meta({ description: "How many, if there are any." }),
    lastLine: lastLine.exactOptional(),
    change: change.exactOptional(),
    now: now.exactOptional(),
    ready: z
      .object({ ready: z.int(), wanted: z.int() })
      .exactOptional()
      .meta({ description: "Pods; absent for Jobs, CronJobs and namespaces." }),
    restarts: z
      .object({ total: z.int(), window: z.int() })
      .exactOptional()
      .meta({ description: "Of its pods, in all and within the window; absent where restarts are not the point." }),
    pods: z.object({
      failing: z.int(),
      total: z.int(),
      nodes: list(z.string())
        .exactOptional()
        .meta({ description: "Nodes of the failing pods, if they are at most three." }),
    }),
    row: z
      .string()
      .exactOptional()
      .meta({ description: "The row of the worst container, for its log, events and explanation." }),
    strip: z
      .string()
      .regex(/^[.wcu-]{48}$/)
      .meta({
        description:
          "The last 24 h in half hours, oldest first: `.` normal, `w` warning, `c` critical, `u` unknown, `-` did not exist.",
      }),
    group: z.string().exactOptional().meta({ description: "The group that it is listed in, with `group`." }),
    handling,
  })
  .meta({ id: "Incident", description: "The alerts of one workload that belong together." });
export type Incident = z.output<typeof incident>;

const views = z.object({ attention: z.int(), open: z.int(), handled: z.int(), recovered: z.int() });
const severities = z.object({ critical: z.int(), unknown: z.int(), warning: z.int() });

export const incidentCounts = z
  .object({
    views,
    attention: severities.meta({ description: "What needs attention, for the title of the tab." }),
  })
  .meta({ id: "IncidentCounts", description: "Of all namespaces that the caller sees, whatever the query." });
export type IncidentCounts = z.output<typeof incidentCounts>;

const unknownNamespaces = z
  .object({
    cause: z.enum(["refused", "unauthorized", "unreachable", "stale", "missing"]),
    namespaces: list(z.string()),
    since: time,
    message: z.string(),
    remedy: z.string().exactOptional().meta({ description: "One command per line, or prose." }),
    remedyIsCommand: z.literal(true).exactOptional(),
    notified: list(notified).exactOptional().meta({ description: "Who was notified of it." }),
  })
  .meta({ id: "UnknownNamespaces", description: "Namespaces that are not watched now, for one cause." });
export type UnknownNamespaces = z.output<typeof unknownNamespaces>;

const sharedCause = z
  .object({
    kind: z.enum(["node", "registry", "line"]),
    value: z.string(),
    incidents: z.int(),
    q: z.string().meta({ description: "The search that finds them.", examples: ["node:worker-3"] }),
    command: z.string().exactOptional(),
  })
  .meta({
    id: "SharedCause",
    description: "At least 3 open incidents, with at least 80 % of the failing pods, have this in common.",
  });
export type SharedCause = z.output<typeof sharedCause>;

const strip = incident.shape.strip;

const quiet = z
  .object({
    lastIncident: incident.exactOptional(),
    strips: list(z.object({ namespace: z.string(), strip })).meta({
      description: "At most 30 namespaces, those with incidents first.",
    }),
    namespaces: z.int(),
    lastGap: z.object({ namespace: z.string(), from: time, to: time }).exactOptional(),
    reached: list(z.object({ receiver: z.string(), at: time })).meta({ description: "Last deliveries." }),
  })
  .meta({ id: "Quiet", description: "What shows that nothing is wrong." });
export type Quiet = z.output<typeof quiet>;

export const incidentList = z
  .object({
    generation: z.int().meta({ description: "Counts the changes: events of the stream have it too." }),
    serverNow: time,
    version: z.string(),
    settings,
    items: list(incident),
    page: z.int(),
    perPage: z.int(),
    matching: z.int().meta({ description: "Incidents of the view that match the query." }),
    hidden: z.int().meta({ description: "Incidents of the view that do not." }),
    counts: incidentCounts,
    severities: severities.meta({ description: "Of the view, with all other filters." }),
    namespaces: list(z.object({ namespace: z.string(), attention: z.int(), open: z.int() })).meta({
      description: "Every watched namespace that the caller sees, by name.",
    }),
    groups: list(z.object({ name: z.string(), ...severities.shape }))
      .exactOptional()
      .meta({ description: "With `group`: all groups that match, in the order of the list." }),
    shared: list(sharedCause),
    unknown: list(unknownNamespaces),
    watched: z.object({
      containers: z.int(),
      namespaces: z.int(),
      confirmedAt: time
        .exactOptional()
        .meta({ description: "When the namespace that was confirmed longest ago was; absent while one is unknown." }),
      startedAt: time.meta({ description: "Start of this process." }),
      firstAt: time.meta({ description: "When watching started, before any restart of this process." }),
    }),
    receivers: health.shape.receivers,
    problems: health.shape.problems,
    quiet: quiet.exactOptional().meta({ description: "Present when no incident is open." }),
  })
  .meta({ id: "IncidentList" });
export type IncidentList = z.output<typeof incidentList>;
