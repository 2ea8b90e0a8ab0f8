import { formatDuration, parseDuration } from "../core/model/duration.ts";
import type { ConfigView, Setting } from "../ports/settings.ts";
import { isRecord } from "../util/set-at.ts";
import type { Config } from "./config.ts";
import type { ConfigFile } from "./file.ts";
import { type KeyPath, valueAt } from "./key-path.ts";
import { rules } from "./schema-rules.ts";
import { section } from "./schema-types.ts";
import { isDuration, type SchemaSetting, settingsIn } from "./schema-walk.ts";
import { SETTINGS } from "./settings.ts";
import { sourceOf, type ValueSource } from "./value-source.ts";

export interface ConfigSources {
  readonly file: ConfigFile | undefined;
  /** The content of the file, overridden by environment and arguments. */
  readonly content: Readonly<Record<string, unknown>>;
  readonly sources: readonly ValueSource[];
}

/** The configuration as settings, each with the source of its value. Secrets only as set or not set. */
export function viewConfig(config: Config, given: ConfigSources): ConfigView {
  const computed = computedValues(config);
  const settings = SETTINGS.flatMap((setting) =>
    setting.key[0] === "overrides" ? overrideSettings(setting, given) : toSetting(setting, given, computed),
  );
  return { settings };
}

/** Defaults that depend on the environment or on other settings. */
function computedValues({ database, http, route, timezone }: Config): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ["http.bind", http.bind],
    ["http.auth.mode", http.auth.mode],
    ["route.receiver", route?.receiver],
    ["timezone", timezone],
    ...(database.kind === "postgres" ? [["database.path", null] as const] : []),
  ]);
}

/** Only the rules that are overridden. */
function overrideSettings(overrides: SchemaSetting, given: ConfigSources): Setting[] {
  const ruleSettings = settingsIn(section(rules()));
  return Object.keys(isRecord(given.content.overrides) ? given.content.overrides : {}).flatMap((namespace) =>
    ruleSettings
      .map((rule) => ({ ...rule, key: ["overrides", namespace, ...rule.key], meta: overrides.meta }))
      .filter(({ key }) => isGiven(valueAt(given.content, key)))
      .map((rule) => toSetting(rule, given, new Map())),
  );
}

function toSetting(
  { key, schema, description, meta, defaultValue }: SchemaSetting,
  { file, content, sources }: ConfigSources,
  computed: ReadonlyMap<string, unknown>,
): Setting {
  const name = key.join(".");
  const written = valueAt(content, key);
  const source = sourceOf(sources, key);
  const value = isGiven(written) ? written : (computed.get(name) ?? defaultValue ?? null);
  return {
    key: name,
    variable: typeof meta.env === "string" ? meta.env : meta.env?.name,
    description: meta.computedDefault === undefined ? description : `${description} Default: ${meta.computedDefault}.`,
    group: meta.group ?? "server",
    reload: meta.reload ?? "restart",
    visibility: meta.visibility ?? "unrestricted",
    value: meta.secret ? value !== null : shownValue(key, isDuration(schema), value),
    secret: meta.secret ?? false,
    ...(source !== undefined
      ? { source: source.kind, where: source.where }
      : file !== undefined && isGiven(valueAt(file.content, key))
        ? { source: "file", where: file.locate(key) }
        : { source: "default", where: undefined }),
  };
}

function shownValue(key: KeyPath, isSpan: boolean, value: unknown): unknown {
  if (key[0] === "receivers" && Array.isArray(value)) return value.map(withoutSecrets);
  if (!isSpan || typeof value !== "string") return value;
  const span = parseDuration(value);
  return span === undefined ? value : formatDuration(span);
}

/** Addresses can contain secrets in their paths. The names of files and variables with secrets are not secret. */
function withoutSecrets(receiver: object) {
  const entries = Object.entries(receiver);
  return Object.fromEntries(entries.map(([key, value]) => [key, /(^|_)url$/.test(key) ? "(set, not shown)" : value]));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
