import { describe, expect, it } from "vitest";
import { aPod, aTermination, running } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";

/** A pod with this restart count whose last restart was two hours before noon. */
function restarted(restartCount: number, run = `run-${restartCount}`) {
  const at = NOON - 2 * HOUR;
  const containerID = run === "no-container" ? undefined : run;
  const lastTerminated = aTermination({
    startedAt: at - SECOND,
    finishedAt: at,
    containerID: `run-${restartCount - 1}`,
  });
  return aPod({ containers: [running("app", { restartCount, containerID, lastTerminated, startedAt: at })] });
}

describe("a cluster restored from a backup (64)", () => {
  function rolledBackStory() {
    const story = aStory();
    story.update(restarted(5), { baseline: true });
    story.update(restarted(2), { rolledBack: true });
    return story;
  }

  it("counts no restarts at the restore or when the kubelet reports again", () => {
    const story = rolledBackStory();
    story.wait(SECOND);
    story.update(restarted(5));
    expect([story.restarts("app"), story.log]).toEqual([[], []]);
    story.wait(MINUTE);
    story.update(restarted(6));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("counts restarts since the restore when the kubelet reports a higher count", () => {
    const story = rolledBackStory();
    story.update(restarted(7));
    expect(story.restarts("app")).toHaveLength(2);
  });

  it("counts no restarts while other writers update the pod from the backup", () => {
    const story = rolledBackStory();
    story.update(restarted(2));
    story.update(restarted(2, "no-container"));
    story.update(restarted(5));
    expect(story.restarts("app")).toEqual([]);
    story.update(restarted(5, "run-after-a-lost-node"));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("starts from a new baseline with a container that is neither the last one nor the backup's", () => {
    const story = rolledBackStory();
    story.update(restarted(3, "another"));
    expect(story.restarts("app")).toEqual([]);
    story.update(restarted(4));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("starts from a new baseline with a container that has not terminated yet", () => {
    const story = rolledBackStory();
    story.update(aPod({ containers: [running("app", { restartCount: 1, containerID: "another" })] }));
    story.update(aPod({ containers: [running("app", { restartCount: 2, containerID: "one-more", startedAt: NOON })] }));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("uses the snapshot as the baseline for a pod without history", () => {
    const story = aStory();
    story.update(restarted(3), { rolledBack: true });
    story.update(aPod({ uid: "plain", name: "plain" }), { rolledBack: true });
    story.update(aPod({ uid: "new", name: "new", containers: [running("app", { restartCount: 1 })] }), {
      rolledBack: true,
    });
    expect([story.restarts("app"), story.log]).toEqual([[], []]);
    expect([...story.evaluator.histories.keys()].toSorted()).toEqual(["new", "uid-of-checkout-0"]);
  });

  it("keeps the restarts counted before", () => {
    const story = aStory();
    story.update(restarted(4), { baseline: true });
    story.update(restarted(5));
    story.update(restarted(2), { rolledBack: true });
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("states the restore as the reason for removed pods and does not count them as short-lived", () => {
    const story = aStory();
    const workload = { kind: "StatefulSet", name: "web" };
    for (let n = 0; n < 12; n++) {
      const owner = { ...workload, uid: "web" };
      const made = { uid: `made-${n}`, name: "web-0", workload, owner, createdAt: story.now };
      const waiting = { name: "waiting", reason: "CrashLoopBackOff", message: undefined } as const;
      story.update(aPod({ ...made, containers: [running("app", { state: waiting, ready: false })] }));
      story.remove(aPod({ ...made }), "rolledBack");
      story.wait(SECOND);
    }
    expect(story.transitions.at(-1)?.transition.reason).toContain("restored from a backup");
    expect([...story.evaluator.workloads.values()]).toEqual([]);
    expect(story.log).not.toContain("WorkloadChurning: pending → firing");
  });
});
