import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { BUNDLE } from "../scripts/bundle.ts";
import { shippedPackages } from "../scripts/licences.ts";
import { sbom } from "../scripts/sbom.ts";

const ROOT = join(import.meta.dirname, "..");

const readJson = (path: string) => JSON.parse(readFileSync(join(import.meta.dirname, "..", path), "utf8"));

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
}

const locked = Object.entries(readJson("package-lock.json").packages as Record<string, Locked>).filter(([path]) =>
  path.includes("node_modules/"),
);

it.each(["package.json", "ui/package.json"])("%s names exact versions", (path) => {
  const { dependencies = {}, devDependencies = {} } = readJson(path);
  const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)),
  );
  expect(loose).toEqual([]);
});

it("every package is locked with its hash", () => {
  expect(locked.length).toBeGreaterThan(100);
  expect(locked.filter(([, { link, integrity }]) => !link && integrity === undefined).map(([path]) => path)).toEqual(
    [],
  );
});

it("nothing that runs in production has an install script", () => {
  expect(locked.filter(([, { dev, hasInstallScript }]) => !dev && hasInstallScript).map(([path]) => path)).toEqual([]);
});

it("everything that is shipped has a licence that allows it", () => {
  const permissive = [
    "MIT",
    "MIT-0",
    "0BSD",
    "ISC",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "(MIT OR CC0-1.0)",
  ];
  const packages = shippedPackages();
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(({ licence }) => !permissive.includes(licence))).toEqual([]);
});

describe("the list of what is shipped (scripts/sbom.ts)", () => {
  const { components } = sbom();
  const listed = new Set(components.map(({ name }) => name));

  it("has the packages of THIRD_PARTY.md, each with its hash", () => {
    const rows = readFileSync(join(ROOT, "THIRD_PARTY.md"), "utf8").matchAll(/^\| (\S+) \| (\d\S*) \|/gm);
    expect(components.map(({ name, version }) => `${name}@${version}`)).toEqual(
      [...rows].map(([, name, version]) => `${name}@${version}`),
    );
    for (const { purl, hashes } of components) {
      expect(purl).toMatch(/^pkg:npm\/(%40[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+[\w.+-]*$/);
      expect(hashes).toEqual([{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }]);
    }
  });

  it("has every package that goes into the image's one file", async () => {
    const { metafile } = await build({ ...BUNDLE, metafile: true, write: false });
    const bundled = new Set(Object.keys(metafile.inputs).flatMap((path) => packageIn(path) ?? []));
    expect(bundled.size).toBeGreaterThan(50);
    expect([...bundled].filter((name) => !listed.has(name))).toEqual([]);
  });

  it("has every package that the page imports", () => {
    const imported = globSync("ui/src/**/*.{ts,tsx}", { cwd: ROOT })
      .filter((path) => !path.includes(".test."))
      .flatMap((path) => [...readFileSync(join(ROOT, path), "utf8").matchAll(/(?:from|import) "([^"./][^"]*)"/g)])
      .map(([, specifier]) => packageIn(`node_modules/${specifier}`)!);
    expect(new Set(imported).size).toBeGreaterThan(3);
    expect([...new Set(imported)].filter((name) => !listed.has(name))).toEqual([]);
  });
});

/** The innermost package that a file belongs to; undefined for our own. */
function packageIn(path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
}
