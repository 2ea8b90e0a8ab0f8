import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, NOON, type Story } from "../../../test/support/story.ts";
import type { ContainerSnapshot, PodConditions, PodSnapshot, RestartRule } from "../model/pod.ts";
import { MINUTE, SECOND } from "../model/time.ts";

const { conditions } = aPod();
const rule = (operator: string, ...exitCodes: number[]): RestartRule => ({ action: "Restart", operator, exitCodes });

/** The pod after each of its restarts, which all end the same way, one per minute. */
function restarts(
  story: Story,
  exitCode: number,
  container: Partial<ContainerSnapshot>,
  pod: Partial<PodSnapshot> = {},
  times = 6,
): void {
  for (let count = 0; count <= times; count++) {
    const last = aTermination({
      exitCode,
      containerID: `run-${count - 1}`,
      startedAt: story.now - SECOND,
      finishedAt: story.now,
    });
    story.update(
      aPod({
        ...pod,
        containers: [
          running("app", {
            restartCount: count,
            containerID: `run-${count}`,
            startedAt: story.now,
            ...(count > 0 && { lastTerminated: last }),
            ...container,
          }),
        ],
      }),
    );
    story.wait(MINUTE);
  }
}

describe("restart rules", () => {
  it.each([
    ["In, and names the exit code", rule("In", 42, 43), true],
    ["NotIn, and names others", rule("NotIn", 1), true],
    ["In, and names others", rule("In", 1), false],
    ["NotIn, and names the exit code", rule("NotIn", 42), false],
    ["of an unknown operator", rule("Between", 42), false],
  ])("a rule that is %s: %o → planned %s", (_what, given, isPlanned) => {
    const story = aStory();
    restarts(story, 42, { restartRules: [given] });
    expect(story.restarts("app")).toHaveLength(6);
    expect(story.restarts("app").every(({ planned }) => planned !== undefined)).toBe(isPlanned);
    expect(story.firing().includes("PodRestartingTooOften app")).toBe(!isPlanned);
    expect(story.firing().includes("PodCrashLooping app")).toBe(!isPlanned);
  });

  it("do not make a crash loop of the delay before a restart that they cause", () => {
    const backingOff = (exitCode: number) =>
      aPod({
        containers: [
          crashLooping("app", {
            restartRules: [rule("In", 42)],
            lastTerminated: aTermination({ exitCode, finishedAt: NOON }),
          }),
        ],
      });
    const story = aStory();
    story.update(backingOff(42));
    expect(story.firing()).not.toContain("PodCrashLooping app");
    story.update(backingOff(1));
    expect(story.firing()).toContain("PodCrashLooping app");
  });

  it("that restart all containers again and again are reported", () => {
    const story = aStory();
    const message = "Container app exited with code 42";
    for (let count = 0; count <= 5; count++) {
      const since = story.now;
      story.update(
        aPod({
          conditions: {
            ...conditions,
            allContainersRestarting: { status: "True", since, reason: "ContainerExited", message },
          },
          containers: [running("app", { restartCount: count, startedAt: since })],
        }),
      );
      story.wait(5 * MINUTE);
    }
    expect(story.firing()).toEqual(["PodRestartingTooOften app"]);
  });
});

describe("a restart of all containers", () => {
  it.each([
    ["the message of the condition names", "Container watch exited with code 42", []],
    ["a rule names", undefined, [{ action: "RestartAllContainers", operator: "In", exitCodes: [42] }]],
  ])("is counted for the container that %s, and the others do not crash", (_what, message, restartRules) => {
    const story = aStory();
    const end = (name: string, exitCode: number, run: number) =>
      aTermination({ exitCode, containerID: `${name}-${run}`, startedAt: story.now - MINUTE, finishedAt: story.now });
    const restarting = (status: "True" | "False") => ({
      ...conditions,
      allContainersRestarting: { status, since: story.now, reason: undefined, message },
    });
    for (let run = 0; run <= 5; run++) {
      const ended = (name: string, exitCode: number, changes: Partial<ContainerSnapshot> = {}) =>
        aContainer({ name, restartCount: run, state: { name: "terminated", ...end(name, exitCode, run) }, ...changes });
      const next = (name: string, exitCode: number, changes: Partial<ContainerSnapshot> = {}) =>
        running(name, {
          restartCount: run + 1,
          containerID: `${name}-${run + 1}`,
          startedAt: story.now,
          lastTerminated: end(name, exitCode, run),
          ...changes,
        });
      story.update(
        aPod({
          conditions: restarting("True"),
          containers: [ended("work", 137), ended("watch", 42, { restartRules })],
        }),
      );
      story.update(
        aPod({ conditions: restarting("False"), containers: [next("work", 137), next("watch", 42, { restartRules })] }),
      );
      story.wait(MINUTE);
    }
    expect(story.firing()).toContain("PodRestartingTooOften watch");
    expect(story.firing().filter((line) => line.endsWith("work"))).toEqual([]);
  });
});

