import { z } from "zod";
import { ALERTNAMES } from "../../core/model/alert.ts";

/**
 * What the calls of /api/v1 have in common. Schemas with an `id` become components of the OpenAPI document. Times of
 * the public calls are RFC 3339 in UTC, those that only the page makes are epoch milliseconds (wire.ts).
 */

export const time = z.string().meta({ format: "date-time", examples: ["2026-11-22T11:32:51Z"] });

export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

/** A page of entries; `next` is handed back as `cursor`, and absent at the end. */
export const page = <Entry extends z.ZodType>(entry: Entry) =>
  z.object({
    entries: list(entry),
    next: z.string().optional().meta({ description: "Hand it back as `cursor` for the entries after these." }),
  });

export const pageQuery = z.object({
  cursor: z.string().max(300).optional().meta({ description: "`next` of the page before." }),
  limit: z.coerce.number().int().min(1).max(500).default(100).meta({ description: "Entries of one page." }),
});
export type PageQuery = z.output<typeof pageQuery>;

export const alertname = z.enum(ALERTNAMES).meta({ id: "Alertname" });
export const severity = z.enum(["warning", "critical"]).meta({ id: "Severity" });
export const stateName = z.enum(["pending", "firing", "resolved"]).meta({ id: "AlertStateName" });

export const labels = z
  .object({
    alertname,
    namespace: z.string(),
    workload: z
      .string()
      .optional()
      .meta({ examples: ["Deployment/checkout"] }),
    pod: z.string().optional(),
    container: z.string().optional(),
  })
  .meta({ id: "Labels", description: "Identity of an alert. A label that does not apply is absent." });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    requestId: z.string().optional(),
    errors: list(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });

const problemAnswer = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problem } },
});

/** The refusals that any call may answer with. */
export const REFUSALS = {
  400: problemAnswer("The request is not valid; `errors` says where."),
  401: problemAnswer("Nobody is signed in."),
  403: problemAnswer("The caller may not do this."),
  404: problemAnswer("It does not exist, or the caller may not see it."),
  429: problemAnswer("Too many requests: `Retry-After` says when to come again."),
  500: problemAnswer("Something went wrong inside Pod Watcher."),
};

/** A successful JSON answer, with the refusals beside it. */
export const answers = <Schema extends z.ZodType>(schema: Schema, description = "Done.") => ({
  200: { description, content: { "application/json": { schema } } },
  ...REFUSALS,
});
