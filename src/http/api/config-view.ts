import { stringify } from "yaml";
import type { Instant } from "../../core/model/time.ts";
import { SETTING_GROUPS, type Setting, type SettingGroup, type ConfigView as Settings } from "../../ports/settings.ts";
import { setAt } from "../../util/set-at.ts";
import { maskedConfig, settingText } from "../page/config-page.ts";
import type { ConfigEntry, ConfigView } from "../schemas/config.ts";

/** How the configuration came to be in force. */
export interface ConfigLoad {
  /** The file's path; undefined where there is none. */
  readonly file: string | undefined;
  readonly at: Instant;
  /** Why the last attempt to load it failed, the old one being in force; empty when it did not. */
  readonly problems: readonly string[];
}

/** The configuration as its screen shows it. No secret, and no path of a webhook. */
export function configViewOf(given: Settings, load: ConfigLoad): ConfigView {
  const { settings } = maskedConfig(given);
  const byGroup = Map.groupBy(settings, ({ group }) => group);
  const groups = (Object.keys(SETTING_GROUPS) as SettingGroup[]).flatMap((id) => {
    const entries = byGroup.get(id)?.map(entryOf);
    return entries === undefined ? [] : { id, title: SETTING_GROUPS[id], entries };
  });
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

function entryOf({ key, value, secret, source, where, description, nextStart }: Setting): ConfigEntry {
  const kind = source === "argument" ? "environment" : source;
  return {
    key,
    ...(secret ? { secret: { state: value ? "set" : "not set" } as const } : {}),
    ...(secret || value === null || value === undefined ? {} : { value: settingText(value) }),
    source: { kind, ...(where === undefined ? {} : { detail: where }) },
    ...(nextStart === undefined ? {} : { nextStart: nextStartOf(nextStart.value, secret) }),
    description,
  };
}

function nextStartOf(value: unknown, secret: boolean): string {
  if (secret) return value ? "set" : "not set";
  return value === null || value === undefined ? "not set" : settingText(value);
}

/** A file that loads to the same configuration, apart from secrets and masked addresses. */
function asFile(settings: readonly Setting[]): object {
  const file: Record<string, unknown> = {};
  for (const { key, value, secret } of settings) {
    if (!secret && value !== null && value !== undefined) setAt(file, key.split("."), value);
  }
  return file;
}
