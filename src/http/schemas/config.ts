import { z } from "zod";
import { SETTING_GROUPS, type SettingGroup } from "../../ports/settings.ts";
import { list, time } from "./fields.ts";

const entry = z
  .object({
    key: z.string().meta({ description: "Path in the file.", examples: ["restarts.threshold"] }),
    value: z.string().exactOptional().meta({ description: "Absent for secrets. Addresses are masked." }),
    secret: z
      .object({
        state: z.enum(["set", "not set", "set but empty"]),
        name: z.string().exactOptional(),
        key: z.string().exactOptional(),
      })
      .exactOptional(),
    source: z.object({
      kind: z.enum(["default", "file", "environment", "secret"]),
      detail: z.string().exactOptional(),
    }),
    problem: z.string().exactOptional(),
    nextStart: z
      .string()
      .exactOptional()
      .meta({ description: "The value in the file, if it takes effect at the next start only." }),
    description: z.string(),
    default: z.string().exactOptional(),
  })
  .meta({ id: "Setting" });
export type ConfigEntry = z.output<typeof entry>;

const group = z.object({
  id: z.enum(Object.keys(SETTING_GROUPS) as [SettingGroup, ...SettingGroup[]]),
  title: z.string(),
  entries: list(entry),
});
export type ConfigGroup = z.output<typeof group>;

export const configView = z
  .object({
    groups: list(group),
    yaml: z.string().meta({ description: "The configuration as a file, without secrets." }),
    file: z.string().exactOptional(),
    loaded: z
      .object({ at: time, ok: z.boolean(), problems: list(z.string()).exactOptional() })
      .meta({ description: "The last load. If it failed, the previous configuration stays in force." }),
    overrides: list(
      z.object({ where: z.string(), key: z.string(), value: z.string(), problem: z.string().exactOptional() }),
    ),
  })
  .meta({ id: "Configuration" });
export type ConfigView = z.output<typeof configView>;
