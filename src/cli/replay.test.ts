import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ownTerminal } from "../../test/support/terminal.ts";
import { latestTime } from "./recorded-time.ts";
import { openRecording } from "./recording.ts";
import { run } from "./run.ts";

const RECORDINGS = join(import.meta.dirname, "../../test/fixtures/recordings");
const JSON_WATCH = join(RECORDINGS, "pods.shop.watch.json.gz");
const PROTOBUF_WATCH = join(RECORDINGS, "pods.shop.watch.pb.gz");
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
  it("tells what failed, as one JSON object a line", async () => {
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
      reason: "CrashLoopBackOff",
      exitCode: 2,
      restarts: 1,
    });
    expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).toSorted());
    expect(new Set(lines.map(({ state }) => state))).toEqual(new Set(["firing", "resolved"]));
  });

  it("gives the same bytes each time, packed or not", async () => {
    const plain = written("plain.ndjson", gunzipSync(readFileSync(TWENTY_MINUTES)));
    const [packed, unpacked] = [await replay(TWENTY_MINUTES), await replay(plain)];
    expect(unpacked).toEqual(packed);
  });

  it("gives the same from JSON and from protobuf", async () => {
    const [json, protobuf] = [await replay(JSON_WATCH, "--pending"), await replay(PROTOBUF_WATCH, "--pending")];
    expect(json.output).not.toBe("");
    expect(protobuf).toEqual(json);
  });

  it("is read the same in both formats, times included", async () => {
    const times = async (path: string) => {
      const { format, events } = await openRecording(path);
      const found = [];
      for await (const { bytes } of events) found.push(latestTime(bytes, format));
      return found;
    };
    const json = await times(JSON_WATCH);
    expect(json.filter((time) => time !== undefined).length).toBeGreaterThan(30);
    expect(await times(PROTOBUF_WATCH)).toEqual(json);
  });

  it("is cut down to one namespace", async () => {
    const { output } = await replay(TWENTY_MINUTES, "--namespace", "kube-system");
    expect(output).toBe("");
    expect((await replay(TWENTY_MINUTES, "-n", "shop")).output).toContain('"namespace":"shop"');
  });

  it("is judged by the thresholds of the configuration", async () => {
    const config = written("strict.yaml", "restarts: { threshold: 500 }\n");
    const { output } = await replay(TWENTY_MINUTES, "--config", config);
    expect(output).not.toContain("PodRestartingTooOften");
    expect(output).toContain("PodCrashLooping");
  });

  it("is a table for people on request", async () => {
    const { output } = await replay(TWENTY_MINUTES, "--format", "table");
    expect(output.split("\n")[0]).toMatch(
      /^TIME +STATE +ALERT +NAMESPACE +WORKLOAD +POD +CONTAINER +REASON +EXIT +RESTARTS$/,
    );
    expect(output).toMatch(
      /11:38:44 +firing +PodCrashLooping +shop +Pod\/second-container-crash +second-container-crash +metrics/,
    );
  });
});

describe("a recording that is not whole", () => {
  const whole = gunzipSync(readFileSync(TWENTY_MINUTES));
  const firstLines = whole.subarray(0, whole.indexOf("\n", whole.length / 2) + 1);

  it.each([
    [
      "in the middle of a line",
      "cut.ndjson",
      Buffer.concat([firstLines, Buffer.from('{"type":"MODIF')]),
      "ends inside an event, at byte ",
    ],
    [
      "in the middle of the gzip stream",
      "cut.gz",
      readFileSync(TWENTY_MINUTES).subarray(0, 90_000),
      "ends too early or is damaged",
    ],
    [
      "in an event that is no JSON",
      "broken.ndjson",
      Buffer.concat([firstLines, Buffer.from("<html>502</html>\n")]),
      "cannot be read",
    ],
    [
      "in a frame that is too large",
      "large.pb",
      Buffer.concat([gunzipSync(readFileSync(PROTOBUF_WATCH)), Buffer.from([9, 0, 0, 0, 1])]),
      "no end of an event for 64 MiB",
    ],
    [
      "in the middle of a frame",
      "cut.pb",
      gunzipSync(readFileSync(PROTOBUF_WATCH)).subarray(0, 60_000),
      "ends inside an event, at byte ",
    ],
  ])("%s is replayed up to there, and said so", async (_where, name, content, message) => {
    const path = written(name, content);
    const { code, output, complaint } = await replay(path, "--pending");
    expect(code).toBe(1);
    expect(complaint).toContain(message);
    expect(complaint).toContain("what came before was replayed");
    expect(complaint).toContain(path);
    expect(complaint.trimEnd().split("\n")).toHaveLength(1);
    const wholeOutput = (await replay(name.endsWith(".pb") ? PROTOBUF_WATCH : TWENTY_MINUTES, "--pending")).output;
    expect(output).not.toBe("");
    expect(wholeOutput.startsWith(output.slice(0, 500))).toBe(true);
  });

  it.each([
    ["that is not there", join(folder, "nowhere.gz"), "there is no such file"],
    ["that is a folder", folder, "cannot be read"],
    ["that is empty", written("empty.ndjson", ""), "is empty"],
    ["that is empty and packed", written("empty.gz", gzipSync("")), "is empty"],
    ["of something else", written("notes.txt", "what I know\n"), "is it a recorded watch?"],
    ["of something else without an end", written("word.txt", "word"), "is it a recorded watch?"],
    ["of frames that cannot be", written("frames.pb", Buffer.from([0, 0, 0, 1, 9])), "is it a recorded watch?"],
  ])("a file %s is named", async (_what, path, message) => {
    const { code, output, complaint } = await replay(path);
    expect([code, output]).toEqual([1, ""]);
    expect(complaint).toContain(path);
    expect(complaint).toContain(message);
  });

  it("tells of an ERROR event and goes on", async () => {
    const gone =
      '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old","reason":"Expired","code":410}}\n';
    const path = written("expired.ndjson", Buffer.concat([Buffer.from(gone), whole]));
    const { code, output, complaint } = await replay(path);
    expect(code).toBe(0);
    expect(complaint).toBe("note: the watch ended with an error: 410 Expired too old\n");
    expect(output).toBe((await replay(TWENTY_MINUTES)).output);
  });
});
