import { z } from "zod";
import { formatDuration, parseDuration } from "../core/model/duration.ts";
import type { Duration } from "../core/model/time.ts";
import type { ReloadBehavior, SettingGroup, SettingVisibility } from "../ports/settings.ts";

/** The metadata of a setting. A section can have metadata as well: its settings inherit what they do not override. */
export interface SettingMeta {
  readonly group?: SettingGroup;
  /** Default: `restart`. */
  readonly reload?: ReloadBehavior;
  /** Default: `unrestricted`. */
  readonly visibility?: SettingVisibility;
  readonly env?: string | EnvironmentVariable;
  /** The environment is the only source. */
  readonly environmentOnly?: boolean;
  /** Only whether it is set is ever shown. */
  readonly secret?: boolean;
  /** The value is the path of a file that must be readable at the start. */
  readonly file?: boolean;
  /** For documentation: a default that depends on the environment. */
  readonly computedDefault?: string;
}

/** A variable whose text is not read by the type of its setting. */
export interface EnvironmentVariable {
  readonly name: string;
  /** The value in the terms of the file. Text that cannot be read is returned as it is, for the schema to reject. */
  readonly read: (text: string) => unknown;
  /** The accepted values, for messages. */
  readonly expected?: string;
}

export const settingMeta = z.registry<SettingMeta>();

/** A setting, or a section of settings, with its description and metadata. */
export function setting<Schema extends z.ZodType>(description: string, meta: SettingMeta, schema: Schema): Schema {
  const described = schema.describe(description);
  settingMeta.add(described, meta);
  return described;
}

/** A section with metadata that its settings inherit. Every key is optional; a missing section is an empty one. */
export function settings<Shape extends z.ZodRawShape>(meta: SettingMeta, shape: Shape) {
  const schema = section(shape);
  settingMeta.add(schema, meta);
  return schema;
}

export function integer(options: { min: number; max: number; example: number }) {
  const { min, max, example } = options;
  return z
    .int(wrong(`a whole number from ${min} to ${max}, such as ${example}`))
    .min(min)
    .max(max);
}

export const boolean = () => z.boolean(wrong("true or false"));

export function text(expected: string) {
  return z.string(wrong(expected)).trim().min(1);
}

export const path = () => text("the path of a file").register(settingMeta, { file: true });

export function url(example: string) {
  return z.url({ protocol: /^https?$/, ...wrong(`an http or https address, such as ${example}`) });
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
    const limits = max === Number.MAX_SAFE_INTEGER ? "" : ` from ${formatDuration(min)} to ${formatDuration(max)}`;
    const message = `${show(given)} is not a duration${limits}, such as ${example}`;
    context.addIssue({ code: "custom", message, input: given });
    return z.NEVER;
  });
}

/** A label as in RFC 1123. */
export const namespaceName = () =>
  z
    .string(wrong("the name of a namespace"))
    .regex(
      /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
      wrong("the name of a namespace: at most 63 lower-case letters, digits and '-', such as team-shop"),
    );

export const timeZone = () =>
  z
    .string(wrong("a time zone such as Europe/Berlin"))
    .refine(isTimeZone, wrong("a time zone of the IANA database, such as Europe/Berlin or UTC"));

export function list<Item extends z.ZodType>(item: Item, expected: string) {
  return z.array(item, wrong(expected));
}

/** An object with these keys and no others. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, wrong(`a group of settings (${Object.keys(shape).join(", ")})`));
}

/** Text that error messages never repeat. */
export function secretText(expected: string) {
  return z
    .string({ error: () => `the value (not shown here) is not ${expected}` })
    .trim()
    .min(1)
    .register(settingMeta, { secret: true });
}

interface Issue {
  readonly code?: string | undefined;
  readonly input?: unknown;
}

/** The message for a value that is not `expected`. The loader reports unknown keys, because it knows their positions. */
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

/** A value for a message: short, and on one line. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
