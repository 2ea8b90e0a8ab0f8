import { describe, expect, it } from "vitest";
import { ALERTNAMES } from "./alert.ts";
import { defaultPolicy, policyFor } from "./policy.ts";
import { HOUR, MINUTE } from "./time.ts";

describe("policyFor", () => {
  it("returns the base policy without annotations", () => {
    expect(policyFor(defaultPolicy, undefined)).toEqual({ policy: defaultPolicy, problems: [] });
  });

  it("overrides the base policy with annotations", () => {
    const { policy, problems } = policyFor(defaultPolicy, {
      "restart-threshold": "3/10m",
      "crash-loop-stable-after": "5m",
      disable: "PodNotReady, PodFailed",
      "for.PodUnschedulable": "1h",
      "keep-firing-for.ContainerOOMKilled": "2h",
      "ephemeral-containers": "true",
    });
    expect(problems).toEqual([]);
    expect(policy).toMatchObject({
      restartThreshold: 3,
      restartTimeframe: 10 * MINUTE,
      crashLoopStableAfter: 5 * MINUTE,
      includeEphemeralContainers: true,
      detectors: {
        PodNotReady: { enabled: false, for: 15 * MINUTE },
        PodFailed: { enabled: false },
        PodCrashLooping: { enabled: true },
        PodUnschedulable: { enabled: true, for: HOUR },
        ContainerOOMKilled: { keepFiringFor: 2 * HOUR },
      },
    });
  });

  it("keeps the time frame if only a number is given", () => {
    const { policy } = policyFor(defaultPolicy, { "restart-threshold": "9" });
    expect(policy).toMatchObject({ restartThreshold: 9, restartTimeframe: defaultPolicy.restartTimeframe });
  });

  it("disables all alerts and enables single ones", () => {
    const { policy } = policyFor(defaultPolicy, { disable: "all", enable: "PodFailed" });
    const enabled = ALERTNAMES.filter((name) => policy.detectors[name].enabled);
    expect(enabled).toEqual(["PodFailed"]);
  });

  it.each`
    annotation                     | value             | error
    ${"restart-threshold"}         | ${"often"}        | ${"not a restart threshold"}
    ${"restart-threshold"}         | ${"0"}            | ${"not a restart threshold"}
    ${"restart-threshold"}         | ${"3/0s"}         | ${"not a restart threshold"}
    ${"restart-threshold"}         | ${"3/soon"}       | ${"not a restart threshold"}
    ${"restart-threshold.web"}     | ${"3"}            | ${"Unknown annotation restart-threshold.web"}
    ${"crash-loop-stable-after"}   | ${"soon"}         | ${"not a duration"}
    ${"crash-loop-stable-after.x"} | ${"5m"}           | ${"Unknown annotation"}
    ${"ephemeral-containers"}      | ${"yes"}          | ${"Use true or false"}
    ${"ephemeral-containers.x"}    | ${"true"}         | ${"Unknown annotation"}
    ${"disable"}                   | ${"PodNotredy"}   | ${"Unknown alert “PodNotredy”"}
    ${"disable.PodFailed"}         | ${"true"}         | ${"Unknown annotation"}
    ${"for.PodNotredy"}            | ${"5m"}           | ${"Unknown alert “PodNotredy”"}
    ${"for"}                       | ${"5m"}           | ${"Unknown alert “”"}
    ${"for.PodNotReady"}           | ${"five minutes"} | ${"not a duration"}
    ${"keep-firing-for.PodFailed"} | ${"5"}            | ${"not a duration"}
    ${"for.PodFailed.x"}           | ${"5m"}           | ${"Unknown annotation for.PodFailed.x"}
    ${"threshold"}                 | ${"3"}            | ${"Known annotations: restart-threshold"}
  `("reports and ignores $annotation: $value", ({ annotation, value, error }) => {
    const { policy, problems } = policyFor(defaultPolicy, { [annotation]: value });
    expect(policy).toEqual(defaultPolicy);
    expect(problems).toEqual([{ annotation, value, message: expect.stringContaining(error) }]);
  });
});
