import { z } from "zod";
import { INCIDENT_GROUPS, INCIDENT_SORTS, INCIDENT_VIEWS } from "../../core/incident/views.ts";
import { list, namespaceList, time } from "./fields.ts";
import { incident } from "./incidents.ts";

const filter = {
  view: z.enum(INCIDENT_VIEWS).default("attention"),
  severity: z.string().max(100).exactOptional().meta({ description: "Severities, comma-separated." }),
  ns: namespaceList,
  q: z
    .string()
    .max(200)
    .exactOptional()
    .meta({
      description:
        "Words, each part of the workload, a pod, container, node, image, the namespace, alert, reason, `why` or last line; ignores case. `ns:`, `owner:`, `node:`, `image:`, `alert:`, `reason:`, `exit:` and `by:` search one of them.",
      examples: ["node:worker-3 timeout"],
    }),
};

export const incidentQuery = z.strictObject({
  ...filter,
  sort: z.enum(INCIDENT_SORTS).default("severity").meta({ description: "`severity`: then newest first." }),
  group: z.enum(INCIDENT_GROUPS).exactOptional(),
  page: z.coerce.number().int().min(1).default(1),
  perPage: z.coerce.number().int().min(1).max(200).default(40),
});

const chosen = {
  ids: z.array(z.string().max(600)).min(1).max(1000).exactOptional(),
  filter: z
    .strictObject(filter)
    .exactOptional()
    .meta({ description: "Instead of `ids`: every incident that matches." }),
};

const hasOne = ({ ids, filter: given }: { readonly ids?: unknown; readonly filter?: unknown }) =>
  (ids === undefined) !== (given === undefined);
const EITHER = {
  override: ({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }) => {
    jsonSchema.oneOf = [{ required: ["ids"] }, { required: ["filter"] }];
  },
};
const ONE_OF = { error: "Give either ids or filter." };

const by = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .exactOptional()
  .meta({ pattern: "\\S", description: "Name to record in the mode `none`; otherwise the login name is recorded." });

const acknowledgement = {
  note: z.string().max(2000).default(""),
  notifyOnWorsening: z.boolean().default(true).meta({ description: "Notify again when it gets worse." }),
  by,
};

/** Of one incident. */
export const incidentAcknowledge = z.strictObject(acknowledgement);
export const incidentUnacknowledge = z.strictObject({ by });

/** Of many. */
export const incidentsAcknowledge = z
  .strictObject({ ...chosen, ...acknowledgement })
  .refine(hasOne, ONE_OF)
  .meta(EITHER);
export const incidentsUnacknowledge = z
  .strictObject({ ...chosen, by })
  .refine(hasOne, ONE_OF)
  .meta(EITHER);
export const incidentsSilence = z
  .strictObject({
    ...chosen,
    until: time,
    reason: z.string().trim().min(1, "Give a reason: others need to know why.").max(2000).meta({ pattern: "\\S" }),
    endWhenNormal: z.boolean().default(true),
    by,
  })
  .refine(hasOne, ONE_OF)
  .meta(EITHER);

export const incidentsChanged = z
  .object({
    changed: z.int().meta({ description: "Number of changed incidents." }),
    items: list(incident).meta({ description: "The first 200 of them, as they are now." }),
    skipped: list(z.object({ id: z.string(), reason: z.string() })).meta({ description: "Not changed, and why." }),
    silences: list(z.string()).exactOptional().meta({ description: "Ids of the created silences." }),
  })
  .meta({ id: "IncidentsChanged" });
export type IncidentsChanged = z.output<typeof incidentsChanged>;
