import type { z } from "zod";
import type { ConfigView } from "../ports/settings.ts";
import { isRecord, setAt } from "../util/set-at.ts";
import { closestMatch } from "./closest-match.ts";
import type { Config } from "./config.ts";
import { type Environment, given, hostEnvironment, unknownVariables } from "./env.ts";
import { type ConfigFile, readConfigFile } from "./file.ts";
import { type KeyPath, valueAt } from "./key-path.ts";
import type { Problem } from "./problem.ts";
import { resolveConfig } from "./resolve.ts";
import { FileSchema } from "./schema.ts";
import { show } from "./schema-types.ts";
import { keysAt } from "./schema-walk.ts";
import { KNOWN_VARIABLES, PARAMETERS, SETTINGS } from "./settings.ts";
import { sourceOf, type ValueSource } from "./value-source.ts";
import { viewConfig } from "./view.ts";

export interface Arguments {
  /** `--config`. Without it, POD_WATCHER_CONFIG names the file; without either there is none. */
  readonly configFile?: string | undefined;
  /** Values of other options, which override the environment. */
  readonly settings?: readonly OptionSetting[];
}

export interface OptionSetting {
  /** As on the command line, such as `--port`. */
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
 * Reads file, environment and arguments; later ones override earlier ones. Returns either a valid configuration or every
 * problem that was found.
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
    const meant = closestMatch(name, KNOWN_VARIABLES);
    if (meant !== undefined) problems.push({ where: name, message: `is not a known variable: did you mean ${meant}?` });
    else warnings.push({ where: name, message: "is not a known variable and has no effect" });
  }

  const sources = [...environmentSources(env), ...argumentSources(args)];
  const content = structuredClone(isRecord(file?.content) ? file.content : {});
  for (const { key, value } of sources) setAt(content, key, value);
  const parsed = FileSchema.safeParse(content);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const source = sourceOf(sources, issue.path);
      if (source) problems.push({ where: source.where, message: sourceMessage(source, issue) });
    }
  }
  if (!parsed.success || problems.length > 0) return { ok: false, problems };

  const locate = (key: KeyPath) => sourceOf(sources, key)?.where ?? file?.locate(key) ?? key.join(".");
  const resolved = resolveConfig(parsed.data, { hostEnvironment: hostEnvironment(env), environment: env, locate });
  if (resolved.problems.length > 0) return { ok: false, problems: resolved.problems };
  const view = viewConfig(resolved.config, { file, content, sources });
  return { ok: true, config: resolved.config, view, warnings: [...warnings, ...resolved.warnings] };
}

function environmentSources(env: Environment): ValueSource[] {
  return PARAMETERS.flatMap(({ name, key, read, expected }) => {
    const text = given(env, name);
    return text === undefined
      ? []
      : { kind: "environment", where: name, key, given: text, value: read(text), expected };
  });
}

function argumentSources({ settings = [] }: Arguments): ValueSource[] {
  return settings.map(({ option, key, value }) => ({ kind: "argument", where: option, key, given: value, value }));
}

function sourceMessage({ expected, given }: ValueSource, issue: z.core.$ZodIssue): string {
  return expected === undefined ? issue.message : `${show(given)} is not ${expected}`;
}

function checkFile(file: ConfigFile): Problem[] {
  const problems: Problem[] = SETTINGS.flatMap(({ key, meta }) =>
    meta.environmentOnly && valueAt(file.content, key) !== undefined
      ? {
          where: file.locateKey(key),
          message: `${key.join(".")} can only be set with the variable ${String(meta.env)}`,
        }
      : [],
  );
  const parsed = FileSchema.safeParse(file.content);
  if (parsed.success) return problems;
  const issues = parsed.error.issues.flatMap((issue): Problem[] => {
    const path = issue.path as KeyPath;
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(file, path, key));
    if (issue.code === "invalid_key") {
      const message = `${path.join(".")}: ${issue.issues[0]?.message ?? issue.message}`;
      return [{ where: file.locateKey(path), message }];
    }
    return [{ where: file.locate(path), message: `${path.join(".") || "the file"}: ${issue.message}` }];
  });
  return [...problems, ...issues];
}

function unknownKey(file: ConfigFile, parent: KeyPath, key: string): Problem {
  const known = keysAt(FileSchema, parent, valueAt(file.content, [...parent, "type"]));
  const meant = closestMatch(key, known);
  const inside = parent.length === 0 ? "" : ` in ${parent.join(".")}`;
  const hint = meant === undefined ? `use one of ${known.join(", ")}` : `did you mean ${meant}?`;
  return { where: file.locateKey([...parent, key]), message: `${key} is not a known key${inside}: ${hint}` };
}
