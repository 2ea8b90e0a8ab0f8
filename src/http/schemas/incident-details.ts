import { z } from "zod";
import { alertname, list, milliseconds, severity, time } from "./fields.ts";
import { image, incident, incidentSeverity } from "./incidents.ts";

const step = z.object({ text: z.string(), command: z.string().exactOptional() });

const mention = z
  .object({
    name: z.string(),
    kind: z.string().meta({ examples: ["StatefulSet", "Service"] }),
    namespace: z.string(),
    ready: z.int().exactOptional(),
    wanted: z.int().exactOptional(),
    lastRestartAt: time.exactOptional(),
  })
  .meta({ id: "Mention", description: "What the last line names." });
export type Mention = z.output<typeof mention>;

const timelineEntry = z
  .object({
    at: time,
    kind: z.enum([
      "opened",
      "resolved",
      "reopened",
      "cause",
      "restart",
      "rollout",
      "scale",
      "notified",
      "failed",
      "ack",
      "unack",
      "silence",
      "gap",
    ]),
    text: z.string().meta({ description: "Without times of day.", examples: ["Restart 22, exit 1"] }),
    detail: z.string().exactOptional(),
    severity: incidentSeverity.exactOptional(),
    more: z
      .object({ count: z.int(), since: time })
      .exactOptional()
      .meta({ description: "Earlier entries that are joined with this one." }),
  })
  .meta({ id: "IncidentTimelineEntry" });
export type IncidentTimelineEntry = z.output<typeof timelineEntry>;

const incidentPod = z
  .object({
    row: z.string().meta({ description: "The row of its worst container." }),
    pod: z.string(),
    severity: severity.exactOptional().meta({ description: "Absent while nothing fires." }),
    word: z.string(),
    isReady: z.boolean(),
    restartCount: z.int(),
    restartsInWindow: z.int(),
    lastExit: z
      .string()
      .exactOptional()
      .meta({ examples: ["exit 1 (application error)"] }),
    lastRestartAt: time.exactOptional(),
    node: z.string().exactOptional(),
    createdAt: time,
    deletedAt: time.exactOptional(),
  })
  .meta({ id: "IncidentPod" });
export type IncidentPod = z.output<typeof incidentPod>;

const incidentRevision = z
  .object({
    revision: z.string().exactOptional(),
    image: image.exactOptional(),
    rolledOutAt: time.exactOptional().meta({ description: "Creation of its first pod that was seen." }),
    ready: z.int(),
    total: z.int(),
    pods: list(incidentPod).meta({ description: "The worst first, at most 100." }),
  })
  .meta({ id: "IncidentRevision" });
export type IncidentRevision = z.output<typeof incidentRevision>;

const cause = z
  .object({
    alertname,
    severity: incidentSeverity,
    container: z.string().exactOptional(),
    reason: z.string().exactOptional(),
    why: z.string(),
    description: z.string(),
    since: time,
    pods: list(z.object({ pod: z.string(), row: z.string() })).meta({ description: "At most 20." }),
    podCount: z.int(),
    consequences: list(alertname).meta({ description: "Alerts that follow from it." }),
  })
  .meta({ id: "IncidentCause" });
export type IncidentCause = z.output<typeof cause>;

const lastLog = z
  .object({
    row: z.string(),
    pod: z.string(),
    container: z.string(),
    lines: list(z.string()).meta({ description: "At most 20, masked; all of them are in the log of the row." }),
    isPrevious: z.boolean().meta({ description: "Of the previous run, not of the present one." }),
    run: z.int().exactOptional().meta({ description: "Counts from 1." }),
    endedAt: time.exactOptional(),
    ranMs: milliseconds.exactOptional(),
    storedAt: time.exactOptional().meta({ description: "When the lines were stored as evidence." }),
    missing: z.string().exactOptional().meta({ description: "Why there are no lines." }),
  })
  .meta({ id: "LastLog" });
export type LastLog = z.output<typeof lastLog>;

export const incidentDetails = z
  .object({
    serverNow: time,
    incident,
    summary: z.string().meta({ description: "One or two sentences: what fails, and what still works." }),
    causes: list(cause).meta({ description: "The worst first." }),
    pending: list(z.object({ alertname, row: z.string(), activeAt: time, summary: z.string() })),
    steps: list(step),
    mentions: list(mention),
    lastLog: lastLog.exactOptional(),
    timeline: list(timelineEntry).meta({ description: "Newest first, at most 200." }),
    revisions: list(incidentRevision).meta({ description: "Those with failing pods first." }),
    former: list(
      z.object({ id: z.string(), since: time, resolvedAt: time, severity: incidentSeverity, short: z.string() }),
    ).meta({ description: "Earlier incidents of the same key, newest first, at most 10." }),
  })
  .meta({ id: "IncidentDetails" });
export type IncidentDetails = z.output<typeof incidentDetails>;
