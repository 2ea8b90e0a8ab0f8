import { describe, expect, it } from "vitest";
import type { Incident, IncidentChange, IncidentNow } from "../../../src/http/base/api-types.ts";
import { changeText, imageTag, nowDetail, nowWord, restartsText, sinceText, span, stripText } from "./incident.ts";

const NOW = Date.UTC(2026, 10, 22, 19, 7);
const at = (hour: number, minute: number) => Date.UTC(2026, 10, 22, hour, minute);
const asOf = { now: NOW, zone: "utc" } as const;

it.each([
  [50_000, "50 s"],
  [31 * 60_000, "31 min"],
  [130 * 60_000, "2 h 10 min"],
  [7_200_000, "2 h"],
  [76 * 3_600_000, "3 d 4 h"],
  [-5, "0 s"],
])("%d ms are %s", (length, text) => expect(span(length)).toBe(text));

it.each([
  [{}, "since 18:36"],
  [{ sinceAtLeast: true }, "since at least 18:36"],
  [{ onAndOff: true }, "on and off since 18:36"],
  [{ since: Date.UTC(2026, 10, 20, 8, 0) }, "since 20 Nov, 08:00"],
] as const)("%o is %s", (change, text) => {
  expect(sinceText({ since: at(18, 36), ...change } as Incident, asOf)).toBe(text);
});

describe("what it does now", () => {
  it.each<[IncidentNow, string, string]>([
    [{ word: "CrashLoopBackOff", nextAttemptAt: NOW + 120_000 }, "CrashLoopBackOff", "retry in 2 min"],
    [{ word: "CrashLoopBackOff", nextAttemptAt: NOW - 1 }, "CrashLoopBackOff", "retry is due"],
    [{ word: "Last run failed", nextAttemptAt: at(19, 10) }, "Last run failed", "next 19:10"],
    [
      { word: "Running", since: at(19, 3), last: { text: "was killed", at: at(19, 3) } },
      "Running 4 min",
      "was killed 19:03",
    ],
    [{ word: "FailedCreate", detail: "2 pods missing" }, "FailedCreate", "2 pods missing"],
    [{ word: "Pending", since: at(13, 7) }, "Pending", "since 6 h"],
    [{ word: "Pending" }, "Pending", ""],
  ])("%o", (status, word, detail) => {
    expect(nowWord(status, NOW)).toBe(word);
    expect(nowDetail(status, asOf)).toBe(detail);
  });
});

describe("what changed", () => {
  const rollout = {
    kind: "rollout",
    at: at(18, 55),
    revision: "6d6d444df4",
    image: "r.example/gateway:8.1.0",
  } as const;
  const healthy = [{ revision: "7485fd9b6f", image: "r.example/gateway:8.0.3" }];
  it.each<[IncidentChange, string]>([
    [
      { ...rollout, effect: "only-new-fails", healthy },
      "Only revision 6d6d444df4 (8.1.0, rolled out 18:55) fails; 7485fd9b6f (8.0.3) is healthy.",
    ],
    [
      { ...rollout, effect: "began-with-it", healthy },
      "Began with revision 6d6d444df4 (8.1.0, rolled out 18:55); 7485fd9b6f (8.0.3) was healthy.",
    ],
    [
      { ...rollout, previousImage: "r.example/gateway:8.0.3", effect: "never-started" },
      "Rolled out 18:55: image 8.0.3 to 8.1.0. No pod of the new revision has ever started.",
    ],
    [{ kind: "scale", at: at(18, 49), replicas: 4, previousReplicas: 2 }, "Scaled from 2 to 4 pods at 18:49."],
    [{ kind: "image", at: at(18, 49), image: "a:2", previousImage: "a:1" }, "Image changed 18:49: image 1 to 2."],
  ])("%o", (change, text) => expect(changeText(change, asOf)).toBe(text));

  it("names an image by its tag, or the start of its digest", () => {
    expect(imageTag("registry.example.com:5000/shop/web:1.2")).toBe("1.2");
    expect(imageTag(`web@sha256:${"0123456789abcdef".repeat(4)}`)).toBe("sha256:01234567…");
    expect(imageTag("registry.example.com:5000/shop/web")).toBe("web");
  });
});

it("has restarts in all and within the window", () => {
  const of = (total: number, window: number) =>
    restartsText({ restarts: { total, window } } as Incident, "4 h").join(" ");
  expect(of(22, 20)).toBe("22 (20 in 4 h)");
  expect(of(7, 7)).toBe("7 all in 4 h");
  expect(restartsText({} as Incident, "4 h")).toEqual(["–", ""]);
});

it("describes the strip", () => {
  expect(stripText(`${"-".repeat(10)}${".".repeat(34)}wcuc`)).toBe(
    "Last 24 hours: critical in 2 of 48 half hours, unknown in 1 of 48 half hours, warning in 1 of 48 half hours",
  );
  expect(stripText(".".repeat(48))).toBe("Last 24 hours: no problem");
});
