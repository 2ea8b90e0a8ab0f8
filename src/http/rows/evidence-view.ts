import { z } from "zod";
import type { EvidenceSnapshot } from "../../ports/evidence.ts";
import type { Caller } from "../base/caller.ts";
import { list, time } from "../schemas/fields.ts";
import { mayNotRead } from "./cluster-evidence.ts";

/** Evidence of an alert, collected when it fired. */
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
      .meta({ description: "The end of the previous run's log, or of the first run's." }),
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
    ).meta({ description: "The workload's other pods at that time." }),
    run: z
      .object({ exitCode: z.int(), finishedAt: time.optional() })
      .optional()
      .meta({ description: "The run of the container that the log is of." }),
    notes: list(z.string()).meta({ description: "What could not be collected, and why." }),
  })
  .meta({ id: "Evidence", description: "Collected when the alert fired." });

export function evidenceView({ pod: _, siblings, ...evidence }: EvidenceSnapshot): z.output<typeof evidenceSchema> {
  return {
    ...evidence,
    siblings: siblings.map(({ restarts, ...sibling }) => ({ ...sibling, restartCount: restarts })),
  };
}

/** The evidence without what the caller has no permission to read in the cluster. */
export async function readableEvidence(
  stored: EvidenceSnapshot,
  namespace: string,
  caller: Caller,
): Promise<EvidenceSnapshot> {
  const [events, logs] = await Promise.all([caller.mayRead(namespace, "events"), caller.mayRead(namespace, "logs")]);
  const reason = mayNotRead(namespace, "logs");
  return {
    ...stored,
    events: events ? stored.events : [],
    log: logs || stored.log === undefined ? stored.log : { available: false, why: "forbidden", reason },
    notes: events ? stored.notes : [...stored.notes, mayNotRead(namespace, "events")],
  };
}
