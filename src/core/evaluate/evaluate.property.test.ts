import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyPodStory, type Moment, momentsOf, type PodStory } from "../../../test/support/kubelet-model.ts";
import { aPod, running } from "../../../test/support/pods.ts";
import { aStory, NOON, type Story } from "../../../test/support/story.ts";
import { defaultPolicy, type Policy } from "../model/policy.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../model/time.ts";

/** Longer than any story, so that inferred times do not affect the counts. */
const policy: Policy = { ...defaultPolicy, restartTimeframe: DAY };

/** Observes the moments at their times. `keep` selects which are observed; the last one always is. */
function play(moments: readonly Moment[], options: { keep?: (index: number) => boolean; gaps?: boolean } = {}): Story {
  const story = aStory({ policy });
  let countedAt = NOON;
  let missed = false;
  moments.forEach(({ at, pod }, index) => {
    const isObserved = index === moments.length - 1 || (options.keep?.(index) ?? true);
    if (!isObserved) {
      missed = true;
      return;
    }
    story.wait(at - story.now);
    story.update(pod, options.gaps && missed ? { resumedFrom: countedAt } : undefined);
    countedAt = at;
    missed = false;
  });
  return story;
}

const isOpen = (story: Story) => [story.firing(), story.pending()];
const counted = (story: Story) => story.restarts("app").length;
const restartsOf = ({ runs, endsWell }: PodStory) => (endsWell ? runs.length : Math.max(runs.length - 1, 0));

/** Long enough for a crash loop to end, but not for restarts to leave the window. */
const SETTLED = 15 * MINUTE;

describe("any kubelet behavior", () => {
  it("counts every restart once, in order and not in the future", () =>
    fc.assert(
      fc.property(anyPodStory, (podStory) => {
        const story = play(momentsOf(podStory));
        const restarts = story.restarts("app");
        expect(restarts.length).toBe(restartsOf(podStory));
        expect(restarts.map(({ at }) => at)).toEqual(restarts.map(({ at }) => at).toSorted((a, b) => a - b));
        for (const restart of restarts) expect(restart.at).toBeLessThanOrEqual(story.now);
        for (const restart of restarts) expect(restart.inferred).toBe(false);
      }),
    ));

  it("leads to the same restarts and alerts when any states are missed", () =>
    fc.assert(
      fc.property(anyPodStory, fc.infiniteStream(fc.boolean()), fc.boolean(), (podStory, kept, gaps) => {
        const moments = momentsOf(podStory);
        const choice = moments.map(() => kept.next().value);
        const all = play(moments);
        const some = play(moments, { keep: (index) => choice[index]!, gaps });
        expect(counted(some)).toBe(counted(all));
        all.wait(SETTLED);
        some.wait(SETTLED);
        expect(isOpen(some)).toEqual(isOpen(all));
      }),
    ));

  it("tolerates duplicate states, extra evaluations and restarts of the watcher", () =>
    fc.assert(
      fc.property(anyPodStory, fc.infiniteStream(fc.integer({ min: 0, max: 5 })), (podStory, whims) => {
        const moments = momentsOf(podStory);
        const plain = play(moments);
        const story = aStory({ policy });
        moments.forEach(({ at, pod }, index) => {
          const whim = whims.next().value;
          story.wait(at - story.now);
          story.update(pod);
          if (whim === 1) story.update(pod);
          if (whim === 2) restartWatcher(story);
          if (whim === 3) story.update({ ...pod });
          const next = moments[index + 1];
          if (whim === 4 && next !== undefined) {
            story.wait(Math.floor((next.at - at) / 2));
            story.update(pod);
          }
        });
        expect(counted(story)).toBe(counted(plain));
        expect(isOpen(story)).toEqual(isOpen(plain));
        expect(story.log).toEqual(plain.log);
      }),
    ));

  it("resolves every alert, or removes its pod", () =>
    fc.assert(
      fc.property(anyPodStory, (podStory) => {
        const moments = momentsOf(podStory);
        const story = play(moments);
        if (podStory.endsWell) story.wait(2 * DAY);
        else story.remove(moments.at(-1)!.pod);
        expect(isOpen(story)).toEqual([[], []]);
        const balance = story.log.filter((line) => line.endsWith("firing")).length;
        expect(story.log.filter((line) => line.endsWith("resolved"))).toHaveLength(balance);
      }),
    ));

  it("keeps a continuing crash loop as one alert", () =>
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), (crashes) => {
        const runs = Array.from({ length: crashes }, () => ({ lasts: 5 * SECOND, exitCode: 1, reason: "Error" }));
        const story = play(momentsOf({ uid: "a", runs, endsWell: false }));
        story.wait(HOUR);
        expect(story.log.filter((line) => line.startsWith("PodCrashLooping"))).toEqual([
          "PodCrashLooping: inactive → firing",
        ]);
      }),
    ));

  it("changes nothing when evaluated again between deadlines", () =>
    fc.assert(
      fc.property(
        anyPodStory,
        fc.infiniteStream(fc.double({ min: 0.01, max: 0.99, noNaN: true })),
        (podStory, parts) => {
          const moments = momentsOf(podStory);
          const story = play(moments);
          const last = moments.at(-1)!.pod;
          for (let due = story.evaluator.nextDeadline(); due !== undefined; due = story.evaluator.nextDeadline()) {
            expect(due).toBeGreaterThan(story.now);
            const before = new Map(story.evaluator.alerts);
            story.wait(Math.floor((due - story.now) * parts.next().value));
            story.update(last);
            expect(new Map(story.evaluator.alerts)).toEqual(before);
            story.wait(due - story.now);
          }
          const settled = story.log.length;
          story.wait(10 * DAY);
          expect(story.log).toHaveLength(settled);
        },
      ),
    ));
});

describe("a pod that never fails", () => {
  const anyName = fc.constantFrom("web-0", "web-1", "web-2");
  const anyEvent = fc.record({
    name: anyName,
    type: fc.constantFrom("starts", "ready", "deleted", "missing"),
    after: fc.integer({ min: 1, max: 59 }).map((seconds) => seconds * SECOND),
  });

  it("raises no alerts during starts, deletions, replacements and relists", () =>
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
            story.update({ ...created, phase: "Pending", containers: [starting] });
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
            story.update(final);
            story.remove(final);
            alive.delete(name);
          } else if (type === "missing") {
            story.remove(pod, "missing");
            alive.delete(name);
          } else story.update(pod);
          for (const other of alive.values()) if (other.name !== name) story.update(other);
        }
        for (const pod of alive.values()) story.update(pod);
        story.wait(DAY);
        expect(story.log).toEqual([]);
        expect(story.evaluator.histories.size).toBe(0);
      }),
    ));
});

/** Serializes the state like a restart of the watcher does. */
function restartWatcher({ evaluator }: Story): void {
  for (const map of [evaluator.alerts, evaluator.histories, evaluator.workloads] as Map<string, unknown>[]) {
    for (const [key, value] of map) map.set(key, JSON.parse(JSON.stringify(value)));
  }
}
