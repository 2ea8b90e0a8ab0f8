/**
 * The tables in docs/ that are generated from the code. Each is between two comments, `<!-- NAME -->` and
 * `<!-- /NAME -->`; `npm run docs` writes them, and a test fails when one is out of date.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EXAMPLES } from "../src/cli/examples.ts";
import { COMMANDS } from "../src/cli/run.ts";
import { FileSchema } from "../src/config/schema.ts";
import { ReceiverSchema, RouteSchema } from "../src/config/schema-notify.ts";
import { descriptionAt, keysAt, type SchemaSetting, settingsIn } from "../src/config/schema-walk.ts";
import { OTHER_VARIABLES, SETTINGS } from "../src/config/settings.ts";
import { DETECTORS } from "../src/core/detect/detectors.ts";
import { formatDuration } from "../src/core/model/duration.ts";
import { defaultPolicy } from "../src/core/model/policy.ts";
import { shippedPackages } from "./licences.ts";

const ROOT = join(import.meta.dirname, "..");

/** By file, relative to the root: the table between each pair of comments. */
export const DOC_TABLES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "docs/configuration.md": {
    settings: settingsTable,
    variables: variablesTable,
    receivers: receiversTable,
    routes: routesTable,
    "inhibit-rules": inhibitRulesTable,
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

/** Settings that other tables describe, and what replaces them in the table of all settings. */
const GROUPED: Readonly<Record<string, () => string[][]>> = {
  "detectors.": () =>
    memberRows(["detectors", "PodFailed"], "detectors.NAME").map(([key = "", text = ""]) => [
      key,
      text,
      "see [Alerts](alerts.md)",
      "",
    ]),
  "overrides.": () => [
    [code("overrides.NAMESPACE"), `${descriptionAt(FileSchema, ["overrides"])} ${rulesOfOverrides()}`, "", ""],
  ],
  "http.auth.tokens.": () => memberRows(["http", "auth", "tokens", 0], "http.auth.tokens[]"),
  "receivers.": () => [
    [code("receivers"), "Destinations of notifications: see [Receivers](#receivers-and-routes).", "", ""],
  ],
  "inhibit_rules.": () => [
    [
      code("inhibit_rules"),
      "Alerts that keep others from being notified: see [Inhibit rules](#inhibit-rules).",
      "",
      "",
    ],
  ],
  "route.": () => [
    [code("route"), "Which alerts are sent to which receiver: see [Routes](#receivers-and-routes).", "", ""],
  ],
};

function settingsTable(): string {
  const shown = new Set<string>();
  const rows = SETTINGS.flatMap((setting): string[][] => {
    const name = setting.key.join(".");
    const group = Object.keys(GROUPED).find((prefix) => `${name}.`.startsWith(prefix));
    const row = [code(name), setting.description, defaultOf(setting), code(variableOf(setting))];
    if (group === undefined) return [row];
    if (shown.has(group)) return [];
    shown.add(group);
    return [...(group === "http.auth.tokens." ? [row] : []), ...(GROUPED[group]?.() ?? [])];
  });
  return markdownTable(["key", "description", "default", "variable"], rows);
}

/** The members of a section that exists once per name or list item. */
function memberRows(path: readonly (string | number)[], shown: string): string[][] {
  return keysAt(FileSchema, path).map((key) => [
    code(`${shown}.${key}`),
    descriptionAt(FileSchema, [...path, key]) ?? "",
    "",
    "",
  ]);
}

function rulesOfOverrides(): string {
  const keys = keysAt(FileSchema, ["overrides", "any"]).map((key) => code(key));
  return `Keys: ${keys.join(", ")}.`;
}

function variableOf({ meta: { env } }: SchemaSetting): string | undefined {
  return typeof env === "string" ? env : env?.name;
}

function defaultOf({ defaultValue, meta }: SchemaSetting): string {
  if (meta.computedDefault !== undefined) return meta.computedDefault;
  return defaultValue === undefined || defaultValue === "" || Array.isArray(defaultValue)
    ? ""
    : code(String(defaultValue));
}

/** The settings of every receiver come first, once. */
function receiversTable(): string {
  const types = ReceiverSchema.options.map(({ shape }) => ({ type: String(shape.type.value), shape }));
  const inAll = (key: string) => types.every(({ shape }) => key in shape);
  const common = Object.keys(types[0]!.shape).filter((key) => key !== "type" && inAll(key));
  const row = (type: string, key: string, schema: Described) => {
    const names =
      key.endsWith("_file") && key !== "ca_file" ? `${code(key)}, ${code(key.replace("_file", "_env"))}` : code(key);
    return [type, names, (descriptionAt(schema, []) ?? "").replace("File that contains", "Contains")];
  };
  const first = types.at(0)!;
  const rows = common.map((key) => row("all", key, first.shape[key as keyof typeof first.shape]));
  for (const { type, shape } of types) {
    const own = Object.entries(shape).filter(
      ([key]) => key !== "type" && !common.includes(key) && !key.endsWith("_env"),
    );
    rows.push(...own.map(([key, schema]) => row(code(type), key, schema as Described)));
    if (own.length === 0) rows.push([code(type), "", "No other keys."]);
  }
  return markdownTable(["type", "key", "description"], rows);
}

type Described = Parameters<typeof descriptionAt>[0];

function routesTable(): string {
  const rows = settingsIn(RouteSchema).map((setting) => [
    code(setting.key.join(".")),
    setting.description,
    defaultOf(setting),
  ]);
  const hours = keysAt(RouteSchema, ["quiet_hours", 0]).map((key) => [
    code(`quiet_hours[].${key}`),
    descriptionAt(RouteSchema, ["quiet_hours", 0, key]) ?? "",
    "",
  ]);
  return markdownTable(["key", "description", "default"], [...rows, ...hours]);
}

function inhibitRulesTable(): string {
  const rows = memberRows(["inhibit_rules", 0], "inhibit_rules[]");
  return markdownTable(
    ["key", "description"],
    rows.map((row) => row.slice(0, 2)),
  );
}

function variablesTable(): string {
  const rows = SETTINGS.flatMap((setting) => {
    const { env } = setting.meta;
    if (env === undefined) return [];
    const format = typeof env === "string" ? "" : (env.expected?.replace(/ from .*/, "") ?? "");
    return [[code(variableOf(setting)), code(setting.key.join(".")), setting.description, format]];
  });
  const more = Object.entries(OTHER_VARIABLES).map(([name, description]) => [code(name), "", description, ""]);
  return markdownTable(["variable", "key", "description", "format"], [...rows, ...more]);
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
    ["command", "description"],
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
      return `### ${command.name()}\n\n${command.description()}\n\n${markdownTable(["option", "description"], [...args, ...options])}\n\`\`\`sh\n${EXAMPLES[command.name()]!.join("\n")}\n\`\`\`\n`;
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
