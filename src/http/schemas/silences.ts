import { z } from "zod";
import { MINUTE } from "../../core/model/time.ts";
import { isPattern, MATCH_OPERATORS, type Matcher, matcherError, patternSize } from "../../core/notify/matcher.ts";
import { type QuietHours, WEEKDAYS } from "../../core/notify/quiet-hours.ts";
import { MAX_PATTERN_SIZE, SILENCE_ID } from "../../core/notify/silence.ts";
import { list, problem, rowState, time } from "./fields.ts";

const name = z.string().min(1).max(300);
const matcher = z.strictObject({
  name: z.string().regex(/^[a-z]{1,30}$/),
  operator: z.enum(MATCH_OPERATORS),
  value: z.string().max(1000),
});

/** Zod calls a readonly array `readOnly`, which in OpenAPI means that a request omits it. */
const SENT = {
  override: ({ jsonSchema }: { readonly jsonSchema: Record<string, unknown> }) => {
    delete jsonSchema.readOnly;
  },
};

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
    z.strictObject({ kind: z.literal("matchers"), matchers: z.array(matcher).min(1).max(20).readonly().meta(SENT) }),
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
export function checkPatterns(
  places: readonly Place[],
  addIssue: (path: (string | number)[], message: string) => void,
): void {
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

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "A time of day is such as 22:00.");

/** As in `quiet_hours` of the configuration. */
const repeat = z
  .strictObject({
    days: list(z.enum(WEEKDAYS)).exactOptional().meta({ description: "Days on which it begins. Default: every day." }),
    from: timeOfDay,
    to: timeOfDay.meta({ description: "May be on the next day. If equal to `from`, a whole day." }),
    timezone: z
      .string()
      .max(60)
      .refine(isTimeZone, "A time zone of the IANA database, such as Europe/Berlin or UTC.")
      .meta({ override: { type: "string", enum: ["UTC", ...Intl.supportedValuesOf("timeZone")] } }),
  })
  .meta({
    id: "SilenceRepeat",
    description: "It is active only at these times, every week from `from` until `until`.",
  });
export type SilenceRepeat = z.output<typeof repeat>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function readRepeat({ days, from, to, timezone }: SilenceRepeat): QuietHours {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const weekdays = days === undefined ? {} : { weekdays: days.map((day) => WEEKDAYS.indexOf(day)) };
  return { timeZone: timezone, ...weekdays, from: minutes(from), to: minutes(to) };
}

export function writeRepeat({ timeZone, weekdays, from, to }: QuietHours): SilenceRepeat {
  const text = (minutes: number) => new Date(minutes * MINUTE).toISOString().slice(11, 16);
  const days = weekdays === undefined ? {} : { days: weekdays.map((day) => WEEKDAYS[day]!) };
  return { ...days, from: text(from), to: text(to), timezone: timeZone };
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
    repeat: repeat.exactOptional(),
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
    reason: z.string().trim().min(1, "Give a reason: others need to know why.").max(2000).meta({ pattern: "\\S" }),
    endWhenNormal: z
      .boolean()
      .default(false)
      .meta({ description: "End it early once everything under it has been normal for a whole window." }),
    repeat: repeat.exactOptional().meta({ description: "Only read when the silence is created." }),
    evenIfSilenced: z
      .boolean()
      .default(false)
      .meta({ description: "Create it although an active silence has the same scope." }),
  })
  .superRefine(({ scope, repeat, endWhenNormal }, context) => {
    if (repeat !== undefined && endWhenNormal) {
      const message = "A recurring silence cannot end early: leave out endWhenNormal.";
      context.addIssue({ code: "custom", path: ["endWhenNormal"], message });
    }
    checkPatterns([{ scope, path: ["scope"] }], (path, message) => context.addIssue({ code: "custom", path, message }));
  });

export type PutBody = z.output<typeof silenceRequest>;

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
