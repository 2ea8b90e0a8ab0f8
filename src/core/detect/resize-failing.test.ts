import { describe, expect, it } from "vitest";
import { aPod } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import type { PodCondition, PodConditions, PodSnapshot } from "../model/pod.ts";
import { HOUR, MINUTE } from "../model/time.ts";

const { conditions } = aPod();
const condition = (reason: string | undefined, changes: Partial<PodCondition> = {}): PodCondition => ({
  status: "True",
  since: NOON,
  reason,
  message: undefined,
  ...changes,
});

function after15Minutes(resize: Partial<PodConditions>, changes: Partial<PodSnapshot> = {}) {
  const story = aStory();
  story.update(aPod({ conditions: { ...conditions, ...resize }, ...changes }));
  story.wait(15 * MINUTE - 1);
  const early = story.firing().includes("PodResizeFailing");
  story.wait(1);
  return { story, early, isFiring: story.firing().includes("PodResizeFailing") };
}

describe("PodResizeFailing", () => {
  it("fires when a resize is infeasible for 15 minutes, and resolves with the condition", () => {
    const resizePending = condition("Infeasible", { message: "Node didn't have enough capacity: memory" });
    const { story, early, isFiring } = after15Minutes({ resizePending });
    expect([early, isFiring]).toEqual([false, true]);
    const { summary, description, cause } = story.alert("PodResizeFailing").annotations;
    expect(summary).toContain("Pod checkout-0 cannot be resized on its node");
    expect(description).toContain("Kubernetes reports (Infeasible): “Node didn't have enough capacity: memory”.");
    expect(cause).toBe("ResizeInfeasible");
    story.update(aPod());
    expect(story.transitions.at(-1)!.transition.reason).toBe("Kubernetes no longer reports a failing resize.");
  });

  it("fires when a resize keeps failing", () => {
    const { story, isFiring } = after15Minutes({ resizeInProgress: condition("Error") });
    expect(isFiring).toBe(true);
    expect(story.alert("PodResizeFailing").annotations.cause).toBe("ResizeError");
  });

  it("counts from the creation of the pod when the condition has no time", () => {
    expect(after15Minutes({ resizePending: condition("Infeasible", { since: undefined }) }).early).toBe(true);
  });

  it.each([
    ["deferred", { resizePending: condition("Deferred") }, {}],
    ["in progress", { resizeInProgress: condition(undefined) }, {}],
    ["no longer infeasible", { resizePending: condition("Infeasible", { status: "False" }) }, {}],
    ["no longer failing", { resizeInProgress: condition("Error", { status: "False" }) }, {}],
    ["of a pod that is being deleted", { resizePending: condition("Infeasible") }, { deletionAt: NOON + HOUR }],
    ["of a finished pod", { resizePending: condition("Infeasible") }, { phase: "Succeeded" }],
  ] satisfies [string, Partial<PodConditions>, Partial<PodSnapshot>][])(
    "does not fire for a resize that is %s",
    (_what, resize, changes) => {
      expect(after15Minutes(resize, changes).isFiring).toBe(false);
    },
  );
});
