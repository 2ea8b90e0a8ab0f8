import { stringify } from "yaml";
import type { Instant } from "../../core/model/time.ts";
import type { ConfigEntry, ConfigGroup, ConfigView } from "../base/api-types.ts";
import { type ConfigSetting, maskedConfig, type ConfigView as Settings, settingText } from "../page/config-page.ts";

/** How the configuration came to be in force. */
export interface ConfigLoad {
  /** The file's path; undefined where there is none. */
  readonly file: string | undefined;
  readonly at: Instant;
  /** Why the last attempt to load it failed, the old one being in force; empty when it did not. */
  readonly problems: readonly string[];
}

type GroupId = ConfigGroup["id"];

const TITLES: Readonly<Record<GroupId, string>> = {
  watch: "What is watched",
  thresholds: "When it alerts",
  notifiers: "Who is told",
  storage: "Where state is kept",
  access: "Who may see what",
  server: "The server",
};

/** By the first parts of the key; the longest that fits counts. */
const GROUPS: readonly (readonly [string, GroupId])[] = [
  ["cluster", "watch"],
  ["namespaces", "watch"],
  ["restarts", "thresholds"],
  ["detectors", "thresholds"],
  ["overrides", "thresholds"],
  ["crash_loop", "thresholds"],
  ["churn", "thresholds"],
  ["ephemeral_containers", "thresholds"],
  ["receivers", "notifiers"],
  ["routes", "notifiers"],
  ["route", "notifiers"],
  ["notifications", "notifiers"],
  ["confirm_silence", "notifiers"],
  ["include_events", "notifiers"],
  ["database", "storage"],
  ["retention", "storage"],
  ["http.auth", "access"],
  ["http.tls", "access"],
  ["http.hosts", "access"],
];

/** The configuration as its screen shows it. No secret, and no path of a webhook. */
export function configViewOf(given: Settings, load: ConfigLoad): ConfigView {
  const { settings } = maskedConfig(given);
  const byGroup = Map.groupBy(settings, groupOf);
  const groups = (Object.keys(TITLES) as GroupId[])
    .filter((id) => byGroup.has(id))
    .map((id) => ({ id, title: TITLES[id], entries: byGroup.get(id)!.map(entryOf) }));
  const { at, file, problems } = load;
  return {
    groups,
    yaml: stringify(asFile(settings)),
    ...(file === undefined ? {} : { file }),
    loaded: { at, ok: problems.length === 0, ...(problems.length === 0 ? {} : { problems }) },
    overrides: settings.flatMap(({ key, value }) => {
      const [, namespace, rest] = /^overrides\.([^.]+)\.(.+)$/.exec(key) ?? [];
      return namespace === undefined || rest === undefined
        ? []
        : [{ where: `namespace ${namespace}`, key: rest, value: settingText(value) }];
    }),
  };
}

function groupOf({ key }: ConfigSetting): GroupId {
  return GROUPS.find(([prefix]) => key === prefix || key.startsWith(`${prefix}.`))?.[1] ?? "server";
}

function entryOf({ key, value, secret, source, where, meaning, nextStart }: ConfigSetting): ConfigEntry {
  const kind = source === "argument" ? "environment" : source;
  return {
    key,
    ...(secret ? { secret: { state: value ? "set" : "not set" } as const } : {}),
    ...(secret || value === null || value === undefined ? {} : { value: settingText(value) }),
    source: { kind, ...(where === undefined ? {} : { detail: where }) },
    ...(nextStart === undefined ? {} : { nextStart: nextStartOf(nextStart.value, secret) }),
    meaning,
  };
}

function nextStartOf(value: unknown, secret: boolean): string {
  if (secret) return value ? "set" : "not set";
  return value === null || value === undefined ? "not set" : settingText(value);
}

/** A file that could be loaded again, but for the secrets and what is masked. */
function asFile(settings: readonly ConfigSetting[]): object {
  const file: Record<string, unknown> = Object.create(null);
  for (const { key, value, secret } of settings) {
    if (secret || value === null || value === undefined) continue;
    const path = key.split(".");
    let inner = file;
    for (const part of path.slice(0, -1)) {
      inner[part] ??= Object.create(null);
      inner = inner[part] as Record<string, unknown>;
    }
    inner[path.at(-1)!] = value;
  }
  return { ...file };
}
