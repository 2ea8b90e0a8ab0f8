import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyPodStory, type Moment, momentsOf, type PodStory } from "../../../test/support/kubelet-model.ts";
import { aPod, running } from "../../../test/support/pods.ts";
import { aStory, NOON, type Story } from "../../../test/support/story.ts";
import { defaultPolicy, type Policy } from "../model/policy.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../model/time.ts";

/** A window that no story outlasts, so that inferred times cannot decide what counts. */
const policy: Policy = { ...defaultPolicy, restartTimeframe: DAY };

/** Plays the moments at their times; `keep` says which are seen at all. The last one always is. */
function play(moments: readonly Moment[], options: { keep?: (index: number) => boolean; gaps?: boolean } = {}): Story {
  const story = aStory({ policy });
  let seenAt = NOON;
  let missed = false;
  moments.forEach(({ at, pod }, index) => {
    const isSeen = index === moments.length - 1 || (options.keep?.(index) ?? true);
    if (!isSeen) {
      missed = true;
      return;
    }
    story.wait(at - story.now);
    story.see(pod, options.gaps && missed ? { resumedFrom: seenAt } : undefined);
    seenAt = at;
    missed = false;
  });
  return story;
}

const isOpen = (story: Story) => [story.firing(), story.pending()];
const counted = (story: Story) => story.restarts("app").length;
const restartsOf = ({ runs, endsWell }: PodStory) => (endsWell ? runs.length : Math.max(runs.length - 1, 0));

/** Long enough for a crash loop to end, not for restarts to leave the window. */
const SETTLED = 15 * MINUTE;

describe("whatever a kubelet does", () => {
  it("counts as many restarts as there were, each once, in order, none in the future", () =>
    fc.assert(
      fc.property(anyPodStory, (told) => {
        const story = play(momentsOf(told));
        const restarts = story.restarts("app");
        expect(restarts.length).toBe(restartsOf(told));
        expect(restarts.map(({ at }) => at)).toEqual(restarts.map(({ at }) => at).toSorted((a, b) => a - b));
        for (const restart of restarts) expect(restart.at).toBeLessThanOrEqual(story.now);
        for (const restart of restarts) expect(restart.inferred).toBe(false);
      }),
    ));

  it("counts the same, and ends in the same alerts, with any states missed", () =>
    fc.assert(
      fc.property(anyPodStory, fc.infiniteStream(fc.boolean()), fc.boolean(), (told, kept, gaps) => {
        const moments = momentsOf(told);
        const choice = moments.map(() => kept.next().value);
        const all = play(moments);
        const some = play(moments, { keep: (index) => choice[index]!, gaps });
        expect(counted(some)).toBe(counted(all));
        all.wait(SETTLED);
        some.wait(SETTLED);
        expect(isOpen(some)).toEqual(isOpen(all));
      }),
    ));

  it("does not mind states that come twice, looks in between, or being started anew", () =>
    fc.assert(
      fc.property(anyPodStory, fc.infiniteStream(fc.integer({ min: 0, max: 5 })), (told, whims) => {
        const moments = momentsOf(told);
        const plain = play(moments);
        const story = aStory({ policy });
        moments.forEach(({ at, pod }, index) => {
          const whim = whims.next().value;
          story.wait(at - story.now);
          story.see(pod);
          if (whim === 1) story.see(pod);
          if (whim === 2) restartWatcher(story);
          if (whim === 3) story.see({ ...pod });
          const next = moments[index + 1];
          if (whim === 4 && next !== undefined) {
            story.wait(Math.floor((next.at - at) / 2));
            story.see(pod);
          }
        });
        expect(counted(story)).toBe(counted(plain));
        expect(isOpen(story)).toEqual(isOpen(plain));
        expect(story.told).toEqual(plain.told);
      }),
    ));

  it("lets every alert that fires resolve, or its pod go", () =>
    fc.assert(
      fc.property(anyPodStory, (told) => {
        const moments = momentsOf(told);
        const story = play(moments);
        if (told.endsWell) story.wait(2 * DAY);
        else story.gone(moments.at(-1)!.pod);
        expect(isOpen(story)).toEqual([[], []]);
        const balance = story.told.filter((line) => line.endsWith("firing")).length;
        expect(story.told.filter((line) => line.endsWith("resolved"))).toHaveLength(balance);
      }),
    ));

  it("resolves nothing while the pod cannot be told to be well: a crash loop that goes on is one alert", () =>
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), (crashes) => {
        const runs = Array.from({ length: crashes }, () => ({ lasts: 5 * SECOND, exitCode: 1, reason: "Error" }));
        const story = play(momentsOf({ uid: "a", runs, endsWell: false }));
        story.wait(HOUR);
        expect(story.told.filter((line) => line.startsWith("PodCrashLooping"))).toEqual([
          "PodCrashLooping: none → firing",
        ]);
      }),
    ));

  it("meets its deadlines exactly: between them, looking again changes nothing", () =>
    fc.assert(
      fc.property(anyPodStory, fc.infiniteStream(fc.double({ min: 0.01, max: 0.99, noNaN: true })), (told, parts) => {
        const moments = momentsOf(told);
        const story = play(moments);
        const last = moments.at(-1)!.pod;
        for (let due = story.memory.nextDeadline(); due !== undefined; due = story.memory.nextDeadline()) {
          expect(due).toBeGreaterThan(story.now);
          const before = new Map(story.memory.alerts);
          story.wait(Math.floor((due - story.now) * parts.next().value));
          story.see(last);
          expect(new Map(story.memory.alerts)).toEqual(before);
          story.wait(due - story.now);
        }
        const settled = story.told.length;
        story.wait(10 * DAY);
        expect(story.told).toHaveLength(settled);
      }),
    ));
});

