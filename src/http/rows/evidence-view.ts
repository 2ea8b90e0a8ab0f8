import { z } from "zod";
import type { EvidenceSnapshot } from "../../ports/evidence.ts";
import type { Caller } from "../base/caller.ts";
import { list, time } from "../schemas/fields.ts";
import { mayNotRead } from "./cluster-evidence.ts";

/** What was found out when an alert fired: all that is left once the pod and its events are gone. */
export const evidenceSchema = z
  .object({
    takenAt: time,
    events: list(z.record(z.string(), z.unknown())).meta({ description: "core/v1 Events, newest first." }),
    log: z
      .object({
        available: z.boolean(),
        lines: list(z.string()).optional(),
        masked: z.int().optional().meta({ description: "How many secrets were masked in it." }),
        reason: z.string().optional().meta({ description: "Why there is none." }),
        why: z.enum(["not-kept", "forbidden", "never-started", "unreachable"]).optional(),
      })
      .optional()
      .meta({ description: "The end of the log of the run that ended, or of the first run." }),
    siblings: list(
      z.object({
        pod: z.string(),
        node: z.string().optional(),
        phase: z.string(),
        isReady: z.boolean(),
        restartCount: z.int(),
        createdAt: time,
        images: list(z.string()),
      }),
    ).meta({ description: "The workload's other pods at that moment." }),
    notes: list(z.string()).meta({ description: "What could not be had, and why." }),
  })
  .meta({ id: "Evidence", description: "What was found out when the alert fired." });

export function evidenceView({ pod: _, siblings, ...evidence }: EvidenceSnapshot): z.output<typeof evidenceSchema> {
  return {
    ...evidence,
    siblings: siblings.map(({ restarts, ...sibling }) => ({ ...sibling, restartCount: restarts })),
  };
}

/** What was kept, without what the caller could not read in the cluster themselves. */
export async function readableEvidence(
  kept: EvidenceSnapshot,
  namespace: string,
  caller: Caller,
): Promise<EvidenceSnapshot> {
  const [events, logs] = await Promise.all([caller.mayRead(namespace, "events"), caller.mayRead(namespace, "logs")]);
  const reason = mayNotRead(namespace, "logs");
  return {
    ...kept,
    events: events ? kept.events : [],
    log: logs || kept.log === undefined ? kept.log : { available: false, why: "forbidden", reason },
    notes: events ? kept.notes : [...kept.notes, mayNotRead(namespace, "events")],
  };
}
