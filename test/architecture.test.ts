import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/**
 * The dependency rules. In each folder of src/ the subfolders stand in layers: a file may import from its own folder and
 * from the layers below. Folders of one layer do not import one another: where one needs another it takes a port, and
 * src/app hands it over.
 */
const LAYERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  ".": [
    ["main"],
    ["cli"],
    ["app"],
    ["config", "http", "kubernetes", "notify", "store", "watcher"],
    ["telemetry"],
    ["util"],
    ["ports"],
    ["core"],
  ],
  core: [
    ["incident"],
    ["evaluate", "delivery", "membership", "notify", "view"],
    ["detect"],
    ["text"],
    ["util"],
    ["model"],
  ],
  http: [["server"], ["api", "legacy"], ["page"], ["rows"], ["auth"], ["base"], ["schemas"]],
  kubernetes: [["watch"], ["api"], ["transport"], ["auth", "decode"]],
};

/** The same for packages/simulator/src, whose folders are built from the objects up to the demo. */
const SIMULATOR_LAYERS: readonly (readonly string[])[] = [
  ["bench", "demo"],
  ["simulator"],
  ["server"],
  ["faults"],
  ["http"],
  ["cluster"],
  ["kubelet"],
  ["storage"],
  ["encode"],
  ["model"],
];

/** The same for ui/src. */
const PAGE_LAYERS: readonly (readonly string[])[] = [
  ["main"],
  ["AppRoot"],
  ["shell", "features"],
  ["dialogs"],
  ["common"],
  ["incident-actions"],
  ["actions"],
  ["context"],
  ["app"],
  ["state", "api"],
  ["format", "live"],
  ["base", "browser"],
];

const SHARED_WITH_SIMULATOR = ["core/model/time.ts", "ports/clock.ts", "ports/system-clock.ts", "core/util/defined.ts"];

/** Packages that are known to one part alone, so that replacing one touches one folder. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  commander: ["cli"],
  fastify: ["http"],
  ink: ["cli"],
  kysely: ["store"],
  nodemailer: ["notify"],
  pg: ["store"],
  picocolors: ["cli"],
  pino: ["telemetry"],
  react: ["cli"],
  yaml: ["config", "cli", "http", "kubernetes"],
};

const SRC = join(import.meta.dirname, "../src");

const files = globSync("**/*.ts", { cwd: SRC })
  .filter((path) => !path.endsWith(".test.ts"))
  .toSorted();

const imports = files.flatMap((path) =>
  importsIn(readFileSync(join(SRC, path), "utf8")).map((specifier) => ({ path, specifier })),
);

const SIMULATOR = join(SRC, "../packages/simulator/src");
const simulatorImports = relativeImports(SIMULATOR);

const PAGE = join(SRC, "../ui/src");
const pageImports = relativeImports(PAGE);

describe("imports point one way", () => {
  it("finds the sources and their imports", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(50);
  });

  it.each(Object.keys(LAYERS))("the folders of src/%s import from the layers below them only", (parent) => {
    const strays = imports
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ path, specifier }) => ({ path, target: join(dirname(path), specifier) }))
      .filter(({ path, target }) => isInside(path, parent) && isInside(target, parent))
      .filter(({ path, target }) => {
        const [from, to] = [folderBelow(parent, path), folderBelow(parent, target)];
        return from !== to && !(layerOf(parent, from) < layerOf(parent, to));
      });
    expect(strays).toEqual([]);
  });

  it.each(Object.keys(LAYERS))("every folder of src/%s has a layer", (parent) => {
    const folders = files.filter((path) => isInside(path, parent)).map((path) => folderBelow(parent, path));
    expect([...new Set(folders)].filter((folder) => layerOf(parent, folder) === -1)).toEqual([]);
  });

  it("the simulator imports only the clock and small helpers of the program", () => {
    const strays = simulatorImports.filter(
      ({ target }) =>
        target.startsWith("..") && !SHARED_WITH_SIMULATOR.includes(relative(SRC, join(SIMULATOR, target))),
    );
    expect(strays).toEqual([]);
  });

  it.each([
    ["packages/simulator/src", SIMULATOR_LAYERS, simulatorImports],
    ["ui/src", PAGE_LAYERS, pageImports],
  ] as const)("the folders of %s import from the layers below them only", (_, layers, found) => {
    const layer = (path: string) => layers.findIndex((folders) => folders.includes(folderBelow(".", path)));
    expect(found.length).toBeGreaterThan(100);
    const strays = found
      .filter(({ target }) => !target.startsWith("..") && !target.startsWith("styles/"))
      .filter(({ path, target }) => folderBelow(".", path) !== folderBelow(".", target))
      .filter(({ path, target }) => layer(path) === -1 || layer(path) >= layer(target));
    expect(strays).toEqual([]);
  });

  /** re2js is pure and has no I/O: regular expressions from callers need a linear-time engine (docs/adr/0018). */
  it("the core imports no package but re2js, and nothing of Node", () => {
    expect(
      imports.filter(({ path, specifier }) => folderBelow(".", path) === "core" && !specifier.startsWith(".")),
    ).toEqual([{ path: "core/notify/matcher.ts", specifier: "re2js" }]);
  });

  it.each(Object.entries(PACKAGES))("%s is known to %j alone", (name, parts) => {
    const strays = imports.filter(
      ({ path, specifier }) =>
        (specifier === name || specifier.startsWith(`${name}/`)) && !parts.includes(folderBelow(".", path)),
    );
    expect(strays).toEqual([]);
  });

  it("the page imports the core and the types of the API, and nothing else of the program", () => {
    const strays = pageImports
      .map(({ path, target }) => ({ path, target: relative(SRC, join(PAGE, target)) }))
      .filter(({ target }) => !target.startsWith("..") && !/^(http\/base\/api-types\.ts$|core\/)/.test(target));
    expect(strays).toEqual([]);
  });
});

