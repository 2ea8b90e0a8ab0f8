/**
 * `node scripts/render-chart.ts`: renders the Helm chart with the values in test/fixtures/deploy, so that machines
 * without helm can test the result. Needs helm on PATH.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const CHART = join(ROOT, "deploy/helm/pod-watcher");
const FIXTURES = join(ROOT, "test/fixtures/deploy");

/** By name of the values file. */
export function valueFiles(): readonly string[] {
  return globSync("*.values.yaml", { cwd: FIXTURES }).toSorted();
}

export function render(values: string): string {
  const args = ["template", "pods", CHART, "--namespace", "monitoring", "--kube-version", "1.32.0", "--values"];
  const output = execFileSync("helm", [...args, join(FIXTURES, values)], { encoding: "utf8" });
  // The cookie's secret is random.
  return `# chart ${chartHash()}\n${output.replace(/cookie-secret: .+/, "cookie-secret: AAAA")}`;
}

/** Hash of everything that affects the rendered chart. */
export function chartHash(): string {
  const hash = createHash("sha256");
  for (const path of globSync("**/*", { cwd: CHART, exclude: ["**/NOTES.txt"] }).toSorted()) {
    if (!/\.\w+$/.test(path)) continue;
    hash.update(path).update(readFileSync(join(CHART, path)));
  }
  return hash.digest("hex").slice(0, 16);
}

export function renderedPath(values: string): string {
  return join(FIXTURES, `${basename(values, ".values.yaml")}.rendered.yaml`);
}

if (import.meta.main) {
  for (const values of valueFiles()) {
    writeFileSync(renderedPath(values), render(values));
    console.log(renderedPath(values));
  }
}
