import { z } from "zod";
import { list, milliseconds, time } from "./fields.ts";

const namespaceView = z.object({
  namespace: z.string(),
  state: z
    .enum(["starting", "syncing", "live", "stale", "polling", "unauthenticated", "forbidden", "missing"])
    .meta({ description: "State of the watch." }),
  pods: z.int(),
  staleSince: time.exactOptional().meta({ description: "Present while the cache is not synced." }),
  message: z.string().exactOptional().meta({ description: "What is wrong." }),
  remedy: z.string().exactOptional().meta({ description: "A command to copy." }),
  missing: list(z.string())
    .exactOptional()
    .meta({ description: "Missing permissions as `verb resource`.", examples: [["watch pods"]] }),
  lastEventAt: time.exactOptional(),
});
export type NamespaceView = z.output<typeof namespaceView>;

const receiverProblem = z.object({
  receiver: z.string(),
  kind: z.string(),
  undelivered: z.int().meta({ description: "Notifications that wait for a retry or were given up." }),
  since: time,
  detail: z.string(),
});
export type ReceiverProblem = z.output<typeof receiverProblem>;

export const health = z
  .object({
    namespaces: list(namespaceView).meta({ description: "Every watched namespace, by name." }),
    receivers: list(receiverProblem).meta({ description: "Receivers that fail now." }),
    problems: list(z.object({ since: time, message: z.string(), remedy: z.string().exactOptional() })).meta({
      description: "Problems that concern more than one namespace.",
    }),
  })
  .meta({ id: "Health" });
export type Health = z.output<typeof health>;

const counts = z.record(z.string(), z.int());

const namespaceHealth = namespaceView.extend({
  syncedSince: time.exactOptional(),
  lastSyncedAt: time.exactOptional(),
  lastBookmarkAt: time.exactOptional(),
  resourceVersion: z.string().exactOptional(),
  syncs: counts.exactOptional().meta({ description: "LISTs, by cause." }),
  reconnects: counts.exactOptional().meta({ description: "New watches, by cause." }),
  refusals: counts
    .exactOptional()
    .meta({ description: "401, 403, 410 and 429 responses of the API server, by status." }),
  decodeErrors: z.int().exactOptional(),
  differences: z
    .int()
    .exactOptional()
    .meta({ description: "Pods that a consistency check found different from the cache." }),
  gaps: list(z.object({ from: time, to: time.exactOptional(), cause: z.string() }))
    .exactOptional()
    .meta({ description: "Newest first. An open gap has no `to`; the cause `restart` is downtime of this program." }),
});
export type NamespaceHealth = z.output<typeof namespaceHealth>;

export const healthDetails = health
  .extend({
    namespaces: list(namespaceHealth),
    serverNow: time,
    version: z.string(),
    startedAt: time,
    node: z.string(),
    kubernetes: z.string().exactOptional().meta({ description: "Version of the API server." }),
    watchLagMs: milliseconds
      .exactOptional()
      .meta({ description: "Milliseconds since the least recently synced namespace was in sync." }),
    lastEventAt: time.exactOptional(),
    clockSkewMs: z
      .number()
      .exactOptional()
      .meta({ description: "Server clock minus API server clock, in milliseconds." }),
    clockSkew: list(z.object({ node: z.string(), skewMs: z.number() }))
      .exactOptional()
      .meta({
        description:
          "Nodes whose clock is off by more than a minute: node clock minus API server clock, in milliseconds.",
      }),
    queue: z.object({ pending: z.int(), dead: z.int(), oldest: time.exactOptional() }),
    store: z.object({
      kind: z.string(),
      bytes: z.int().exactOptional(),
      writable: z.boolean(),
      problem: z.string().exactOptional(),
    }),
    containers: z.int(),
    consumers: list(z.object({ name: z.string(), lastSeenAt: time, lastSequence: z.int().exactOptional() })),
  })
  .meta({ id: "HealthDetails" });
export type HealthDetails = z.output<typeof healthDetails>;
