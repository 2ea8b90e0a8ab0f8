import { describe, expect, it } from "vitest";
import { aPod, aTermination, running } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";

/** A pod whose container has restarted so often, last two hours before noon. */
function restarted(restartCount: number, run = `run-${restartCount}`) {
  const at = NOON - 2 * HOUR;
  const containerID = run === "none" ? undefined : run;
  const lastTerminated = aTermination({
    startedAt: at - SECOND,
    finishedAt: at,
    containerID: `run-${restartCount - 1}`,
  });
  return aPod({ containers: [running("app", { restartCount, containerID, lastTerminated, startedAt: at })] });
}

describe("a cluster that is restored from a backup (64)", () => {
  function restored() {
    const story = aStory();
    story.see(restarted(5), { baseline: true });
    story.see(restarted(2), { rolledBack: true });
    return story;
  }

  it("counts no restart on the way back, and none when the kubelet writes the truth again", () => {
    const story = restored();
    story.wait(SECOND);
    story.see(restarted(5));
    expect([story.restarts("app"), story.told]).toEqual([[], []]);
    story.wait(MINUTE);
    story.see(restarted(6));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("counts what has happened since the restore when the kubelet comes back with more", () => {
    const story = restored();
    story.see(restarted(7));
    expect(story.restarts("app")).toHaveLength(2);
  });

  it("counts none while others than the kubelet write of the pod as the backup has it", () => {
    const story = restored();
    story.see(restarted(2));
    story.see(restarted(2, "none"));
    story.see(restarted(5));
    expect(story.restarts("app")).toEqual([]);
    story.see(restarted(5, "run-after-a-lost-node"));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("begins anew with a container that is neither the one from before nor the backup's", () => {
    const story = restored();
    story.see(restarted(3, "another"));
    expect(story.restarts("app")).toEqual([]);
    story.see(restarted(4));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("and begins anew with one that has not ended yet", () => {
    const story = restored();
    story.see(aPod({ containers: [running("app", { restartCount: 1, containerID: "another" })] }));
    story.see(aPod({ containers: [running("app", { restartCount: 2, containerID: "one-more", startedAt: NOON })] }));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("takes a pod of which nothing is remembered as it finds it", () => {
    const story = aStory();
    story.see(restarted(3), { rolledBack: true });
    story.see(aPod({ uid: "plain", name: "plain" }), { rolledBack: true });
    story.see(aPod({ uid: "new", name: "new", containers: [running("app", { restartCount: 1 })] }), {
      rolledBack: true,
    });
    expect([story.restarts("app"), story.told]).toEqual([[], []]);
    expect([...story.memory.histories.keys()].toSorted()).toEqual(["new", "uid-of-checkout-0"]);
  });

  it("keeps the restarts that were counted before", () => {
    const story = aStory();
    story.see(restarted(4), { baseline: true });
    story.see(restarted(5));
    story.see(restarted(2), { rolledBack: true });
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("says so of the pods that the backup does not have, and takes none of them for replaced too soon", () => {
    const story = aStory();
    const workload = { kind: "StatefulSet", name: "web" };
    for (let n = 0; n < 12; n++) {
      const owner = { ...workload, uid: "web" };
      const made = { uid: `made-${n}`, name: "web-0", workload, owner, createdAt: story.now };
      const waiting = { name: "waiting", reason: "CrashLoopBackOff", message: undefined } as const;
      story.see(aPod({ ...made, containers: [running("app", { state: waiting, ready: false })] }));
      story.gone(aPod({ ...made }), "rolledBack");
      story.wait(SECOND);
    }
    expect(story.transitions.at(-1)?.transition.reason).toContain("restored from a backup");
    expect([...story.memory.workloads.values()]).toEqual([]);
    expect(story.told).not.toContain("WorkloadChurning: pending → firing");
  });
});
