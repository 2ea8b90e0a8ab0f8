import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, type Story } from "../../../test/support/story.ts";
import type { Termination } from "../model/pod.ts";
import { type Duration, HOUR, MINUTE, SECOND } from "../model/time.ts";

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
