import { expect, it } from "vitest";
import { HOUR, MINUTE } from "../../core/model/time.ts";
import type { Row } from "../schemas/state.ts";
import { CSV_HEADER, csvLineOf } from "./state-csv.ts";

const NOW = Date.UTC(2026, 0, 1);
const context = { now: NOW, windowMs: HOUR, threshold: 3, stale: new Set<string>() };
const plain: Row = {
  id: "shop/web-0/app",
  scope: "container",
  namespace: "shop",
  pod: "web-0",
  container: "app",
  state: "Normal",
};

/** The cells of a line without quotes. */
const cells = (line: string) => {
  const names = CSV_HEADER.trimEnd().split(",");
  return Object.fromEntries(
    line
      .replace(/\r\n$/, "")
      .split(",")
      .map((value, at) => [names[at], value]),
  );
};

it("writes the members of a row, times in UTC, and leaves cells that do not apply empty", () => {
  expect(cells(csvLineOf(plain, context))).toMatchObject({
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
  expect(cells(csvLineOf(row, context))).toEqual({
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

it("calls nothing Normal while the cache of its namespace is stale", () => {
  expect(cells(csvLineOf(plain, { ...context, stale: new Set(["shop"]) }))).toMatchObject({ state: "Unknown" });
});
