import { Command, Option } from "commander";
import { stringify } from "yaml";
import { z } from "zod";
import { FileSchema } from "../config/schema.ts";
import { printableJson } from "../core/text/printable.ts";
import type { ConfigView, Setting } from "../ports/settings.ts";
import { setAt } from "../util/set-at.ts";
import { type ConfigOptions, configFrom, withConfigOptions } from "./options.ts";
import { type Terminal, table } from "./terminal.ts";

interface Options extends ConfigOptions {
  readonly format: "table" | "yaml" | "json";
  readonly jsonSchema?: boolean;
}

export function configCommand(terminal: Terminal, exit: (code: number) => void): Command {
  return withConfigOptions(new Command("config"))
    .summary("validate and print the configuration")
    .description(
      "Validates the configuration and prints each setting with its value and source. Secrets are not shown.",
    )
    .addOption(new Option("-f, --format <format>").choices(["table", "yaml", "json"]).default("table"))
    .option("--json-schema", "print the JSON Schema of the configuration file, for editors")
    .action((options: Options) => {
      if (options.jsonSchema) {
        terminal.out.write(`${JSON.stringify(z.toJSONSchema(FileSchema, { io: "input" }), undefined, 2)}\n`);
        return;
      }
      const loaded = configFrom(options, terminal);
      if (loaded) terminal.out.write(FORMATS[options.format](loaded.view));
      else exit(1);
    });
}

const FORMATS: Readonly<Record<Options["format"], (view: ConfigView) => string>> = {
  table: ({ settings }) =>
    table([
      ["SETTING", "VALUE", "SOURCE"],
      ...settings.map((setting) => [setting.key, valueText(setting), sourceText(setting)]),
    ]),
  json: ({ settings }) => `${printableJson(settings, 2)}\n`,
  yaml: (view) => stringify(asFile(view)),
};

function valueText({ secret, value }: Setting): string {
  if (secret) return value ? "(set, not shown)" : "(not set)";
  if (value === null) return "(not set)";
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}

function sourceText({ source, where, variable }: Setting): string {
  if (where !== undefined) return `${source}: ${where}`;
  return variable === undefined ? source : `${source} (${variable})`;
}

/** A file that loads to the same configuration, apart from the secrets. */
function asFile({ settings }: ConfigView): object {
  const file: Record<string, unknown> = {};
  for (const { key, value, secret } of settings) {
    if (!secret && value !== null) setAt(file, key.split("."), value);
  }
  return file;
}
