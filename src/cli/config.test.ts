import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { type OwnTerminal, ownTerminal } from "../../test/support/terminal.ts";
import { run } from "./run.ts";

const file = join(mkdtempSync(join(tmpdir(), "pod-watcher-cli-")), "config.yaml");

function write(yaml: string): void {
  writeFileSync(file, yaml);
}

async function config(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<OwnTerminal & { code: number }> {
  const terminal = ownTerminal(env);
  return { code: await run(["config", "--config", file, ...args], terminal), ...terminal };
}

it("prints every setting with its value and source, without secrets", async () => {
  write("restarts: { threshold: 3 }\ndatabase: { url: postgres://watcher:hunter2@db/pods }\n");
  const { code, printed } = await config([], { OPENSHIFT_TOKEN: "geheim", RESTART_TIMEFRAME: "60" });
  expect(code).toBe(0);
  const line = (key: string) =>
    printed()
      .split("\n")
      .find((text) => text.startsWith(`${key} `))
      ?.replace(/ {2,}/g, " | ")
      .replace(file, "FILE");
  expect(line("restarts.threshold")).toBe("restarts.threshold | 3 | file: FILE:1:24");
  expect(line("restarts.timeframe")).toBe("restarts.timeframe | 1h | environment: RESTART_TIMEFRAME");
  expect(line("cluster.token")).toBe("cluster.token | (set, not shown) | environment: OPENSHIFT_TOKEN");
  expect(line("database.url")).toBe("database.url | (set, not shown) | file: FILE:2:18");
  expect(line("retention")).toBe("retention | 30d | default");
  expect(printed()).not.toMatch(/geheim|hunter2/);
});

it("prints a file that loads to the same", async () => {
  write("restarts: { threshold: 3 }\noverrides: { batch: { detectors: { PodFailed: { enabled: false } } } }\n");
  const first = await config(["--format", "yaml"]);
  expect(parse(first.printed())).toMatchObject({ restarts: { threshold: 3 }, retention: "30d" });
  write(first.printed());
  const second = await config(["--format", "yaml"]);
  expect(second.complaints()).toBe("");
  expect(second.printed()).toBe(first.printed());
});

it("lists all problems and exits with 1", async () => {
  write("http: { port: 99999 }\nretension: 30d\n");
  const { code, printed, complaints } = await config([], { RESTART_THRESHOLD: "abc" });
  expect(code).toBe(1);
  expect(printed()).toBe("");
  expect(complaints().replaceAll(file, "FILE").trimEnd().split("\n")).toEqual([
    "FILE:1:15: http.port: 99999 is not a whole number from 0 to 65535, such as 8080",
    "FILE:2:1: retension is not a known key: did you mean retention?",
    'RESTART_THRESHOLD: "abc" is not a whole number from 1 to 500, such as 5',
    "Not started: fix these 3 problems first.",
  ]);
});

it("prints the JSON Schema of the file", async () => {
  const { code, printed } = await config(["--json-schema"]);
  expect(code).toBe(0);
  expect(JSON.parse(printed())).toMatchObject({
    type: "object",
    additionalProperties: false,
    properties: { retention: { type: "string" }, http: { properties: { port: { maximum: 65535 } } } },
  });
});

it.each([
  [["confog"], 1, /unknown command 'confog'[\s\S]*Did you mean config/],
  [["config", "--format", "xml"], 1, /Allowed choices are table, yaml, json/],
])("reports what is wrong with the command line %j", async (args, code, message) => {
  const terminal = ownTerminal({});
  expect(await run(args, terminal)).toBe(code);
  expect(terminal.complaints()).toMatch(message);
});
