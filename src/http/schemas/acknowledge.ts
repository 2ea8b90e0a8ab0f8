import { z } from "zod";
import { list } from "./fields.ts";
import { row } from "./state.ts";

const subject = z.union([
  z.strictObject({ row: z.string().max(600) }),
  z.strictObject({ alert: z.string().regex(/^[0-9a-f]{1,64}$/, "A fingerprint is hexadecimal.") }),
]);
export type AckSubject = z.output<typeof subject>;

const subjects = z
  .array(subject)
  .min(1)
  .max(1000)
  .meta({ description: "Alerts by fingerprint, or rows by id: then every firing alert of the row." });

export const acknowledgeRequest = z.strictObject({
  subjects,
  note: z.string().max(2000).default(""),
  notifyOnWorsening: z.boolean().default(true).meta({ description: "Notify again when it gets worse." }),
  by: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .exactOptional()
    .meta({ pattern: "\\S", description: "Name to record in the mode `none`; otherwise the login name is recorded." }),
});

export const unacknowledgeRequest = z.strictObject({ subjects });

export const acknowledgeResponse = z
  .object({
    rows: list(row).meta({ description: "The rows of the changed alerts, as they are now." }),
    skipped: list(z.object({ subject: z.string(), reason: z.string() })).meta({
      description: "Subjects that were not changed, by fingerprint or row id.",
    }),
  })
  .meta({ id: "AcknowledgeResponse" });
export type AcknowledgeResponse = z.output<typeof acknowledgeResponse>;
