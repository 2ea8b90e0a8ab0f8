import { describe, expect, it } from "vitest";
import { aPod, aTermination } from "../../../test/support/pods.ts";
import { MINUTE } from "../model/time.ts";
import {
  describeContainer,
  describeLastRun,
  describePod,
  describeRestarts,
  firstFitting,
  MAX_SUMMARY,
  quoted,
  sentences,
  summaryLine,
  withSince,
} from "./text.ts";

const deployed = aPod({ name: "checkout-65f-8p8", workload: { kind: "Deployment", name: "checkout" } });

describe("texts", () => {
  it("name a container with its type and workload", () => {
    expect(describeContainer({ name: "app", type: "main" }, deployed)).toBe("Container app of Deployment/checkout");
    expect(describeContainer({ name: "x", type: "ephemeral" }, aPod())).toBe("Ephemeral container x of pod checkout-0");
    expect(describePod(deployed)).toBe("A pod of Deployment/checkout");
    const ofConfig = (name: string) =>
      describePod(aPod({ name, workload: { kind: "DeploymentConfig", name: "shop" } }));
    expect(ofConfig("shop-3-deploy")).toBe("The deployer pod of DeploymentConfig/shop");
    expect(ofConfig("shop-3-hook-pre")).toBe("The pre hook of DeploymentConfig/shop");
    const hook = aPod({ name: "shop-3-hook-mid", workload: { kind: "DeploymentConfig", name: "shop" } });
    expect(describeContainer({ name: "lifecycle", type: "main" }, hook)).toBe(
      "Container lifecycle of the mid hook of DeploymentConfig/shop",
    );
    expect(ofConfig("shop-3-8p8z2")).toBe("A pod of DeploymentConfig/shop");
  });

  it("describe restarts with count and time span", () => {
    const at = (...minutes: number[]) =>
      minutes.map((minute) => ({ at: minute * MINUTE, reason: undefined, exitCode: undefined, inferred: false }));
    expect(describeRestarts(at())).toBe("no restarts");
    expect(describeRestarts(at(3))).toBe("1 restart");
    expect(describeRestarts(at(3, 3))).toBe("2 restarts in 1 s");
    expect(describeRestarts(at(3, 5, 9))).toBe("3 restarts in 6 min");
  });

  it("describe the last run without unknown times", () => {
    const start = Date.UTC(2026, 0, 1, 12);
    const end = aTermination({ startedAt: start, finishedAt: start + 2_000, message: "no\nroute." });
    expect(describeLastRun(end)).toBe(
      "The last run ended at 2026-01-01 12:00:02 UTC after 2 s: exit 1 (application error). Termination message: “no / route”.",
    );
    expect(describeLastRun({ ...end, startedAt: undefined, message: undefined })).toContain("12:00:02 UTC: exit 1");
    expect(describeLastRun({ ...end, finishedAt: undefined })).toContain("The last run ended: exit 1");
    expect(describeLastRun({ ...end, finishedAt: start - 5_000 })).toContain("after 0 s");
  });

  it("quote on one line and skip empty sentences", () => {
    expect(quoted("  a \t b\n c. ")).toBe("“a b / c”");
    expect(sentences("One.", undefined, "", "Two.")).toBe("One. Two.");
  });

  it("keep a summary within its limit, on one line, with its time", () => {
    const at = Date.UTC(2026, 10, 22, 11, 41, 56);
    expect(withSince("It fails", at)).toBe("It fails, since 2026-11-22 11:41 UTC");
    expect(withSince(withSince("It fails", at), at)).toBe("It fails, since 2026-11-22 11:41 UTC");
    const stale = "It is out of sync since 2026-11-22 11:41:56 UTC";
    expect(withSince(stale, at)).toBe(stale);
    expect(withSince(`${"word ".repeat(40)}`, at)).toMatch(/^(word )+word…, since 2026-11-22 11:41 UTC$/);
    expect([...withSince("😀".repeat(300), at)].length).toBeLessThanOrEqual(MAX_SUMMARY);
    expect(summaryLine("a \u001b[31mred\u001b[0m\n line\u0007")).toBe("a red line");
    expect(firstFitting("x".repeat(100), "short")).toBe("short");
    const name = (letter: string) => letter.repeat(63);
    expect(firstFitting(`${name("a")} cannot pull its image: not found`)).toBe(
      `${"a".repeat(26)}…${"a".repeat(13)} cannot pull its image: not found`,
    );
    expect(firstFitting(`${name("a")} of ${name("b")} cannot start: its image is missing`)).toBe(
      `${"a".repeat(15)}…${"a".repeat(8)} of ${"b".repeat(15)}…${"b".repeat(8)} cannot start: its image is missing`,
    );
    expect(firstFitting("a ".repeat(60), "word ".repeat(40))).toMatch(/^(word )+word…$/);
  });
});