describe("an in-place resize that restarts the container", () => {
  const inProgress: PodConditions = {
    ...conditions,
    resizeInProgress: { status: "True", since: NOON, reason: undefined, message: undefined },
  };

  function resize(story: Story, count: number, exitCode = 143, resizeRestarts = true) {
    const run = (restartCount: number): ContainerSnapshot =>
      running("app", {
        restartCount,
        resizeRestarts,
        containerID: `run-${restartCount}`,
        startedAt: story.now,
        ...(restartCount > 0 && {
          lastTerminated: aTermination({
            exitCode,
            containerID: `run-${restartCount - 1}`,
            startedAt: story.now - SECOND,
            finishedAt: story.now,
          }),
        }),
      });
    story.update(aPod({ conditions: inProgress, containers: [run(count - 1)] }));
    story.wait(5 * SECOND);
    story.update(aPod({ containers: [run(count)] }));
    story.wait(MINUTE);
  }

  it("is planned, each time", () => {
    const story = aStory();
    for (let count = 1; count <= 6; count++) resize(story, count);
    expect(story.log).toEqual([]);
    expect(story.restarts("app")[5]).toMatchObject({ planned: "the resources of the container were changed in place" });
  });

  it("is planned when the restart is observed after the end of the resize, unless that was long ago", () => {
    for (const [wait, isPlanned] of [
      [MINUTE, true],
      [20 * MINUTE, false],
    ] as const) {
      const story = aStory();
      const container = (restartCount: number) =>
        running("app", { resizeRestarts: true, restartCount, startedAt: story.now });
      story.update(aPod({ containers: [container(0)] }));
      story.update(aPod({ conditions: inProgress, containers: [container(0)] }));
      story.update(aPod({ containers: [container(0)] }));
      story.wait(wait);
      story.update(aPod({ containers: [container(1)] }));
      expect(story.restarts("app").map(({ planned }) => planned !== undefined)).toEqual([isPlanned]);
    }
  });

  it("is planned only once: later exits are crashes", () => {
    const story = aStory();
    resize(story, 1);
    for (let count = 2; count <= 4; count++) {
      const end = aTermination({
        exitCode: 1,
        containerID: `run-${count - 1}`,
        startedAt: story.now - SECOND,
        finishedAt: story.now,
      });
      story.update(
        aPod({
          containers: [
            running("app", {
              restartCount: count,
              resizeRestarts: true,
              containerID: `run-${count}`,
              startedAt: story.now,
              lastTerminated: end,
            }),
          ],
        }),
      );
      story.wait(10 * SECOND);
    }
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
  });

  it("excuses nothing when the container is resized without a restart", () => {
    const story = aStory();
    for (let count = 1; count <= 3; count++) resize(story, count, 1, false);
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
  });

  it("excuses one restart of several that were not observed", () => {
    const story = aStory();
    story.update(aPod({ conditions: inProgress, containers: [running("app", { resizeRestarts: true })] }));
    story.update(aPod({ containers: [running("app", { resizeRestarts: true, restartCount: 3, startedAt: NOON })] }));
    expect(story.restarts("app").map(({ planned }) => planned !== undefined)).toEqual([true, false, false]);
  });
});

describe("the end of a pod", () => {
  it("does not count restarts of sidecars during its termination", () => {
    const story = aStory();
    restarts(story, 1, { type: "sidecar" }, { deletionAt: NOON + 60 * MINUTE });
    expect(story.restarts("app")[0]).toMatchObject({ planned: "the pod is being deleted" });
    expect(story.firing()).not.toContain("PodRestartingTooOften app");
  });

  it.each([
    [143, []],
    [137, ["ContainerOOMKilled app"]],
  ])("an OOMKilled record with exit code %i → %o", (exitCode, firing) => {
    const story = aStory();
    story.update(aPod({ containers: [running("app")] }));
    const end = aTermination({ reason: "OOMKilled", exitCode, finishedAt: NOON });
    story.update(
      aPod({
        deletionAt: NOON + 30 * SECOND,
        containers: [aContainer({ ready: false, state: { name: "terminated", ...end } })],
      }),
    );
    expect(story.firing()).toEqual(firing);
  });

  it("an OOMKilled record with exit code 143 of a pod that stays counts", () => {
    const story = aStory();
    story.update(aPod({ containers: [running("app")] }));
    const end = aTermination({ reason: "OOMKilled", exitCode: 143, finishedAt: NOON });
    story.update(aPod({ containers: [aContainer({ ready: false, state: { name: "terminated", ...end } })] }));
    expect(story.firing()).toEqual(["ContainerOOMKilled app"]);
  });
});
