import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/**
 * Who may import whom. Imports point one way, from the outside in; the parts in the middle do not know one another:
 * where one needs another it takes a port, and app.ts hands it over.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ports: ["core"],
  telemetry: ["ports", "core"],

  config: ["telemetry", "ports", "core"],
  http: ["telemetry", "ports", "core"],
  kubernetes: ["telemetry", "ports", "core"],
  notify: ["telemetry", "ports", "core"],
  simulator: ["telemetry", "ports", "core"],
  store: ["telemetry", "ports", "core"],
  watcher: ["telemetry", "ports", "core"],

  app: ["config", "http", "kubernetes", "notify", "simulator", "store", "watcher", "telemetry", "ports", "core"],
  cli: ["app", "config", "http", "kubernetes", "notify", "simulator", "store", "watcher", "telemetry", "ports", "core"],
  main: ["cli", "config"],
};

/** Files directly in src/ that belong to a part of another name. */
const LOOSE: Readonly<Record<string, string>> = {
  "commits.ts": "watcher",
  "deadlines.ts": "watcher",
  "due.ts": "watcher",
  "pending-batch.ts": "watcher",
  "retention.ts": "watcher",
  "termination-counts.ts": "watcher",
  "permissions.ts": "watcher",
  "workload-pods.ts": "watcher",
  "absence.ts": "watcher",
  "unknown-namespaces.ts": "watcher",
  "controllers.ts": "watcher",
  "evidence-keeper.ts": "watcher",
  "telling.ts": "app",
  "reload.ts": "app",
  "receivers.ts": "app",
  "system-clock.ts": "ports",
  "version.ts": "ports",
};

/** Packages that are known to one part alone, so that replacing one touches one folder. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  commander: ["cli"],
  fastify: ["http"],
  kysely: ["store"],
  nodemailer: ["notify"],
  pg: ["store"],
  picocolors: ["cli"],
  pino: ["telemetry"],
  yaml: ["config", "cli", "http", "kubernetes"],
};

const SRC = join(import.meta.dirname, "../src");

const files = globSync("**/*.ts", { cwd: SRC })
  .filter((path) => !path.endsWith(".test.ts"))
  .toSorted();

const imports = files.flatMap((path) =>
  importsIn(readFileSync(join(SRC, path), "utf8")).map((specifier) => ({ path, specifier })),
);

describe("imports point one way", () => {
  it("finds the sources and their imports", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(50);
  });

  it.each(Object.entries(MAY_IMPORT))("%s imports from its own files and %j alone", (part, allowed) => {
    const strays = imports
      .filter(({ path, specifier }) => partOf(path) === part && specifier.startsWith("."))
      .filter(({ path, specifier }) => {
        const target = partOf(relative(SRC, join(SRC, dirname(path), specifier)));
        return target !== part && !allowed.includes(target);
      });
    expect(strays).toEqual([]);
  });

  it("every file belongs to a part", () => {
    expect(files.filter((path) => !Object.hasOwn(MAY_IMPORT, partOf(path)))).toEqual([]);
  });

  it("the core imports neither packages nor Node", () => {
    expect(imports.filter(({ path, specifier }) => partOf(path) === "core" && !specifier.startsWith("."))).toEqual([]);
  });

  it.each(Object.entries(PACKAGES))("%s is known to %j alone", (name, parts) => {
    const strays = imports.filter(
      ({ path, specifier }) =>
        (specifier === name || specifier.startsWith(`${name}/`)) && !parts.includes(partOf(path)),
    );
    expect(strays).toEqual([]);
  });

  it("the page knows the types of the API and of the core, and nothing else of the program", () => {
    const ui = join(SRC, "../ui");
    const strays = globSync("src/**/*.{ts,tsx}", { cwd: ui }).flatMap((path) =>
      importsIn(readFileSync(join(ui, path), "utf8"))
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => relative(SRC, join(ui, dirname(path), specifier)))
        .filter((target) => !target.startsWith("..") && !/^(http\/api\/wire\.ts$|core\/)/.test(target))
        .map((target) => ({ path, target })),
    );
    expect(strays).toEqual([]);
  });
});

it("the core compiles where neither Node nor a browser exists", async () => {
  const root = join(SRC, "..");
  const tsc = promisify(execFile)(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.core.json"], {
    cwd: root,
  });
  await expect(tsc.catch((error: { stdout: string }) => error.stdout)).resolves.toMatchObject({ stdout: "" });
}, 60_000);

it("process.env is read in config/env.ts alone", () => {
  const readers = files.filter((path) =>
    /\bprocess\s*(\?\.|\.|\[\s*["'])\s*env\b|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*"node:process"/.test(
      withoutComments(readFileSync(join(SRC, path), "utf8")),
    ),
  );
  expect(readers).toEqual(["config/env.ts"]);
});

// A start that hangs has nothing yet that could be ended gracefully, and what it waits for keeps the process alive.
const MAY_EXIT = ["cli/signals.ts"];

it("nothing ends the process in mid-flight", () => {
  const enders = files.filter((path) =>
    /\bprocess\.(exit|abort|reallyExit)\(/.test(readFileSync(join(SRC, path), "utf8")),
  );
  expect(enders).toEqual(MAY_EXIT);
});

function partOf(path: string): string {
  const [first = ""] = path.split("/");
  return LOOSE[path] ?? first.replace(/\.ts$/, "");
}

function importsIn(source: string): string[] {
  const code = withoutComments(source);
  const found = code.matchAll(/(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g);
  return [...found].map(([, from, bare]) => from ?? bare ?? "");
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}
