/**
 * The tables in docs/ that are made from the code. Each stands between two comments, `<!-- NAME -->` and
 * `<!-- /NAME -->`; `npm run docs` writes them, and a test fails when one is out of date.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../src/cli/run.ts";
import type { Setting } from "../src/ports/settings.ts";
import { type OTHER_VARIABLES, PARAMETERS } from "../src/config/env.ts";
import { loadConfig } from "../src/config/load.ts";
import { FileSchema } from "../src/config/schema.ts";
import { ReceiverSchema, RouteSchema } from "../src/config/schema-notify.ts";
import { keysAt, meaningOf } from "../src/config/schema-walk.ts";
import { DETECTORS } from "../src/core/detect/detectors.ts";
import { formatDuration } from "../src/core/model/duration.ts";
import { defaultPolicy } from "../src/core/model/policy.ts";
import { shippedPackages } from "./licences.ts";

const ROOT = join(import.meta.dirname, "..");

/** By file, below the root: what stands between which comments. */
export const DOC_TABLES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "docs/configuration.md": {
    settings: settingsTable,
    variables: variablesTable,
    receivers: receiversTable,
    routes: routesTable,
  },
  "docs/alerts.md": { detectors: detectorsTable },
  "docs/cli.md": { commands: commandsTable, options: optionsTables },
  "THIRD_PARTY.md": { packages: packagesTable },
};

