import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, type Story } from "../../../test/support/story.ts";
import type { ContainerState, PodConditions, Termination } from "../model/pod.ts";
import { type Duration, HOUR, type Instant, MINUTE, SECOND } from "../model/time.ts";

/** A run of ten seconds and its backoff of five minutes, on a node whose clock is off by `skew(story.now)`. */
function attempt(story: Story, count: number, skew: () => Duration, previous: Termination | undefined): Termination {
  const onNode = () => story.now + skew();
  const last = previous === undefined ? {} : { lastTerminated: previous };
  const id = { restartCount: count, containerID: `run-${count}` };
  const startedAt = onNode();
  story.update(aPod({ containers: [running("app", { ...id, ...last, startedAt, ready: false })] }));
  story.wait(10 * SECOND);
  const end = aTermination({ startedAt, finishedAt: onNode(), containerID: id.containerID });
  story.update(
    aPod({ containers: [aContainer({ ...id, ...last, ready: false, state: { name: "terminated", ...end } })] }),
  );
  story.wait(SECOND);
  story.update(aPod({ containers: [crashLooping("app", { ...id, lastTerminated: end })] }));
  story.wait(5 * MINUTE);
  return end;
}

const of = (story: Story, name: string) => story.log.filter((line) => line.startsWith(name));

describe.each([
  ["45 minutes slow", () => -45 * MINUTE],
  ["8 hours slow", () => -8 * HOUR],
  ["8 hours fast", () => 8 * HOUR],
] satisfies [string, () => Duration][])("a node's clock that is %s", (_what, skew) => {
  it("does not end a crash loop between its attempts, nor hide its restarts", () => {
    const story = aStory();
    story.update(aPod({ containers: [aContainer({ ready: false })] }));
    let end: Termination | undefined;
    for (let count = 0; count <= 8; count++) end = attempt(story, count, skew, end);
    expect(of(story, "PodCrashLooping")).toEqual(["PodCrashLooping: inactive → firing"]);
    expect(of(story, "PodRestartingTooOften")).toEqual(["PodRestartingTooOften: inactive → firing"]);
  });

  it("ends it when the container has been observed to run for ten minutes", () => {
    const story = aStory();
    story.update(aPod({ containers: [aContainer({ ready: false })] }));
    let end: Termination | undefined;
    for (let count = 0; count <= 3; count++) end = attempt(story, count, skew, end);
    const startedAt = story.now + skew();
    const last = { restartCount: 4, containerID: "run-4", startedAt, lastTerminated: end };
    story.update(aPod({ containers: [running("app", last)] }));
    story.wait(10 * MINUTE - 1);
    expect(story.firing()).toContain("PodCrashLooping app");
    story.wait(1);
    expect(story.firing()).not.toContain("PodCrashLooping app");
  });
});

describe.each([
  ["from 45 minutes slow to right", -45 * MINUTE, 0],
  ["from right to 45 minutes slow", 0, -45 * MINUTE],
  ["from right to 8 hours fast", 0, 8 * HOUR],
  ["from 8 hours fast to right", 8 * HOUR, 0],
])("a node's clock that jumps %s", (_what, before, after) => {
  it.each(["between two runs", "during a run"])("%s does not end a crash loop", (when) => {
    const story = aStory();
    story.update(aPod({ containers: [aContainer({ ready: false })] }));
    let end: Termination | undefined;
    for (let count = 0; count <= 8; count++) {
      const begin = story.now;
      const isAfter = () => count > 4 || (count === 4 && when === "during a run" && story.now > begin);
      end = attempt(story, count, () => (isAfter() ? after : before), end);
    }
    expect(of(story, "PodCrashLooping")).toEqual(["PodCrashLooping: inactive → firing"]);
  });
});

it("a run without times proves nothing", () => {
  const story = aStory();
  for (let count = 0; count <= 3; count++) {
    const lastTerminated = aTermination({
      startedAt: undefined,
      finishedAt: undefined,
      containerID: `run-${count - 1}`,
    });
    const run = { restartCount: count, containerID: `run-${count}`, startedAt: story.now };
    story.update(aPod({ containers: [running("app", { ...run, ...(count > 0 && { lastTerminated }) })] }));
    story.wait(MINUTE);
  }
  expect(story.firing()).toContain("PodCrashLooping app");
});

