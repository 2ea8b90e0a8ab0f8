import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, NOON, type Story } from "../../../test/support/story.ts";
import { POD_DETECTORS } from "../detect/detectors.ts";
import type { Alertname } from "../model/alert.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { defaultPolicy, policyFor } from "../model/policy.ts";
import { HOUR, MINUTE } from "../model/time.ts";
import { type Explanation, explain } from "./explain.ts";

const { conditions } = aPod();

function explained(story: Story, pod: PodSnapshot): readonly Explanation[] {
  const open = [...story.memory.alerts.values()].filter((alert) => alert.state.name !== "resolved");
  return explain(
    {
      pod: story.memory.histories.get(pod.uid),
      workload: undefined,
      alert: (fingerprint) => story.memory.alerts.get(fingerprint),
      alerts: open.filter(({ sources }) => sources.includes(pod.uid)),
    },
    pod,
    policyFor(defaultPolicy, pod.annotations).policy,
    story.now,
  );
}

function one(explanations: readonly Explanation[], name: Alertname): Explanation {
  return explanations.find(({ alertname }) => alertname === name)!;
}

describe("explain", () => {
  it("answers for every detector and every container, also of a healthy pod", () => {
    const pod = aPod({ containers: [running("app"), running("proxy", { type: "sidecar" })] });
    const explanations = explained(aStory(), pod);
    expect(new Set(explanations.map(({ alertname }) => alertname))).toEqual(
      new Set(POD_DETECTORS.map(({ name }) => name)),
    );
    expect(
      explanations.filter(({ alertname }) => alertname === "PodCrashLooping").map(({ container }) => container),
    ).toEqual(["app", "proxy"]);
    expect(new Set(explanations.map(({ verdict }) => verdict))).toEqual(new Set(["quiet"]));
    expect(one(explanations, "PodRestartingTooOften")).toEqual({
      alertname: "PodRestartingTooOften",
      severity: "warning",
      container: "app",
      verdict: "quiet",
      reason: "restarts within 4 h: 0; it takes 5.",
      measure: "restarts within 4 h",
      value: 0,
      threshold: 5,
      for: 0,
      keepFiringFor: 0,
    });
  });

  it("names the alert that fires, and when time alone will end it", () => {
    const story = aStory();
    story.see(aPod({ containers: [crashLooping("app")] }));
    const again = aPod({
      containers: [running("app", { restartCount: 5, startedAt: NOON, lastTerminated: aTermination() })],
    });
    story.see(again);
    const looping = one(explained(story, again), "PodCrashLooping");
    expect(looping).toMatchObject({
      verdict: "firing",
      deadline: NOON + 10 * MINUTE,
      alert: { episode: 1, state: { name: "firing" } },
    });
    expect(looping.reason).toContain("keeps crashing");
  });

  it("says of what has not lasted long enough when it counts, and then when it fires", () => {
    const story = aStory();
    const since = { status: "False", since: NOON, reason: "ContainersNotReady", message: undefined } as const;
    const pod = aPod({ conditions: { ...conditions, ready: since }, containers: [running("app", { ready: false })] });
    story.see(pod);
    expect(one(explained(story, pod), "PodNotReady")).toMatchObject({ verdict: "waiting", deadline: NOON + MINUTE });
    story.wait(2 * MINUTE);
    expect(one(explained(story, pod), "PodNotReady")).toMatchObject({
      verdict: "pending",
      deadline: NOON + 15 * MINUTE,
      reason:
        "Pod checkout-0 runs but is not ready: app is not ready. It fires at 2026-01-01 12:15:00 UTC if it lasts 15 min.",
    });
  });

  it("gives the suppression of what is not told although its value says so", () => {
    const pod = aPod({ phase: "Failed", deletionAt: NOON + HOUR });
    expect(one(explained(aStory(), pod), "PodFailed")).toMatchObject({
      verdict: "suppressed",
      reason: "Not told, because the pod is being deleted.",
    });
  });

  it("says what is switched off", () => {
    const pod = aPod({ annotations: { disable: "PodNotReady" }, containers: [aContainer()] });
    expect(one(explained(aStory(), pod), "PodNotReady")).toEqual({
      alertname: "PodNotReady",
      severity: "warning",
      verdict: "off",
      reason: "PodNotReady is switched off here.",
      for: 15 * MINUTE,
      keepFiringFor: 0,
    });
  });

  it("says what is over and kept up", () => {
    const story = aStory();
    const annotations = { "keep-firing-for.PodImagePullFailing": "5m" };
    const state = { name: "waiting", reason: "ErrImagePull", message: undefined } as const;
    story.see(aPod({ annotations, containers: [aContainer({ ready: false, state })] }));
    const over = aPod({ annotations });
    story.see(over);
    expect(one(explained(story, over), "PodImagePullFailing")).toMatchObject({
      verdict: "kept",
      deadline: NOON + 5 * MINUTE,
    });
  });

  it("changes nothing and counts nothing", () => {
    const story = aStory();
    const pod = aPod({ containers: [running("app", { restartCount: 9, lastTerminated: aTermination() })] });
    expect(one(explained(story, pod), "PodRestartingTooOften").value).toBe(0);
  });
});
