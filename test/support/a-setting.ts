import { SETTINGS } from "../../src/config/settings.ts";
import type { Setting } from "../../src/ports/settings.ts";

/** A setting as it is shown, with the group, reload behavior and visibility of the schema. */
export function aSetting(key: string, value: unknown, changes: Partial<Setting> = {}): Setting {
  const defined = SETTINGS.find((setting) => `${key}.`.startsWith(`${setting.key.join(".")}.`));
  if (defined === undefined) throw new Error(`${key} is not a setting`);
  return {
    key,
    value,
    variable: undefined,
    description: "What it is for.",
    group: defined.meta.group ?? "server",
    reload: defined.meta.reload ?? "restart",
    visibility: defined.meta.visibility ?? "unrestricted",
    secret: false,
    source: "file",
    where: undefined,
    ...changes,
  };
}
