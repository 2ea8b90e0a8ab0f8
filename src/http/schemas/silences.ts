import { z } from "zod";
import { MATCH_OPERATORS, matcherError } from "../../core/notify/matcher.ts";
import { SILENCE_ID } from "../../core/notify/silence.ts";
import { list, problem, rowState, time } from "./fields.ts";

const name = z.string().min(1).max(300);
const matcher = z
  .strictObject({
    name: z.string().regex(/^[a-z]{1,30}$/),
    operator: z.enum(MATCH_OPERATORS),
    value: z.string().max(1000),
  })
  .superRefine((given, context) => {
    const message = matcherError(given);
    if (message !== undefined) context.addIssue({ code: "custom", path: ["value"], message });
  });

export const scope = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("container"), namespace: name, pod: name, container: name }),
    z.strictObject({ kind: z.literal("pod"), namespace: name, pod: name }),
    z.strictObject({
      kind: z.literal("workload"),
      namespace: name,
      workload: name.regex(/^[A-Z]\w*\/./, "A workload is Kind/name, such as Deployment/checkout."),
    }),
    z.strictObject({ kind: z.literal("namespace"), namespace: name }),
    z.strictObject({ kind: z.literal("everything") }),
    z.strictObject({ kind: z.literal("matchers"), matchers: z.array(matcher).min(1).max(20).readonly() }),
  ])
  .meta({ id: "SilenceScope" });
export type SilenceScope = z.output<typeof scope>;

export const silence = z
  .object({
    id: z.string(),
    scope,
    state: z.enum(["upcoming", "active", "expired"]),
    from: time,
    until: time,
    endedAt: time.exactOptional().meta({ description: "Present when it ended before `until`." }),
    endedBecause: z.string().exactOptional(),
    reason: z.string(),
    by: z.string(),
    createdAt: time,
    endWhenNormal: z.boolean(),
    matches: z.int().meta({ description: "Rows that it matches now." }),
    failing: z.int().meta({ description: "Of these, rows that are not Normal." }),
  })
  .meta({ id: "Silence" });
export type Silence = z.output<typeof silence>;

export const silences = z.object({ silences: list(silence) });

export const silenceId = z
  .string()
  .regex(SILENCE_ID, "An id is s- and 8 to 61 lower-case letters, digits and hyphens.")
  .meta({ description: "Chosen by the client.", examples: ["s-5f0c6a52-7d1e"] });

export const silenceRequest = z.strictObject({
  scope,
  from: time.exactOptional().meta({ description: "Only read when the silence is created. Default: now." }),
  until: time,
  reason: z.string().trim().min(1, "Give a reason: others need to know why.").max(2000),
  endWhenNormal: z
    .boolean()
    .default(false)
    .meta({ description: "End it early once everything under it has been normal for a whole window." }),
  evenIfSilenced: z
    .boolean()
    .default(false)
    .meta({ description: "Create it although an active silence has the same scope." }),
});

export const previewRequest = z.strictObject({ scopes: z.array(scope).min(1).max(200) });

export const silencePreview = z
  .object({
    containers: z.int().meta({ description: "Rows that it would match now." }),
    failing: z.int().meta({ description: "Of these, rows that are not Normal." }),
    examples: list(z.object({ id: z.string(), state: rowState })).meta({ description: "The worst, at most 20." }),
    conflicts: list(silence).meta({ description: "Active silences with the same scope." }),
  })
  .meta({ id: "SilencePreview" });
export type SilencePreview = z.output<typeof silencePreview>;

export const silenceConflict = problem
  .extend({ conflicts: list(silence).exactOptional() })
  .meta({ id: "SilenceConflict" });
export type Problem = z.output<typeof silenceConflict>;
