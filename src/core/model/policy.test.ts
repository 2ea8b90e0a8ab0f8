import { describe, expect, it } from "vitest";
import { ALERTNAMES } from "./alert.ts";
import { defaultPolicy, policyFor } from "./policy.ts";
import { HOUR, MINUTE } from "./time.ts";

describe("policyFor", () => {
  it("is the base where nothing is annotated", () => {
    expect(policyFor(defaultPolicy, undefined)).toEqual({ policy: defaultPolicy, problems: [] });
  });

  it("lays a pod's annotations over the base", () => {
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

  it("keeps the time frame in force where only a number is given", () => {
    const { policy } = policyFor(defaultPolicy, { "restart-threshold": "9" });
    expect(policy).toMatchObject({ restartThreshold: 9, restartTimeframe: defaultPolicy.restartTimeframe });
  });

  it("switches everything off, and single ones on again", () => {
    const { policy } = policyFor(defaultPolicy, { disable: "all", enable: "PodFailed" });
    const enabled = ALERTNAMES.filter((name) => policy.detectors[name].enabled);
    expect(enabled).toEqual(["PodFailed"]);
  });

  it.each`
    annotation                     | value             | says
    ${"restart-threshold"}         | ${"often"}        | ${"no threshold"}
    ${"restart-threshold"}         | ${"0"}            | ${"no threshold"}
    ${"restart-threshold"}         | ${"3/0s"}         | ${"no threshold"}
    ${"restart-threshold"}         | ${"3/soon"}       | ${"no threshold"}
    ${"restart-threshold.web"}     | ${"3"}            | ${"no annotation restart-threshold.web"}
    ${"crash-loop-stable-after"}   | ${"soon"}         | ${"no span of time"}
    ${"crash-loop-stable-after.x"} | ${"5m"}           | ${"no annotation"}
    ${"ephemeral-containers"}      | ${"yes"}          | ${"neither true nor false"}
    ${"ephemeral-containers.x"}    | ${"true"}         | ${"no annotation"}
    ${"disable"}                   | ${"PodNotredy"}   | ${"no alert “PodNotredy”"}
    ${"disable.PodFailed"}         | ${"true"}         | ${"no annotation"}
    ${"for.PodNotredy"}            | ${"5m"}           | ${"no alert “PodNotredy”"}
    ${"for"}                       | ${"5m"}           | ${"no alert “”"}
    ${"for.PodNotReady"}           | ${"five minutes"} | ${"no span of time"}
    ${"keep-firing-for.PodFailed"} | ${"5"}            | ${"no span of time"}
    ${"for.PodFailed.x"}           | ${"5m"}           | ${"no annotation for.PodFailed.x"}
    ${"threshold"}                 | ${"3"}            | ${"there are: restart-threshold"}
  `("reports $annotation: $value, and goes on without it", ({ annotation, value, says }) => {
    const { policy, problems } = policyFor(defaultPolicy, { [annotation]: value });
    expect(policy).toEqual(defaultPolicy);
    expect(problems).toEqual([{ annotation, value, message: expect.stringContaining(says) }]);
  });
});
