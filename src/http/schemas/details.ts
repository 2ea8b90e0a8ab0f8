import { z } from "zod";
import type { ContainerState, Termination } from "../../core/model/pod.ts";
import { alertname, list, rowState, time } from "./fields.ts";
import { lastRestart, row } from "./state.ts";

const run = {
  exitCode: z.int(),
  signal: z.int().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  startedAt: time.optional(),
  finishedAt: time.optional(),
  containerID: z.string().optional(),
};

/** A schema for a type of the core, whose members are never absent but may be undefined. */
const asCore = <Core>(schema: z.ZodType) => schema as z.ZodType<Core, unknown>;

const containerState = asCore<ContainerState>(
  z
    .discriminatedUnion("name", [
      z.object({ name: z.literal("running"), startedAt: time.optional() }),
      z.object({ name: z.literal("waiting"), reason: z.string().optional(), message: z.string().optional() }),
      z.object({ name: z.literal("terminated"), ...run }),
      z.object({ name: z.literal("unknown") }),
    ])
    .meta({ id: "ContainerState" }),
);

const timeline = z
  .object({
    from: time,
    to: time,
    threshold: z.int(),
    restarts: list(lastRestart),
    marks: list(
      z.object({ at: time, kind: z.enum(["alert", "sent", "ack", "silence", "resolved"]), text: z.string() }),
    ),
  })
  .meta({ id: "Timeline" });
export type Timeline = z.output<typeof timeline>;
export type TimelineMark = Timeline["marks"][number];

const resources = z.object({ cpu: z.string().exactOptional(), memory: z.string().exactOptional() });

export const details = z
  .object({
    serverNow: time,
    row,
    sentence: z.string().meta({ description: "What is wrong, without times of day." }),
    timeline,
    sent: list(z.object({ receiver: z.string(), at: time }))
      .exactOptional()
      .meta({ description: "Receivers that were notified of the firing alerts, with the first time; oldest first." }),
    inhibited: list(z.object({ fingerprint: z.string(), alertname, reason: z.string() }))
      .exactOptional()
      .meta({ description: "Firing alerts that are not notified because another one is firing, and which." }),
    current: containerState
      .exactOptional()
      .meta({ description: "Of the container, or of the one that caused the alert." }),
    failedPod: z
      .object({ id: z.string(), pod: z.string() })
      .exactOptional()
      .meta({ description: "For the row of a workload: the row of the container that failed, and its pod." }),
    lastTerminated: asCore<Termination>(z.object(run).meta({ id: "Termination" })).exactOptional(),
    podCreatedAt: time.exactOptional(),
    podStartedAt: time.exactOptional(),
    phase: z.string().exactOptional(),
    owners: list(z.object({ kind: z.string(), name: z.string() })).meta({ description: "From the pod upwards." }),
    node: z.string().exactOptional(),
    image: z.string().exactOptional(),
    imageID: z.string().exactOptional().meta({ description: "Digest of the pulled image." }),
    limits: resources.exactOptional(),
    requests: resources.exactOptional(),
    storedAt: time
      .exactOptional()
      .meta({ description: "When limits, requests or siblings were collected; absent when they are current." }),
    notes: list(z.string()).exactOptional().meta({ description: "Evidence that could not be collected, and why." }),
    siblings: list(z.object({ id: z.string(), pod: z.string(), state: rowState, restartCount: z.int() })).meta({
      description: "The same container in other pods of the workload. For a deleted pod: as of `storedAt`.",
    }),
    overrides: list(z.object({ key: z.string(), value: z.string(), problem: z.string().exactOptional() })).meta({
      description: "`pod-watcher.io/` annotations of the pod; one with a problem has no effect.",
    }),
    verdicts: list(z.object({ detector: alertname, verdict: z.string(), firing: z.boolean() }))
      .exactOptional()
      .meta({ description: "Result of each detector, the firing ones first." }),
  })
  .meta({ id: "Details" });
export type Details = z.output<typeof details>;

const eventView = z.object({
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.int(),
  firstSeenAt: time.exactOptional(),
  lastSeenAt: time.exactOptional(),
  source: z
    .string()
    .exactOptional()
    .meta({ examples: ["kubelet, worker-3"] }),
});
export type EventView = z.output<typeof eventView>;

export const events = z
  .object({
    events: list(eventView).meta({ description: "Newest first." }),
    reason: z.string().exactOptional().meta({ description: "Why there are none." }),
    storedAt: time.exactOptional().meta({ description: "Kubernetes has no events any more; these were stored then." }),
  })
  .meta({ id: "Events" });
export type Events = z.output<typeof events>;

const logRow = { of: z.string().exactOptional().meta({ description: "Row of the container, if it is another row." }) };

export const log = z
  .discriminatedUnion("available", [
    z.object({
      available: z.literal(true),
      lines: list(z.string()),
      masked: z.int().meta({ description: "Number of masked secrets." }),
      storedAt: time.exactOptional().meta({ description: "Kubernetes has no log any more; this was stored then." }),
      ...logRow,
    }),
    z.object({
      available: z.literal(false),
      why: z.enum(["not-kept", "forbidden", "never-started", "unreachable"]),
      reason: z.string(),
      ...logRow,
    }),
  ])
  .meta({ id: "Log" });
export type Log = z.output<typeof log>;

export const logQuery = z.strictObject({
  previous: z
    .enum(["true", "false"])
    .default("false")
    .meta({ description: "The previous run instead of the current one." }),
  lines: z.coerce.number().int().min(1).max(2000).default(200),
});
