import type { ConfigView, Setting } from "../../ports/settings.ts";
import type { Caller } from "../base/caller.ts";

/** The settings in force that the caller may read. Only unrestricted callers see their positions in the file. */
export function visibleConfig({ settings }: ConfigView, caller: Caller): ConfigView {
  if (caller.seesUnwatched) return { settings };
  if (caller.seesAll) return { settings: settings.filter((setting) => isOfVisibleNamespace(setting, caller)) };
  return {
    settings: settings
      .filter((setting) => isVisible(setting, caller))
      .map((setting) => withoutOtherNamespaces(setting, caller)),
  };
}

function isVisible({ key, visibility }: Setting, caller: Caller): boolean {
  if (visibility !== "namespace") return visibility === "everyone";
  return isOfVisibleNamespace({ key }, caller);
}

function isOfVisibleNamespace({ key }: Pick<Setting, "key">, caller: Caller): boolean {
  const namespace = /^overrides\.([^.]+)\./.exec(key)?.[1];
  return namespace === undefined || caller.sees(namespace);
}

function withoutOtherNamespaces({ nextStart: _, ...setting }: Setting, caller: Caller): Setting {
  const where = setting.source === "file" ? undefined : setting.where;
  if (setting.key !== "namespaces") return { ...setting, where };
  const { value } = setting;
  return { ...setting, where, value: Array.isArray(value) ? value.filter((name) => caller.sees(String(name))) : null };
}
