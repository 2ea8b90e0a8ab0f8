import { z } from "zod";
import { parseDuration } from "../core/model/duration.ts";
import type { Duration } from "../core/model/time.ts";

/**
 * The kinds of values that a setting can have. Each says in its error what was given and what would be right, since
 * these sentences are all that the person who mends the file gets to see.
 */

export function integer(options: { min: number; max: number; example: number }) {
  const { min, max, example } = options;
  return z
    .int(wrong(`a whole number from ${min} to ${max}, such as ${example}`))
    .min(min)
    .max(max);
}

export const truth = () => z.boolean(wrong("true or false"));

export function text(what: string) {
  return z.string(wrong(what)).trim().min(1);
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, wrong(`one of ${values.join(", ")}`));
}

/** `10m`, `1h30m`, `30d`; milliseconds once parsed. */
export function duration(options: { min?: Duration; max?: Duration; example: string }) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER, example } = options;
  const expected = `a duration such as ${example}`;
  return z.string(wrong(expected)).transform((given, context): Duration => {
    const parsed = parseDuration(given);
    if (parsed !== undefined && parsed >= min && parsed <= max) return parsed;
    const range = parsed === undefined ? expected : `within what is allowed here; ${example} would be`;
    context.addIssue({ code: "custom", message: `${show(given)} is not ${range}`, input: given });
    return z.NEVER;
  });
}

/** A label as in RFC 1123, which is what namespaces are named by. */
export const namespaceName = () =>
  z
    .string(wrong("a namespace's name"))
    .regex(
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      wrong("a namespace's name: lower-case letters, digits and '-', at most 63, such as team-shop"),
    );

export function list<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, wrong(what));
}

/** An object with these keys and no others. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, wrong(`a group of settings (${Object.keys(shape).join(", ")})`));
}

interface Issue {
  readonly code?: string | undefined;
  readonly input?: unknown;
}

/** What is said of a value that is not `expected`. Unknown keys are told of elsewhere, where their place is known. */
export function wrong(expected: string) {
  return {
    error: (issue: Issue) => {
      if (issue.code === "unrecognized_keys") return undefined;
      return issue.input === undefined
        ? `is missing: it should be ${expected}`
        : `${show(issue.input)} is not ${expected}`;
    },
  };
}

/** A value as the message shows it: short, and on one line. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}

/** A text that must not be repeated, not even when it is wrong. */
export function secretText(what: string) {
  return z
    .string({ error: () => `what is given (not shown here) is not ${what}` })
    .trim()
    .min(1);
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
