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
  const open = [...story.evaluator.alerts.values()].filter((alert) => alert.state.name !== "resolved");
  return explain(
    {
      pod: story.evaluator.histories.get(pod.uid),
      workload: undefined,
      alert: (fingerprint) => story.evaluator.alerts.get(fingerprint),
      alerts: open.filter(({ sources }) => sources.includes(pod.uid)),
    },
    pod,
    policyFor(defaultPolicy, pod.annotations).policy,
    story.now,
  );
}

function find(explanations: readonly Explanation[], name: Alertname): Explanation {
  return explanations.find(({ alertname }) => alertname === name)!;
}

describe("explain", () => {
  it("returns every detector and every container, also for a healthy pod", () => {
    const pod = aPod({ containers: [running("app"), running("proxy", { type: "sidecar" })] });
    const explanations = explained(aStory(), pod);
    expect(new Set(explanations.map(({ alertname }) => alertname))).toEqual(
      new Set(POD_DETECTORS.map(({ name }) => name)),
    );
    expect(
      explanations.filter(({ alertname }) => alertname === "PodCrashLooping").map(({ container }) => container),
    ).toEqual(["app", "proxy"]);
    expect(new Set(explanations.map(({ verdict }) => verdict))).toEqual(new Set(["ok"]));
    expect(find(explanations, "PodRestartingTooOften")).toEqual({
      alertname: "PodRestartingTooOften",
      severity: "warning",
      container: "app",
      verdict: "ok",
      reason: "restarts within 4 h: 0 (threshold: 5).",
      metric: "restarts within 4 h",
      value: 0,
      threshold: 5,
      for: 0,
      keepFiringFor: 0,
    });
  });

  it("contains the firing alert and when it can resolve", () => {
    const story = aStory();
    story.update(aPod({ containers: [crashLooping("app")] }));
    const recovering = aPod({
      containers: [running("app", { restartCount: 5, startedAt: NOON, lastTerminated: aTermination() })],
    });
    story.update(recovering);
    const looping = find(explained(story, recovering), "PodCrashLooping");
    expect(looping).toMatchObject({
      verdict: "firing",
      deadline: NOON + 10 * MINUTE,
      alert: { episode: 1, state: { name: "firing" } },
    });
    expect(looping.reason).toContain("keeps crashing");
  });

  it("is pending during the hold-down and then during `for`", () => {
    const story = aStory();
    const since = { status: "False", since: NOON, reason: "ContainersNotReady", message: undefined } as const;
    const pod = aPod({ conditions: { ...conditions, ready: since }, containers: [running("app", { ready: false })] });
    story.update(pod);
    expect(find(explained(story, pod), "PodNotReady")).toMatchObject({ verdict: "pending", deadline: NOON + MINUTE });
    story.wait(2 * MINUTE);
    expect(find(explained(story, pod), "PodNotReady")).toMatchObject({
      verdict: "pending",
      deadline: NOON + 15 * MINUTE,
      reason:
        "Pod checkout-0 is running but not ready: app is not ready. Fires at 2026-01-01 12:15:00 UTC if it lasts 15 min.",
    });
  });

  it("contains the reason for suppression", () => {
    const pod = aPod({ phase: "Failed", deletionAt: NOON + HOUR });
    expect(find(explained(aStory(), pod), "PodFailed")).toMatchObject({
      verdict: "suppressed",
      reason: "Suppressed: the pod is being deleted.",
    });
  });

  it("lists disabled detectors", () => {
    const pod = aPod({ annotations: { disable: "PodNotReady" }, containers: [aContainer()] });
    expect(find(explained(aStory(), pod), "PodNotReady")).toEqual({
      alertname: "PodNotReady",
      severity: "warning",
      verdict: "disabled",
      reason: "PodNotReady is disabled for this pod.",
      for: 15 * MINUTE,
      keepFiringFor: 0,
    });
  });

  it("reports keep_firing_for", () => {
    const story = aStory();
    const annotations = { "keep-firing-for.PodImagePullFailing": "5m" };
    const state = { name: "waiting", reason: "ErrImagePull", message: undefined } as const;
    story.update(aPod({ annotations, containers: [aContainer({ ready: false, state })] }));
    const recovered = aPod({ annotations });
    story.update(recovered);
    expect(find(explained(story, recovered), "PodImagePullFailing")).toMatchObject({
      verdict: "keep_firing",
      deadline: NOON + 5 * MINUTE,
    });
  });

  it("counts no restarts", () => {
    const story = aStory();
    const pod = aPod({ containers: [running("app", { restartCount: 9, lastTerminated: aTermination() })] });
    expect(find(explained(story, pod), "PodRestartingTooOften").value).toBe(0);
  });
});