describe.each([
  ["45 minutes slow", -45 * MINUTE],
  ["8 hours fast", 8 * HOUR],
])("on a node whose clock is %s", (_what, skew) => {
  const conditions = (changes: Partial<PodConditions>) => ({ ...aPod().conditions, ...changes });
  const condition = (since: Instant, status: "True" | "False", reason?: string) =>
    ({ status, since, reason, message: undefined }) as const;
  const notReady = (since: Instant) =>
    aPod({
      conditions: conditions({ ready: condition(since, "False", "ContainersNotReady") }),
      containers: [running("app", { ready: false })],
    });

  it("a pod that is not ready is reported 15 minutes after that was observed, also over a restart", () => {
    const story = aStory();
    story.update(aPod());
    story.wait(HOUR);
    const pod = notReady(story.now + skew);
    story.update(pod);
    story.wait(5 * MINUTE);
    const again = aStory({ now: story.now, stored: story.evaluator });
    again.update(pod, { resumedFrom: story.now });
    again.wait(10 * MINUTE - 1);
    expect([...story.log, ...again.log]).toEqual(["PodNotReady: inactive → pending"]);
    again.wait(1);
    expect(again.log).toEqual(["PodNotReady: pending → firing"]);
    expect(again.alert("PodNotReady").annotations.description).toContain("Not ready since 2026-01-01 13:00:00 UTC.");
  });

  it("a pod whose init container ended is not reported before its containers have waited for 15 minutes", () => {
    const story = aStory();
    const createdAt = story.now;
    const waiting = aContainer({
      ready: false,
      state: { name: "waiting", reason: "PodInitializing", message: undefined },
    });
    const pending = (state: ContainerState) =>
      aPod({
        createdAt,
        phase: "Pending",
        startedAt: createdAt + skew,
        containers: [aContainer({ name: "init", type: "init", state }), waiting],
      });
    story.update(pending({ name: "running", startedAt: createdAt + skew }));
    story.wait(14 * MINUTE);
    story.update(pending({ name: "terminated", ...aTermination({ exitCode: 0, finishedAt: story.now + skew }) }));
    story.wait(15 * MINUTE - 1);
    expect(story.firing()).toEqual([]);
    story.wait(1);
    expect(story.firing()).toEqual(["PodPendingTooLong"]);
  });

  it("a failing resize is reported after 15 minutes", () => {
    const story = aStory();
    story.update(aPod());
    story.wait(HOUR);
    story.update(
      aPod({ conditions: conditions({ resizePending: condition(story.now + skew, "True", "Infeasible") }) }),
    );
    story.wait(15 * MINUTE - 1);
    expect(story.firing()).toEqual([]);
    story.wait(1);
    expect(story.firing()).toEqual(["PodResizeFailing"]);
  });

  it("a failed pod is over when a later pod is ready, and not because of one that was there before", () => {
    const story = aStory();
    const owned = { owner: { kind: "ReplicaSet", name: "web-1" }, workload: { kind: "Deployment", name: "web" } };
    const ready = { conditions: conditions({ ready: condition(story.now, "True") }) };
    const web = aPod({ ...owned, createdAt: story.now });
    story.update(web);
    story.wait(20 * MINUTE);
    story.update(aPod({ ...owned, ...ready, uid: "before", name: "before", createdAt: story.now }));
    story.wait(10 * MINUTE);
    const end = aTermination({ exitCode: 1, finishedAt: story.now + skew });
    story.update({
      ...web,
      phase: "Failed",
      containers: [aContainer({ ready: false, state: { name: "terminated", ...end } })],
    });
    story.wait(2 * MINUTE);
    expect(story.firing()).toEqual(["PodFailed"]);
    story.update(aPod({ ...owned, ...ready, uid: "after", name: "after", createdAt: story.now }));
    story.wait(2 * MINUTE);
    expect(story.firing()).toEqual([]);
  });

  it("a restart of Pod Watcher does not end a crash loop whose container was restarted meanwhile", () => {
    const story = aStory();
    const createdAt = story.now;
    const startedAt = createdAt + skew;
    const node = { createdAt, startedAt };
    story.update(aPod({ createdAt, startedAt: undefined, containers: [aContainer({ ready: false })] }));
    const looping = { restartCount: 3, containerID: "run-3", lastTerminated: aTermination({ finishedAt: startedAt }) };
    story.update(aPod({ ...node, containers: [crashLooping("app", looping)] }));
    story.wait(HOUR);
    const again = aStory({ now: story.now, stored: story.evaluator });
    const run = { ...looping, restartCount: 4, containerID: "run-4", startedAt: story.now + skew };
    again.update(aPod({ ...node, containers: [running("app", run)] }), { resumedFrom: story.now });
    again.wait(10 * MINUTE - 1);
    expect(again.log).toEqual([]);
    again.wait(1);
    expect(again.log).toEqual(["PodCrashLooping: firing → resolved"]);
  });
});
