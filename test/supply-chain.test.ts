import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { shippedPackages } from "../scripts/licences.ts";

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
  const permissive = ["MIT", "MIT-0", "0BSD", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0"];
  const packages = shippedPackages();
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(({ licence }) => !permissive.includes(licence))).toEqual([]);
});
