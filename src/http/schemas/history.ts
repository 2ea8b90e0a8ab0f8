import { z } from "zod";
import { alertname, commaSeparated, cursorOf, list, milliseconds, page, pageQuery, time } from "./fields.ts";
import { lastRestart } from "./state.ts";

const stateName = z.enum(["inactive", "pending", "firing", "resolved"]);

const transitionEntry = z.object({
  kind: z.literal("transition"),
  id: z.string(),
  at: time,
  row: z.string(),
  fingerprint: z.string(),
  episode: z.int(),
  alertname,
  from: stateName,
  to: stateName,
  reason: z.string(),
});

const restartEntry = lastRestart.extend({ kind: z.literal("restart"), id: z.string() });

const notificationResult = z.enum(["delivered", "pending", "failed", "dead"]);

const notificationEntry = z.object({
  kind: z.literal("notification"),
  id: z.string(),
  at: time.meta({ description: "When it was created." }),
  receiver: z.string(),
  receiverKind: z.string().meta({ description: "`slack`, `webhook`, …, or `pull` for a delivery to a consumer." }),
  status: z.enum(["firing", "resolved"]),
  about: list(z.string()).meta({ description: "Rows, at most five." }),
  alerts: z.int().meta({ description: "Number of alerts in the notification." }),
  result: notificationResult.meta({ description: "`failed`: will be retried. `dead`: given up, can be sent again." }),
  attempts: z.int(),
  dueAt: time.exactOptional().meta({ description: "The next attempt, while it is pending." }),
  latencyMs: milliseconds.exactOptional().meta({ description: "From the first attempt to the last response." }),
  detail: z.string().exactOptional().meta({ description: "Why the last attempt failed." }),
  reason: z.string().meta({ description: "Why it was sent." }),
});
export type NotificationEntry = z.output<typeof notificationEntry>;

const actionEntry = z.object({
  kind: z.literal("action"),
  id: z.string(),
  at: time,
  by: z.string(),
  action: z
    .enum([
      "ack",
      "ack-ended",
      "unack",
      "silence",
      "silence-changed",
      "silence-ended",
      "test",
      "resend",
      "release",
      "config-reload",
    ])
    .meta({
      description:
        "`ack-ended`: the acknowledgement ended by itself; `note` says why. `release`: deliveries that another caller had claimed were released.",
    }),
  about: list(z.string()).meta({ description: "Row ids, fingerprints, silence ids, receivers." }),
  note: z.string().exactOptional(),
});
export type ActionEntry = z.output<typeof actionEntry>;

const historyEntry = z
  .discriminatedUnion("kind", [transitionEntry, restartEntry, notificationEntry, actionEntry])
  .meta({ id: "HistoryEntry" });
export type HistoryEntry = z.output<typeof historyEntry>;

export const historyPage = page(historyEntry);

const kinds = ["transition", "restart", "notification", "action"] as const;

/** One position per stream. */
export const HISTORY_CURSOR =
  /^(\d{0,15})~(\d{0,15})~(\d{0,15})~((?:\d{15}:[A-Za-z0-9._-]{1,63})?)~(\d{0,15})~(\d{0,15})$/;

export const historyQuery = pageQuery.extend({
  cursor: cursorOf(HISTORY_CURSOR.source),
  row: z.string().max(600).exactOptional().meta({ description: "Only what concerns this row." }),
  alert: z
    .string()
    .regex(/^[0-9a-f]{1,64}$/, "A fingerprint is hexadecimal.")
    .exactOptional()
    .meta({ description: "Only what concerns the alert with this fingerprint." }),
  kind: commaSeparated(kinds)
    .exactOptional()
    .meta({
      description: `Comma-separated kinds of entries: ${kinds.join(", ")}. Restarts need \`row\`.`,
      examples: ["notification,action"],
    }),
  result: notificationResult.exactOptional(),
  receiver: z.string().max(200).exactOptional(),
  q: z.string().max(200).exactOptional().meta({ description: "Words; each must be part of the entry. Ignores case." }),
  from: time.exactOptional(),
  to: time.exactOptional(),
});
export type HistoryQuery = z.output<typeof historyQuery>;
