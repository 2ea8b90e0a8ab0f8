import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Hash of the npm package, from the lock file: `sha512-…` in base64. */
  readonly integrity: string;
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Every package that reaches users, by name: run-time dependencies, and packages built into the page. Read from the
 * lock file, so that the list is the same on every machine.
 */
export function shippedPackages(): readonly ShippedPackage[] {
  const lock = readJson("package-lock.json") as { packages: Record<string, LockedPackage> };
  const found = new Map<string, ShippedPackage>();
  const visit = (name: string, from: string) => {
    const path = resolve(lock.packages, name, from);
    const locked = path === undefined ? undefined : lock.packages[path];
    // A lock file may lack optional packages of other platforms.
    if (path === undefined || locked?.version === undefined || found.has(path)) return;
    const { version, integrity = "" } = locked;
    found.set(path, { name, version, integrity, licence: licenceOf(path, locked) });
    for (const next of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) visit(next, path);
  };
  for (const name of dependenciesOf("package.json")) visit(name, "");
  for (const name of dependenciesOf("packages/simulator/package.json")) visit(name, "packages/simulator");
  for (const name of builtIntoThePage()) visit(name, "ui");
  const byName = (a: ShippedPackage, b: ShippedPackage) =>
    a.name === b.name ? compare(a.version, b.version) : compare(a.name, b.name);
  // The same version in two folders is one package.
  const packages = new Map([...found.values()].map((one) => [`${one.name}@${one.version}`, one]));
  return [...packages.values()].toSorted(byName);
}

function dependenciesOf(manifest: string): string[] {
  return Object.keys((readJson(manifest) as LockedPackage).dependencies ?? {});
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The page's packages are devDependencies, because they are needed only for its build. */
function builtIntoThePage(): string[] {
  const { devDependencies = {} } = readJson("ui/package.json") as { devDependencies?: Record<string, string> };
  return Object.keys(devDependencies).filter((name) => /^react(-dom)?$|^@patternfly\//.test(name));
}

/** Resolves as Node does: in the importing package, then in the folders above. */
function resolve(packages: Record<string, LockedPackage>, name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const path = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") return undefined;
  }
}

/** The lock file has no licence for packages that use the old `licenses` field. */
function licenceOf(path: string, { license }: LockedPackage): string {
  if (license !== undefined) return license;
  if (!existsSync(join(ROOT, path, "package.json"))) return "unknown";
  const { licenses } = readJson(`${path}/package.json`) as { licenses?: { type: string }[] };
  return licenses?.map(({ type }) => type).join(" OR ") ?? "unknown";
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}
