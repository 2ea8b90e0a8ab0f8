import { z } from "zod";
import { compileMatchers, type Matcher, parseMatcher } from "../../core/notify/matcher.ts";
import { time } from "./fields.ts";
import { checkPatterns } from "./silences.ts";

/** Requests of the API of Alertmanager, version 2 (its api/v2/openapi.yaml). */

/** The labels of alerts that filters and silences can match. */
const LABELS: ReadonlySet<string> = new Set(["alertname", "namespace", "workload", "pod", "container", "severity"]);
const MAX_MATCHERS = 20;

const flag = z
  .enum(["true", "false"])
  .default("true")
  .transform((given) => given === "true");

const matchersText = z
  .union([z.string().max(2_000), z.array(z.string().max(2_000)).max(MAX_MATCHERS)])
  .default([])
  .transform((given, context): readonly Matcher[] => {
    const matchers: Matcher[] = [];
    for (const text of [given].flat()) {
      try {
        matchers.push(parseMatcher(text));
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as SyntaxError).message });
        return z.NEVER;
      }
    }
    checkPatterns([{ scope: { kind: "matchers", matchers }, path: [] }], (_path, message) =>
      context.addIssue({ code: "custom", message }),
    );
    return matchers;
  });

const receiver = z
  .string()
  .max(1_000)
  .transform((value): Matcher => ({ name: "receiver", operator: "=~", value }))
  .superRefine((matcher, context) => {
    checkPatterns([{ scope: { kind: "matchers", matchers: [matcher] }, path: [] }], (_path, message) =>
      context.addIssue({ code: "custom", message }),
    );
  })
  .optional();

export const receiversQuery = z.object({ receiver_matchers: matchersText });

export const alertsQuery = z.object({
  active: flag,
  silenced: flag,
  inhibited: flag,
  unprocessed: flag,
  muted: flag,
  filter: matchersText,
  receiver,
  receiver_matchers: matchersText,
});
export type AlertsQuery = z.output<typeof alertsQuery>;

export const silencesQuery = z.object({ filter: matchersText, active: flag, pending: flag, expired: flag });

const matcher = z
  .object({
    name: z.string().refine((name) => LABELS.has(name), {
      error: ({ input }) => `Alerts have no label ${String(input)}. Their labels are ${[...LABELS].join(", ")}.`,
    }),
    value: z.string().max(1_000),
    isRegex: z.boolean(),
    isEqual: z.boolean().default(true),
  })
  .transform(({ name, value, isRegex, isEqual }): Matcher => {
    return { name, value, operator: isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=" };
  });

export const postableSilence = z.object({
  id: z.string().max(100).optional(),
  matchers: z
    .array(matcher)
    .min(1, "A silence needs a matcher.")
    .max(MAX_MATCHERS)
    // Not a refinement: those also run when a matcher is invalid.
    .transform((matchers, context): readonly Matcher[] => {
      let isValid = true;
      checkPatterns([{ scope: { kind: "matchers", matchers }, path: [] }], ([_, index = 0], message) => {
        isValid = false;
        context.addIssue({ code: "custom", path: [index, "value"], message });
      });
      // As in Alertmanager: otherwise a mistake silences every alert.
      if (isValid && matchers.every((one) => compileMatchers([one])({}))) {
        context.addIssue({ code: "custom", message: "At least one matcher must not match an empty value." });
      }
      return matchers;
    }),
  startsAt: time,
  endsAt: time,
  createdBy: z.string().max(300),
  comment: z.string().trim().min(1, "Give a comment: others need to know why.").max(2000).meta({ pattern: "\\S" }),
});

export const silenceParams = z.object({ id: z.string().max(100) });
