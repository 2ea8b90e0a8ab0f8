import { expect, it } from "vitest";
import { HOUR, MINUTE } from "../../core/model/time.ts";
import type { Row } from "../base/api-types.ts";
import { CSV_HEADER, csvLine } from "./state-csv.ts";

const NOW = Date.UTC(2026, 0, 1);
const around = { now: NOW, windowMs: HOUR, threshold: 3 };
const plain: Row = {
  id: "shop/web-0/app",
  scope: "container",
  namespace: "shop",
  pod: "web-0",
  container: "app",
  state: "Normal",
};

/** The cells of a line that has no quotes. */
const cells = (line: string) => {
  const names = CSV_HEADER.trimEnd().split(",");
  return Object.fromEntries(
    line
      .replace(/\r\n$/, "")
      .split(",")
      .map((value, at) => [names[at], value]),
  );
};

it("has what the row has, times in UTC, and nothing for what does not apply", () => {
  expect(cells(csvLine(plain, around))).toMatchObject({
    namespace: "shop",
    type: "main",
    state: "Normal",
    since: "",
    summary: "",
  });
  const row: Row = {
    ...plain,
    state: "Failure",
    since: NOW - MINUTE,
    restarts: [NOW - 2 * HOUR, NOW - MINUTE],
    threshold: 5,
    lastRestart: { at: NOW - MINUTE, exitCode: 137, reason: "OOMKilled" },
    ack: { by: "jdoe", at: NOW, notifyOnWorsening: true },
    silenced: { id: "s", by: "jdoe", from: 0, until: NOW + HOUR, reason: "deploying" },
    deletedAt: NOW,
  };
  expect(cells(csvLine(row, around))).toEqual({
    namespace: "shop",
    pod: "web-0",
    container: "app",
    type: "main",
    state: "Failure",
    since: "2025-12-31T23:59:00Z",
    "restarts in window": "1",
    threshold: "5",
    "last restart": "2025-12-31T23:59:00Z",
    "exit code": "137",
    reason: "OOMKilled",
    owner: "",
    node: "",
    "acknowledged by": "jdoe",
    "silenced until": "2026-01-01T01:00:00Z",
    deleted: "2026-01-01T00:00:00Z",
    summary: "",
  });
});

it.each([
  ["a, b", '"a, b"'],
  ['says "no"', '"says ""no"""'],
  ["two\nlines", '"two\nlines"'],
  ['=HYPERLINK("http://evil.example")', `"'=HYPERLINK(""http://evil.example"")"`],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["  =1", "'  =1"],
  ["\t=1", "'\t=1"],
  ["\rx", `"'\rx"`],
  ["＝1", "'＝1"],
])("writes %j so that a spreadsheet takes it for text", (summary, expected) => {
  expect(csvLine({ ...plain, summary }, around).endsWith(`,${expected}\r\n`)).toBe(true);
});
