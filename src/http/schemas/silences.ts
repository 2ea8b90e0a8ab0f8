import { z } from "zod";
import { isPattern, MATCH_OPERATORS, type Matcher, matcherError, patternSize } from "../../core/notify/matcher.ts";
import { MAX_PATTERN_SIZE, SILENCE_ID } from "../../core/notify/silence.ts";
import { list, problem, rowState, time } from "./fields.ts";

const name = z.string().min(1).max(300);
const matcher = z.strictObject({
  name: z.string().regex(/^[a-z]{1,30}$/),
  operator: z.enum(MATCH_OPERATORS),
  value: z.string().max(1000),
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

/** Each takes up to some milliseconds to compile: a request with thousands would block the process. */
const MAX_PATTERNS = 20;

interface Place {
  readonly scope: SilenceScope;
  readonly path: readonly (string | number)[];
}

/** Checks the regular expressions of a request, after their number. */
function checkPatterns(places: readonly Place[], addIssue: (path: (string | number)[], message: string) => void): void {
  const patterns = places
    .flatMap(({ scope, path }) =>
      scope.kind !== "matchers"
        ? []
        : scope.matchers.map((one: Matcher, index) => ({ one, path: [...path, "matchers", index, "value"] })),
    )
    .filter(({ one }) => isPattern(one));
  if (patterns.length > MAX_PATTERNS) {
    addIssue(
      [...places[0]!.path],
      `A request may contain ${MAX_PATTERNS} regular expressions, not ${patterns.length}.`,
    );
    return;
  }
  let size = 0;
  for (const { one, path } of patterns) {
    const error = matcherError(one);
    size += error === undefined ? patternSize([one]) : 0;
    const message = error ?? tooLarge(size);
    if (message === undefined) continue;
    addIssue(path, message);
    return;
  }
}

function tooLarge(size: number): string | undefined {
  return size > MAX_PATTERN_SIZE ? "The regular expressions take too long to evaluate: use simpler ones." : undefined;
}

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

export const silenceRequest = z
  .strictObject({
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
  })
  .superRefine(({ scope }, context) => {
    checkPatterns([{ scope, path: ["scope"] }], (path, message) => context.addIssue({ code: "custom", path, message }));
  });

export const previewRequest = z
  .strictObject({ scopes: z.array(scope).min(1).max(200) })
  .superRefine(({ scopes }, context) => {
    const places = scopes.map((scope, index) => ({ scope, path: ["scopes", index] }));
    checkPatterns(places, (path, message) => context.addIssue({ code: "custom", path, message }));
  });

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
