import type { ConfigView } from "./config/config.ts";

/** What takes effect while the program runs, by the first part of a setting's key; the rest waits for the next start. */
const AT_ONCE: ReadonlySet<string> = new Set([
  "namespaces",
  "restarts",
  "crash_loop_stable_after",
  "churn",
  "ephemeral_containers",
  "detectors",
  "overrides",
  "receivers",
  "route",
  "log_level",
]);

/** The settings that differ between two configurations and cannot be changed in a running program, by key. */
export function settingsForNextStart(before: ConfigView, after: ConfigView): readonly string[] {
  const values = new Map(before.settings.map(({ key, value }) => [key, JSON.stringify(value)]));
  const changed: string[] = [];
  for (const { key, value } of after.settings) {
    if (values.get(key) !== JSON.stringify(value)) changed.push(key);
    values.delete(key);
  }
  return [...changed, ...values.keys()].filter((key) => !AT_ONCE.has(key.split(".")[0]!)).sort();
}
