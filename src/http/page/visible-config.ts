import type { Caller } from "../base/caller.ts";
import type { ConfigSetting, ConfigView } from "./config-page.ts";

/**
 * What anybody who is signed in may know, by the first parts of the key: the rules that raise their alerts. All else
 * names other people's namespaces, receivers, tokens and files.
 */
const FOR_ALL = [
  "restarts",
  "crash_loop_stable_after",
  "churn",
  "ephemeral_containers",
  "detectors",
  "include_events",
  "retention",
  "timezone",
  "page_refresh_interval",
  "console_url",
];

/** The settings in force, as far as the caller may see them. Where they stand in a file is for who can read the file. */
export function visibleConfig({ settings }: ConfigView, caller: Caller): ConfigView {
  if (caller.seesAll) return { settings };
  return {
    settings: settings
      .filter(({ key }) => isForAll(key) || isOfOwnNamespace(key, caller) || key === "namespaces")
      .map((setting) => withoutOthers(setting, caller)),
  };
}

function isForAll(key: string): boolean {
  return FOR_ALL.some((prefix) => key === prefix || key.startsWith(`${prefix}.`));
}

function isOfOwnNamespace(key: string, caller: Caller): boolean {
  const namespace = /^overrides\.([^.]+)\./.exec(key)?.[1];
  return namespace !== undefined && caller.sees(namespace);
}

function withoutOthers({ nextStart: _, ...setting }: ConfigSetting, caller: Caller): ConfigSetting {
  const where = setting.source === "file" ? undefined : setting.where;
  if (setting.key !== "namespaces") return { ...setting, where };
  const { value } = setting;
  return { ...setting, where, value: Array.isArray(value) ? value.filter((name) => caller.sees(String(name))) : null };
}
