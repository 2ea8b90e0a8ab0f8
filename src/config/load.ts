import type { z } from "zod";
import type { Config, ConfigView } from "./config.ts";
import {
  type Environment,
  given,
  OTHER_VARIABLES,
  PARAMETERS,
  type Parameter,
  surroundings,
  unknownVariables,
} from "./env.ts";
import { type ConfigFile, type KeyPath, readConfigFile } from "./file.ts";
import { show } from "./leaves.ts";
import { nearest } from "./nearest.ts";
import { type Origin, originOf } from "./origin.ts";
import type { Problem } from "./problem.ts";
import { FileSchema } from "./schema.ts";
import { keysAt } from "./schema-walk.ts";
import { resolveConfig } from "./shape.ts";
import { viewConfig } from "./view.ts";

export interface Arguments {
  /** `--config`; else POD_WATCHER_CONFIG; without either there is no file. */
  readonly configFile?: string | undefined;
  /** Values from other options, by option name: they win over the environment. */
  readonly settings?: readonly OptionSetting[];
}

export interface OptionSetting {
  /** As it was written, such as `--port`. */
  readonly option: string;
  readonly key: KeyPath;
  readonly value: unknown;
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly view: ConfigView;
      readonly warnings: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads file, environment and arguments, the later winning over the earlier, and checks everything before it answers:
 * either a configuration without a fault, or every fault at once.
 */
export function loadConfig(input: { readonly env: Environment; readonly args?: Arguments }): LoadResult {
  const { env, args = {} } = input;
  const problems: Problem[] = [];
  const warnings: Problem[] = [];

  const path = args.configFile ?? given(env, "POD_WATCHER_CONFIG");
  const read = path === undefined ? undefined : readConfigFile(path);
  const file = read?.ok ? read.file : undefined;
  if (read?.ok === false) problems.push(...read.problems);
  if (file) problems.push(...checkFile(file));

  for (const name of unknownVariables(env)) {
    const meant = nearest(name, [...PARAMETERS.map((parameter) => parameter.name), ...OTHER_VARIABLES]);
    if (meant !== undefined) problems.push({ where: name, message: `is not a known variable: did you mean ${meant}?` });
    else warnings.push({ where: name, message: "is not a variable of this program and changes nothing" });
  }

  const origins = [...environmentOrigins(env), ...argumentOrigins(args)];
  const content = structuredClone(isObject(file?.content) ? file.content : {});
  for (const { key, value } of origins) setIn(content, key, value);
  const parsed = FileSchema.safeParse(content);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const origin = originOf(origins, issue.path);
      if (origin) problems.push({ where: origin.where, message: originMessage(origin, issue) });
    }
  }
  if (!parsed.success || problems.length > 0) return { ok: false, problems };

  const locate = (key: KeyPath) => originOf(origins, key)?.where ?? file?.locate(key) ?? key.join(".");
  const shaped = resolveConfig(parsed.data, {
    token: given(env, "OPENSHIFT_TOKEN"),
    surroundings: surroundings(env),
    environment: env,
    locate,
  });
  if (shaped.problems.length > 0) return { ok: false, problems: shaped.problems };
  warnings.push(...shaped.warnings);
  return { ok: true, config: shaped.config, view: viewConfig(shaped.config, { file, origins }), warnings };
}

function environmentOrigins(env: Environment): (Origin & { value: unknown })[] {
  return PARAMETERS.flatMap((parameter: Parameter) => {
    const text = given(env, parameter.name);
    if (text === undefined) return [];
    return {
      source: "environment" as const,
      where: parameter.name,
      key: parameter.key,
      given: text,
      value: parameter.read(text),
      expected: parameter.expected,
    };
  });
}

function argumentOrigins(args: Arguments): (Origin & { value: unknown })[] {
  return (args.settings ?? []).map(({ option, key, value }) => ({
    source: "argument" as const,
    where: option,
    key,
    given: value,
    value,
  }));
}

function originMessage(origin: Origin, issue: z.core.$ZodIssue): string {
  return origin.expected === undefined ? issue.message : `${show(origin.given)} is not ${origin.expected}`;
}

function checkFile(file: ConfigFile): Problem[] {
  const parsed = FileSchema.safeParse(file.content);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    const path = issue.path as KeyPath;
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(file, path, key));
    if (issue.code === "invalid_key") {
      return {
        where: file.locateKey(path),
        message: `${path.join(".")}: ${issue.issues[0]?.message ?? issue.message}`,
      };
    }
    return { where: file.locate(path), message: `${path.join(".") || "the file"}: ${issue.message}` };
  });
}

function unknownKey(file: ConfigFile, parent: KeyPath, key: string): Problem {
  const known = keysAt(FileSchema, parent, valueAt(file.content, [...parent, "type"]));
  const meant = nearest(key, known);
  const inside = parent.length === 0 ? "" : ` in ${parent.join(".")}`;
  const hint = meant === undefined ? `what may stand here: ${known.join(", ")}` : `did you mean ${meant}?`;
  return { where: file.locateKey([...parent, key]), message: `${key} is not a known key${inside}: ${hint}` };
}

function valueAt(content: unknown, path: KeyPath): unknown {
  let value = content;
  for (const part of path) value = isObject(value) || Array.isArray(value) ? Reflect.get(value, part) : undefined;
  return value;
}

function setIn(target: Record<string, unknown>, key: KeyPath, value: unknown): void {
  let inner = target;
  for (const part of key.slice(0, -1)) {
    const next = inner[part];
    if (isObject(next)) inner = next;
    else {
      const made: Record<string, unknown> = {};
      inner[part] = made;
      inner = made;
    }
  }
  inner[key.at(-1)!] = value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
