/** Checks of the workflows for GitHub: actionlint, and rules of our own. */
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "..");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly "timeout-minutes"?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflow = (name: string): Workflow =>
  parse(readFileSync(join(ROOT, ".github/workflows", name), "utf8")) as Workflow;
const names = globSync("*.yml", { cwd: join(ROOT, ".github/workflows") }).toSorted();

describe.each(names)("the workflow %s", (name) => {
  const { permissions, jobs } = workflow(name);

  it("passes actionlint", (context) => {
    try {
      execFileSync("actionlint", [join(ROOT, ".github/workflows", name)], { cwd: ROOT, stdio: "pipe" });
    } catch (error) {
      const { code, stdout } = error as { readonly code?: string; readonly stdout?: Buffer };
      if (code === "ENOENT") return context.skip("actionlint is not installed");
      expect(String(stdout)).toBe("");
      throw error;
    }
  });

  it("reads by default, ends in time, and uses versions of actions", () => {
    expect(permissions).toEqual({ contents: "read" });
    for (const [id, job] of Object.entries(jobs)) {
      expect([id, job["timeout-minutes"]]).toEqual([id, expect.any(Number)]);
      for (const { uses, with: values } of job.steps) {
        if (uses === undefined) continue;
        expect(uses).toMatch(/@v\d+$/);
        if (uses.startsWith("actions/checkout@")) expect(values).toMatchObject({ "persist-credentials": false });
      }
    }
  });
});

describe("a release", () => {
  const { jobs } = workflow("release.yml");
  const scriptOf = (id: string) => jobs[id]!.steps.map(({ run = "" }) => run).join("\n");

  it("publishes only what was tested", () => {
    expect(jobs.image!.needs).toContain("test");
    expect(jobs.chart!.needs).toContain("image");
    expect(jobs.npm!.needs).toContain("test");
  });

  it("has an image for two architectures with SBOM, provenance and signature", () => {
    const build = jobs.image!.steps.find(({ uses }) => uses?.startsWith("docker/build-push-action@"))?.with;
    expect(build).toMatchObject({ platforms: "linux/amd64,linux/arm64", sbom: true, provenance: "mode=max" });
    expect(scriptOf("image")).toContain("cosign sign");
    expect(jobs.image!.steps.some(({ uses }) => uses?.startsWith("actions/attest-build-provenance@"))).toBe(true);
    expect(jobs.image!.permissions).toMatchObject({ "id-token": "write", attestations: "write" });
  });

  it("has a chart with the published image, signed, and a package with provenance", () => {
    expect(scriptOf("chart")).toContain("helm push");
    expect(scriptOf("chart")).toContain("cosign sign");
    // The line that the workflow replaces.
    expect(readFileSync(join(ROOT, "deploy/helm/pod-watcher/values.yaml"), "utf8")).toMatch(
      /^ {2}repository: pod-watcher$/m,
    );
    expect(scriptOf("npm")).toContain("npm publish --provenance");
    expect(jobs.npm!.permissions).toMatchObject({ "id-token": "write" });
  });
});