/** The file as it should be. Throws when a comment is missing. */
export function withTables(path: string): string {
  let text = readFileSync(join(ROOT, path), "utf8");
  for (const [name, table] of Object.entries(DOC_TABLES[path] ?? {})) {
    const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->\n`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from === -1 || to < from) throw new Error(`${path} lacks ${begin.trim()} … ${end.trim()}`);
    text = text.slice(0, from + begin.length) + table() + text.slice(to);
  }
  return text;
}

function settingsTable(): string {
  const loaded = loadConfig({ env: {} });
  if (!loaded.ok) throw new Error("the empty configuration should load");
  const settings = loaded.view.settings.filter(({ key }) => !key.startsWith("detectors."));
  const rows = settings.flatMap((setting): string[][] => {
    const row = [code(setting.key), setting.meaning, defaultOf(setting), code(setting.variable)];
    if (setting.key === "ephemeral_containers") {
      return [row, ...memberRows(["detectors", "PodFailed"], "detectors.NAME"), overridesRow()];
    }
    if (setting.key === "http.auth.tokens")
      return [row, ...memberRows(["http", "auth", "tokens", 0], "http.auth.tokens[]")];
    return [row];
  });
  return markdownTable(["key", "meaning", "default", "variable"], rows);
}

/** What stands once for each of many. */
function memberRows(path: readonly (string | number)[], shown: string): string[][] {
  return keysAt(FileSchema, path).map((key) => [
    code(`${shown}.${key}`),
    meaningOf(FileSchema, [...path, key]) ?? "",
    path[0] === "detectors" ? "see [alerts](alerts.md)" : "",
    "",
  ]);
}

function overridesRow(): string[] {
  const keys = keysAt(FileSchema, ["overrides", "any"]).map((key) => code(key));
  return [code("overrides.NAMESPACE"), `${meaningOf(FileSchema, ["overrides"])}: ${keys.join(", ")}`, "", ""];
}

/** Values that depend on where the program runs are told in words, in the meaning. */
function defaultOf({ meaning, secret, value }: Setting): string {
  if (meaning.includes("default:") || secret || value === null || value === "") return "";
  return Array.isArray(value) ? "" : code(String(value));
}

/** What every receiver has comes first, once. */
function receiversTable(): string {
  const types = ReceiverSchema.options.map(({ shape }) => ({ type: String(shape.type.value), shape }));
  const common = Object.keys(types.at(-1)!.shape).filter((key) => key !== "type");
  const row = (type: string, key: string, schema: Described) => {
    const names =
      key.endsWith("_file") && key !== "ca_file" ? `${code(key)}, ${code(key.replace("_file", "_env"))}` : code(key);
    return [type, names, (meaningOf(schema, []) ?? "").replace("the file that holds", "what holds")];
  };
  const first = types.at(0)!;
  const rows = common.map((key) => row("all", key, first.shape[key as keyof typeof first.shape]));
  for (const { type, shape } of types) {
    const own = Object.entries(shape).filter(
      ([key]) => key !== "type" && !common.includes(key) && !key.endsWith("_env"),
    );
    rows.push(...own.map(([key, schema]) => row(code(type), key, schema as Described)));
    if (own.length === 0) rows.push([code(type), "", "nothing else"]);
  }
  return markdownTable(["type", "key", "meaning"], rows);
}

type Described = Parameters<typeof meaningOf>[0];

function routesTable(): string {
  const rows = keysAt(RouteSchema, []).map((key) => [code(key), meaningOf(RouteSchema, [key]) ?? ""]);
  const hours = keysAt(RouteSchema, ["quiet_hours", 0]).map((key) => [
    code(`quiet_hours[].${key}`),
    meaningOf(RouteSchema, ["quiet_hours", 0, key]) ?? "",
  ]);
  return markdownTable(["key", "meaning"], [...rows, ...hours]);
}

function variablesTable(): string {
  const loaded = loadConfig({ env: {} });
  const meanings = new Map(loaded.ok ? loaded.view.settings.map(({ variable, meaning }) => [variable, meaning]) : []);
  const rows = PARAMETERS.map(({ name, key, expected }) => [
    code(name),
    code(key.join(".")),
    meanings.get(name) ?? "",
    expected?.replace(/ from .*/, "") ?? "",
  ]);
  const others: Readonly<Record<(typeof OTHER_VARIABLES)[number], string>> = {
    OPENSHIFT_TOKEN: meanings.get("OPENSHIFT_TOKEN") ?? "",
    POD_WATCHER_CONFIG: "the configuration file, where `--config` does not name one",
    POD_WATCHER_URL: "for `alerts`, `explain`, `ack` and `silence`: where Pod Watcher runs",
    POD_WATCHER_TOKEN: "for the same: the token to show there",
  };
  const more = Object.entries(others).map(([name, meaning]) => [code(name), "", meaning, ""]);
  return markdownTable(["variable", "key", "meaning", "given as"], [...rows, ...more]);
}

function detectorsTable(): string {
  const rows = DETECTORS.map(({ name, severity, help }) => {
    const policy = defaultPolicy.detectors[name];
    const span = (duration: number) => (duration === 0 ? "" : formatDuration(duration));
    return [`[${name}](#${name.toLowerCase()})`, severity, help, span(policy.for), span(policy.keepFiringFor)];
  });
  return markdownTable(["alert", "severity", "fires when", "`for`", "`keep_firing_for`"], rows);
}

const commands = () =>
  COMMANDS.map((command) => command({ env: {}, out: process.stdout, err: process.stderr }, () => {}));

function commandsTable(): string {
  return markdownTable(
    ["command", "what"],
    commands().map((command) => [`[${command.name()}](#${command.name()})`, command.summary()]),
  );
}

function optionsTables(): string {
  return commands()
    .map((command) => {
      const args = command.registeredArguments.map((argument) => [code(argument.name()), argument.description]);
      const options = command.options.map((option) => {
        const choices = option.argChoices === undefined ? "" : option.argChoices.join(", ");
        return [code(option.flags), [option.description, choices].filter((text) => text !== "").join(": ")];
      });
      return `### ${command.name()}\n\n${command.description()}\n\n${markdownTable(["option", "meaning"], [...args, ...options])}`;
    })
    .join("\n");
}

function packagesTable(): string {
  const rows = shippedPackages().map(({ name, version, licence }) => [name, version, licence]);
  return markdownTable(["package", "version", "licence"], rows);
}

function code(text: string | undefined): string {
  return text === undefined || text === "" ? "" : `\`${text}\``;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `|${cells.map((cell) => (cell === "" ? " |" : ` ${cell.replaceAll("|", "\\|")} |`)).join("")}\n`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("");
}