it("the core compiles where neither Node nor a browser exists", async () => {
  const root = join(SRC, "..");
  const tsc = promisify(execFile)(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.core.json"], {
    cwd: root,
  });
  await expect(tsc.catch((error: { stdout: string }) => error.stdout)).resolves.toMatchObject({ stdout: "" });
});

it("process.env is read in config/env.ts alone", () => {
  const readers = files.filter((path) =>
    /\bprocess\s*(\?\.|\.|\[\s*["'])\s*env\b|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*"node:process"/.test(
      withoutComments(readFileSync(join(SRC, path), "utf8")),
    ),
  );
  expect(readers).toEqual(["config/env.ts"]);
});

it("every write of the store is part of a transaction of `queries.write`, which checks that this process owns the state", () => {
  const queries = files.filter((path) => /^store\/[^/]+\.ts$/.test(path) && path !== "store/backend.ts");
  expect(queries.length).toBeGreaterThan(5);
  const strays = queries.flatMap((path) => {
    const code = withoutComments(readFileSync(join(SRC, path), "utf8"));
    const found = code.matchAll(/(\w+)\s*\.(?:insertInto|updateTable|deleteFrom|transaction|startTransaction)\(/g);
    return [...found].filter(([, on]) => on !== "trx").map(([match]) => `${path}: ${match}`);
  });
  expect(strays).toEqual([]);
});

// A start that hangs has nothing yet that could be ended gracefully, and what it waits for keeps the process alive.
const MAY_EXIT = ["cli/signals.ts"];

it("nothing ends the process in mid-flight", () => {
  const enders = files.filter((path) =>
    /\bprocess\.(exit|abort|reallyExit)\(/.test(readFileSync(join(SRC, path), "utf8")),
  );
  expect(enders).toEqual(MAY_EXIT);
});

/** Audits of a page at rest, and helpers that press keys: repeated, they would hide a fault or cause one. */
const ASKED_ONCE = /axeViolations|pressTab/;

it("tests of the page wait for what they expect: they use expect.poll, because the page is still changing", () => {
  const folder = join(SRC, "../test/browser");
  const asserted = globSync("*.test.ts", { cwd: folder }).flatMap((path) => {
    const code = withoutComments(readFileSync(join(folder, path), "utf8"));
    const matches = code.matchAll(/expect\(\s*(?:\(?await\b|(?:tab\.)?page\.url\(\))[^;]*/g);
    return [...matches].map(([match]) => `${path}: ${match}`);
  });
  expect(asserted.filter((match) => !ASKED_ONCE.test(match))).toEqual([]);
});

/** The folder or file directly below `parent` that `path` belongs to; "main" for main.ts. */
function folderBelow(parent: string, path: string): string {
  const [first = ""] = (parent === "." ? path : path.slice(parent.length + 1)).split("/");
  return first.replace(/\.tsx?$/, "");
}

function isInside(path: string, parent: string): boolean {
  return parent === "." ? !path.startsWith("..") : path.startsWith(`${parent}/`);
}

function layerOf(parent: string, folder: string): number {
  return LAYERS[parent]!.findIndex((layer) => layer.includes(folder));
}

function relativeImports(root: string) {
  return globSync("**/*.{ts,tsx}", { cwd: root, exclude: ["**/*.test.{ts,tsx}"] }).flatMap((path) =>
    importsIn(readFileSync(join(root, path), "utf8"))
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => ({ path, target: join(dirname(path), specifier) })),
  );
}

function importsIn(source: string): string[] {
  const code = withoutComments(source);
  const found = code.matchAll(/(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g);
  return [...found].map(([, from, bare]) => from ?? bare ?? "");
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}
