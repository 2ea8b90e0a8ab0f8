import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hitsIn } from "./support/vocabulary.ts";

const ROOT = join(import.meta.dirname, "..");

/** Texts of others: licences, a schema, recordings of a real cluster. */
const FOREIGN = [
  "package-lock.json",
  "bench/peers/package-lock.json",
  "THIRD_PARTY.md",
  "test/fixtures/recordings/",
  "test/fixtures/alertmanager/openapi-v2-alerts.json",
  "test/fixtures/deploy/kubernetes-fields.json",
];

const files = globSync(
  [
    "{src,packages,ui,bench,scripts,bin,test,deploy,docs}/**/*.{ts,tsx,js,mjs,css,html,json,md,yaml,yml,sql,txt,tpl,sh,svg}",
    "*.{ts,json,md}",
    "Containerfile",
    ".ci/run",
  ],
  { cwd: ROOT, exclude: ["**/node_modules/**", "**/dist/**"] },
)
  .filter((path) => !FOREIGN.some((foreign) => path.startsWith(foreign)))
  .toSorted();

describe("vocabulary", () => {
  it("finds the files", () => expect(files.length).toBeGreaterThan(500));

  it("matches identifiers, phrases across lines and file names", () => {
    const example = ["const toldAt = tellingId;", "// Look", "//   whether it is the LEDGER_SIZE", ""].join("\n");
    expect(hitsIn("src/row-book.ts", example).map((hit) => hit.split(" → ")[0])).toEqual([
      "src/row-book.ts: “book”",
      "src/row-book.ts:1:7: “told”",
      "src/row-book.ts:1:16: “telling”",
      "src/row-book.ts:2:4: “Look whether”",
      "src/row-book.ts:3:24: “LEDGER”",
    ]);
  });

  const groups = Map.groupBy(files, (path) => groupOf(path));

  it.each([...groups.keys()])("%s", (group) => {
    expect(hitsInGroup(group)).toEqual([]);
  });

  function hitsInGroup(group: string): string[] {
    return (groups.get(group) ?? []).flatMap((path) => hitsIn(path, readFileSync(join(ROOT, path), "utf8")));
  }
});

/** `src/core`, `ui/src`, `docs`; a file at the top for itself. */
function groupOf(path: string): string {
  const [first = "", second = "", third] = path.split("/");
  const isDivided = ["src", "packages", "ui", "test", "deploy"].includes(first) && third !== undefined;
  return isDivided ? `${first}/${second}` : second === "" ? path : first;
}
