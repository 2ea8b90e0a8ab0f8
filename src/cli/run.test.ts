import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { run } from "./run.ts";

it("prints an error in one line, with its cause in parentheses", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pod-watcher-run-"));
  try {
    writeFileSync(join(folder, "taken"), "");
    const err = new PassThrough({ encoding: "utf8" });
    const env = {
      OPENSHIFT_NAMESPACE: "shop",
      PODMONITOR_FILEPATH: join(folder, "taken"),
      PODMONITOR_LOGLEVEL: "ERROR",
    };
    expect(await run(["serve"], { env, out: new PassThrough(), err })).toBe(1);
    const [line = ""] = String(err.read()).trimEnd().split("\n");
    expect(line).toMatch(
      /^pod-watcher: .*taken cannot be used for the state: it is a file, not a folder\. Correct the path, or set PODMONITOR_FILEPATH to another folder\. \(EEXIST: .*\)$/,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
