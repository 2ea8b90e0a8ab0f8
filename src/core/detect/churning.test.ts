import { describe, expect, it } from "vitest";
import { aPod } from "../../../test/support/pods.ts";
import { aStory, type Story } from "../../../test/support/story.ts";
import type { PodSnapshot } from "../model/pod.ts";
import { type Duration, HOUR, MINUTE, SECOND } from "../model/time.ts";

const GRACE: Duration = 30 * SECOND;

function starting(story: Story, n: number, changes: Partial<PodSnapshot>): PodSnapshot {
  const pod = aPod({ uid: `uid-${n}`, name: `web-${n}`, createdAt: story.now, ...changes });
  story.update(pod);
  return pod;
}

function deleting(story: Story, pod: PodSnapshot, grace: Duration): PodSnapshot {
  const next = { ...pod, deletionAt: story.now + grace, deletionRequestedAt: story.now };
  story.update(next);
  return next;
}

const replicaSet = { owner: { kind: "ReplicaSet", name: "web-7f" }, workload: { kind: "Deployment", name: "web" } };
const daemonSet = { kind: "DaemonSet", name: "agent" };
const agent = { owner: daemonSet, workload: daemonSet };

describe("the churn of a workload is", () => {
  it("one replica that is replaced again and again: the next one starts while the last one ends", () => {
    const story = aStory();
    let last = starting(story, 0, replicaSet);
    for (let n = 1; n <= 5; n++) {
      story.wait(MINUTE);
      const ending = deleting(story, last, GRACE);
      story.wait(SECOND);
      last = starting(story, n, replicaSet);
      expect(story.firing()).toEqual(n < 5 ? [] : ["WorkloadChurning"]);
      story.wait(GRACE);
      story.remove(ending);
    }
    expect(story.alert("WorkloadChurning").annotations.summary).toContain(
      "Deployment/web keeps replacing its pods: 5 pods within 7 min, each after about 84 s",
    );
  });

  it("over when the last pod was deleted, for a reason that was observed", () => {
    const story = aStory();
    for (let n = 0; n <= 5; n++) {
      const pod = starting(story, n, agent);
      story.wait(MINUTE);
      story.remove(pod);
    }
    story.wait(HOUR);
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition).toMatchObject({ to: "resolved", reason: "The pod was deleted." });
  });

  it("one replica that is deleted without a grace period", () => {
    const story = aStory();
    for (let n = 0; n <= 5; n++) {
      const pod = starting(story, n, replicaSet);
      expect(story.firing()).toEqual(n < 5 ? [] : ["WorkloadChurning"]);
      story.wait(MINUTE);
      story.remove(pod);
    }
  });

  it("ten replicas that are all replaced five times", () => {
    const story = aStory();
    let pods = Array.from({ length: 10 }, (_, n) => starting(story, n, replicaSet));
    for (let round = 1; round <= 5; round++) {
      story.wait(2 * MINUTE);
      for (const pod of pods) story.remove(deleting(story, pod, 0));
      pods = pods.map((_, n) => starting(story, round * 10 + n, replicaSet));
      expect(story.firing()).toEqual(round < 5 ? [] : ["WorkloadChurning"]);
    }
  });

  it("a pod of a DaemonSet that is replaced on its node", () => {
    const story = aStory();
    for (let n = 0; n <= 5; n++) {
      const pod = starting(story, n, { ...agent, node: "node-1" });
      expect(story.firing()).toEqual(n < 5 ? [] : ["WorkloadChurning"]);
      story.wait(MINUTE);
      const ending = deleting(story, pod, GRACE);
      story.wait(GRACE);
      story.remove(ending);
    }
  });
});

describe("the churn of a workload is not", () => {
  it("a scale to zero and back", () => {
    const story = aStory();
    for (let n = 0; n < 15; n++) {
      const pod = starting(story, n, replicaSet);
      story.wait(MINUTE);
      const ending = deleting(story, pod, GRACE);
      story.wait(GRACE);
      story.remove(ending);
      story.wait(30 * SECOND);
    }
    expect(story.log).toEqual([]);
  });

  it("the pods of a DaemonSet on nodes that come and go", () => {
    const story = aStory();
    for (let n = 0; n < 15; n++) {
      const pod = starting(story, n, { ...agent, node: n === 7 ? undefined : `node-${n}` });
      story.wait(MINUTE);
      story.remove(deleting(story, pod, 0));
    }
    expect(story.log).toEqual([]);
  });

  it("a descheduler that moves each of six replicas once", () => {
    const story = aStory();
    const pods = Array.from({ length: 6 }, (_, n) => starting(story, n, replicaSet));
    pods.forEach((pod, n) => {
      story.wait(2 * MINUTE);
      const ending = deleting(story, pod, GRACE);
      starting(story, 10 + n, replicaSet);
      story.wait(GRACE);
      story.remove(ending);
    });
    expect(story.log).toEqual([]);
  });

  it("replicas of a StatefulSet that are each replaced twice, one after the other", () => {
    const story = aStory();
    const set = { kind: "StatefulSet", name: "db" };
    const one = (n: number, ordinal: number) =>
      starting(story, n, { name: `db-${ordinal}`, owner: set, workload: set });
    const pods = [0, 1, 2].map((ordinal) => one(ordinal, ordinal));
    for (let n = 0; n < 6; n++) {
      story.wait(SECOND);
      const pod = pods[n % 3]!;
      story.remove(deleting(story, pod, 0));
      pods[n % 3] = one(10 + n, n % 3);
    }
    expect(story.log).toEqual([]);
  });

  it("a namespace that is no longer watched", () => {
    const story = aStory();
    for (let n = 0; n < 10; n++) {
      const pod = starting(story, n, replicaSet);
      story.wait(SECOND);
      story.remove(pod, "unwatched");
    }
    expect(story.evaluator.workloads.size).toBe(0);
  });
});
