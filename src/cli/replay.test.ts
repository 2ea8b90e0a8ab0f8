import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ownTerminal } from "../../test/support/terminal.ts";
import { run } from "./run.ts";

const RECORDINGS = join(import.meta.dirname, "../../test/fixtures/recordings");
const TWENTY_MINUTES = join(RECORDINGS, "pods.watch.ndjson.gz");
const folder = mkdtempSync(join(tmpdir(), "pod-watcher-replay-"));

async function replay(...args: string[]) {
  const terminal = ownTerminal();
  const code = await run(["replay", ...args], terminal);
  return { code, output: terminal.printed(), complaint: terminal.complaints() };
}

function written(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe("a recording of a real cluster", () => {
  it("is printed as one JSON object per line", async () => {
    const { code, output, complaint } = await replay(TWENTY_MINUTES);
    expect([code, complaint]).toEqual([0, ""]);
    const lines = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual({
      time: "2026-11-22T11:38:44.000Z",
      alertname: "PodCrashLooping",
      state: "firing",
      severity: "critical",
      namespace: "shop",
      workload: "Pod/second-container-crash",
      pod: "second-container-crash",
      container: "metrics",
      cause: "Error",
      exitCode: 2,
      restarts: 1,
      summary: expect.stringMatching(/^Container metrics of pod second-container-crash keeps crashing: exit 2/),
      description: expect.stringContaining("Pod second-container-crash on node node1."),
      reason: expect.stringMatching(/^Container metrics of pod second-container-crash keeps crashing: exit 2/),
    });
    const recovered = lines.find(({ pod, state }) => pod === "recovers" && state === "resolved");
    expect(recovered.reason).toBe("The container has been running for 10 min without a restart.");
    expect(recovered.cause).toBeNull();
    expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).toSorted());
    expect(new Set(lines.map(({ state }) => state))).toEqual(new Set(["firing", "resolved"]));
  });

  it("gives the same output each time, compressed or not", async () => {
    const plain = written("plain.ndjson", gunzipSync(readFileSync(TWENTY_MINUTES)));
    const [packed, unpacked] = [await replay(TWENTY_MINUTES), await replay(plain)];
    expect(unpacked).toEqual(packed);
  });

  it("is limited to one namespace", async () => {
    const { output } = await replay(TWENTY_MINUTES, "--namespace", "kube-system");
    expect(output).toBe("");
    expect((await replay(TWENTY_MINUTES, "-n", "shop")).output).toContain('"namespace":"shop"');
  });

  it("is evaluated with the thresholds of the configuration", async () => {
    const config = written("strict.yaml", "restarts: { threshold: 500 }\n");
    const { output } = await replay(TWENTY_MINUTES, "--config", config);
    expect(output).not.toContain("PodRestartingTooOften");
    expect(output).toContain("PodCrashLooping");
  });

  it("is printed as a table", async () => {
    const { output } = await replay(TWENTY_MINUTES, "--format", "table");
    expect(output.split("\n")[0]).toMatch(
      /^TIME +STATE +ALERT +NAMESPACE +WORKLOAD +POD +CONTAINER +REASON +EXIT +RESTARTS$/,
    );
    expect(output).toMatch(
      /11:38:44 +firing +PodCrashLooping +shop +Pod\/second-container-crash +second-container-crash +metrics/,
    );
  });
});

describe("a recording that is not complete", () => {
  const whole = gunzipSync(readFileSync(TWENTY_MINUTES));
  const firstLines = whole.subarray(0, whole.indexOf("\n", whole.length / 2) + 1);

  it.each([
    [
      "in the middle of a line",
      "cut.ndjson",
      Buffer.concat([firstLines, Buffer.from('{"type":"MODIF')]),
      "ends within an event, at byte ",
    ],
    [
      "in the middle of the gzip stream",
      "cut.gz",
      readFileSync(TWENTY_MINUTES).subarray(0, 90_000),
      "is truncated or damaged",
    ],
    [
      "in an event that is not JSON",
      "broken.ndjson",
      Buffer.concat([firstLines, Buffer.from("<html>502</html>\n")]),
      "cannot be read",
    ],
  ])("that ends %s is replayed up to there, with an error", async (_where, name, content, message) => {
    const path = written(name, content);
    const { code, output, complaint } = await replay(path, "--pending");
    expect(code).toBe(1);
    expect(complaint).toContain(message);
    expect(complaint).toContain("the events before were replayed");
    expect(complaint).toContain(path);
    expect(complaint.trimEnd().split("\n")).toHaveLength(1);
    const wholeOutput = (await replay(TWENTY_MINUTES, "--pending")).output;
    expect(output).not.toBe("");
    expect(wholeOutput.startsWith(output.slice(0, 500))).toBe(true);
  });

  it.each([
    ["that does not exist", join(folder, "nowhere.gz"), "file not found"],
    ["that is a directory", folder, "cannot be read"],
    ["that is empty", written("empty.ndjson", ""), "is empty"],
    ["that is empty and compressed", written("empty.gz", gzipSync("")), "is empty"],
    ["with other content", written("notes.txt", "some notes\n"), "check that it is a watch recorded as JSON"],
    ["with other content without a newline", written("text.txt", "text"), "check that it is a watch recorded as JSON"],
    ["of protobuf frames", join(RECORDINGS, "pods.shop.watch.pb.gz"), "check that it is a watch recorded as JSON"],
  ])("a file %s is reported", async (_what, path, message) => {
    const { code, output, complaint } = await replay(path);
    expect([code, output]).toEqual([1, ""]);
    expect(complaint).toContain(path);
    expect(complaint).toContain(message);
  });

  it("prints an ERROR event and continues", async () => {
    const gone =
      '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old","reason":"Expired","code":410}}\n';
    const path = written("expired.ndjson", Buffer.concat([Buffer.from(gone), whole]));
    const { code, output, complaint } = await replay(path);
    expect(code).toBe(0);
    expect(complaint).toBe("note: the watch ended with an error: 410 Expired too old\n");
    expect(output).toBe((await replay(TWENTY_MINUTES)).output);
  });
});
