import type { ConfigView, Setting } from "../ports/settings.ts";

/**
 * What is in force after a reload: a setting that waits for the next start is shown as the program was started with,
 * with what it will be. Whoever took somebody's access away in the file must not read here that it is gone.
 */
export function viewInForce(started: ConfigView, loaded: ConfigView): ConfigView {
  const atStart = new Map(started.settings.map((setting) => [setting.key, setting]));
  const settings = loaded.settings.map((setting) => {
    if (setting.reload === "immediate") return setting;
    const inForce = atStart.get(setting.key) ?? { ...setting, value: null };
    return same(inForce, setting) ? setting : { ...inForce, nextStart: { value: setting.value } };
  });
  const keys = new Set(loaded.settings.map(({ key }) => key));
  const gone = started.settings.filter((setting) => !keys.has(setting.key) && setting.reload === "restart");
  return { settings: [...settings, ...gone.map((setting) => ({ ...setting, nextStart: { value: null } }))] };
}

/** The settings whose value in the file is not in force before the next start, by key. */
export function settingsForNextStart({ settings }: ConfigView): readonly string[] {
  return settings.flatMap(({ key, nextStart }) => (nextStart === undefined ? [] : [key])).sort();
}

function same(one: Setting, other: Setting): boolean {
  return JSON.stringify(one.value) === JSON.stringify(other.value);
}
