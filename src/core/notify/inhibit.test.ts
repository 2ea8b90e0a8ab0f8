import { describe, expect, it } from "vitest";
import { makeAlert } from "../../../test/support/batches.ts";
import { compileInhibitRules, describeInhibition } from "./inhibit.ts";
import { parseMatcher } from "./matcher.ts";

const rule = {
  sourceMatchers: [parseMatcher('severity="critical"')],
  targetMatchers: [parseMatcher('severity="warning"')],
  equal: ["namespace", "container"],
};

describe("an inhibit rule", () => {
  it("has its position in the configuration as its name if it has none", () => {
    const names = compileInhibitRules([{ ...rule, name: "crash-loop" }, rule]).map(({ name }) => name);
    expect(names).toEqual(["crash-loop", "inhibit_rules[1]"]);
  });

  it("takes a label that both alerts lack, or that is empty, as equal", () => {
    const [{ equalKey }] = compileInhibitRules([rule]) as [ReturnType<typeof compileInhibitRules>[0]];
    expect(equalKey({ namespace: "shop", pod: "a" })).toBe(equalKey({ namespace: "shop", container: "", pod: "b" }));
    expect(equalKey({ namespace: "shop" })).not.toBe(equalKey({ namespace: "shop", container: "app" }));
    expect(equalKey({ namespace: "shop" })).not.toBe(equalKey({ container: "shop" }));
  });
});

describe("the explanation of an inhibition", () => {
  const source = makeAlert({ firedAt: Date.UTC(2026, 10, 22, 11, 41, 56) });

  it("names the inhibiting alert, its start and the rule", () => {
    expect(describeInhibition({ rule: "crash-loop", source }, () => true)).toBe(
      "inhibited by PodCrashLooping of Deployment/checkout, checkout-1, app in shop, firing since 2026-11-22 11:41:56 UTC (rule crash-loop)",
    );
    const { namespace } = source.labels;
    const cluster = { ...source, labels: { alertname: "ClusterUnreachable", namespace } as const };
    expect(describeInhibition({ rule: "cluster-unreachable", source: cluster }, () => true)).toBe(
      "inhibited by ClusterUnreachable in shop, firing since 2026-11-22 11:41:56 UTC (rule cluster-unreachable)",
    );
  });

  it("does not reveal a namespace that the reader may not see", () => {
    expect(describeInhibition({ rule: "crash-loop", source }, () => false)).toBe(
      "inhibited by PodCrashLooping, firing since 2026-11-22 11:41:56 UTC (rule crash-loop)",
    );
  });
});