describe("a pod that never fails", () => {
  const anyName = fc.constantFrom("web-0", "web-1", "web-2");
  const anyEvent = fc.record({
    name: anyName,
    type: fc.constantFrom("starts", "ready", "deleted", "missing"),
    after: fc.integer({ min: 1, max: 59 }).map((seconds) => seconds * SECOND),
  });

  it("raises no alert, through starts, deletions, replacements and relists", () =>
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
        const story = aStory({ policy });
        const alive = new Map<string, ReturnType<typeof aPod>>();
        let shortLivedPods = 0;
        for (const { name, type, after } of events) {
          story.wait(after);
          const pod = alive.get(name);
          if (pod === undefined) {
            const created = aPod({
              uid: `${name}-${shortLivedPods++}`,
              name,
              createdAt: story.now,
              startedAt: story.now,
            });
            alive.set(name, created);
            const starting = {
              ...running("app"),
              ready: false,
              state: { name: "waiting", reason: "ContainerCreating", message: undefined } as const,
            };
            story.see({ ...created, phase: "Pending", containers: [starting] });
          } else if (type === "deleted") {
            const end = {
              exitCode: 137,
              signal: undefined,
              reason: "Error",
              message: undefined,
              startedAt: pod.createdAt,
              finishedAt: story.now,
              containerID: "x",
            };
            const final = {
              ...pod,
              phase: "Failed",
              deletionAt: story.now,
              containers: [{ ...running("app"), ready: false, state: { name: "terminated", ...end } as const }],
            };
            story.see(final);
            story.gone(final);
            alive.delete(name);
          } else if (type === "missing") {
            story.gone(pod, "missing");
            alive.delete(name);
          } else story.see(pod);
          for (const other of alive.values()) if (other.name !== name) story.see(other);
        }
        for (const pod of alive.values()) story.see(pod);
        story.wait(DAY);
        expect(story.told).toEqual([]);
        expect(story.memory.histories.size).toBe(0);
      }),
    ));
});

/** What is remembered goes through JSON, as it does when the watcher is stopped and started. */
function restartWatcher({ memory }: Story): void {
  for (const map of [memory.alerts, memory.histories, memory.workloads] as Map<string, unknown>[]) {
    for (const [key, value] of map) map.set(key, JSON.parse(JSON.stringify(value)));
  }
}
