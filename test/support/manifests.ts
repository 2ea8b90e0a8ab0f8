import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { renderedPath, valueFiles } from "../../scripts/render-chart.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** A manifest, loosely typed. */
// biome-ignore lint/suspicious/noExplicitAny: Kubernetes defines the shapes, and tests assert single fields
export type Manifest = any;

export function manifests(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS() ?? [];
  });
}

/** The manifests in deploy/, by source. Those that need kubectl are empty if it is missing. */
export function shippedManifests(): readonly (readonly [source: string, all: Manifest[]])[] {
  return [
    ...renderedCharts(),
    ["OpenShift template", template()] as const,
    ["kustomize base", kustomized("deploy/kustomize/base") ?? []] as const,
    ["kustomize OpenShift", kustomized("deploy/kustomize/openshift") ?? []] as const,
    ...globSync("deploy/monitoring/*.yaml", { cwd: ROOT }).map((path) => [path, manifests(read(path))] as const),
  ];
}

export function renderedCharts(): readonly [source: string, all: Manifest[]][] {
  return valueFiles().map((values) => [`helm, ${values}`, manifests(readFileSync(renderedPath(values), "utf8"))]);
}

function template(): Manifest[] {
  const { objects, parameters } = parse(read("deploy/openshift/template.yaml")) as {
    objects: Manifest[];
    parameters: { name: string; value: string }[];
  };
  const values = new Map(parameters.map(({ name, value }) => [name, value]));
  const text = JSON.stringify(objects).replace(/\$\{(\w+)\}/g, (_all, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`the template uses an undefined parameter: ${name}`);
    return value;
  });
  return JSON.parse(text);
}

function kustomized(folder: string): Manifest[] | undefined {
  try {
    return manifests(execFileSync("kubectl", ["kustomize", join(ROOT, folder)], { encoding: "utf8", stdio: "pipe" }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
