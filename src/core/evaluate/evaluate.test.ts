import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import type { Alert, Finding } from "../model/alert.ts";
import type { PodSnapshot, Termination } from "../model/pod.ts";
import { defaultPolicy } from "../model/policy.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";
import { evaluate, evaluateFindings, type PriorState } from "./evaluate.ts";

const nothingKnown: PriorState = { pod: undefined, workload: undefined, alert: () => undefined, alerts: [] };

function ended(at: number, changes: Partial<Termination> = {}): Termination {
  return aTermination({ startedAt: at - SECOND, finishedAt: at, containerID: `run-${at}`, ...changes });
}

/** Restarted so often, last `ago`. */
function restarted(restartCount: number, ago: number): PodSnapshot {
  const lastTerminated = ended(NOON - ago);
  return aPod({
    createdAt: NOON - 2 * HOUR,
    containers: [running("app", { restartCount, lastTerminated, startedAt: NOON - ago + SECOND })],
  });
}

describe("a healthy pod", () => {
  it("leaves nothing to write, and no deadline", () => {
    const pods = [
      aPod(),
      aPod({
        containers: [
          running("app"),
          aContainer({ name: "init", type: "init", state: { name: "terminated", ...ended(NOON, { exitCode: 0 }) } }),
        ],
      }),
    ];
    for (const pod of pods) {
      const evaluation = evaluate(nothingKnown, { type: "updated", pod, previous: pod }, defaultPolicy, NOON);
      expect(evaluation).toEqual({
        pod: undefined,
        workload: undefined,
        alerts: [],
        forgotten: [],
        transitions: [],
        terminations: [],
        reevaluateAt: undefined,
      });
    }
  });
});

describe("restarts from before", () => {
  it("are no news at the first look ever: they are the baseline (1)", () => {
    const story = aStory();
    story.see(restarted(7, 10 * MINUTE), { baseline: true });
    expect(story.told).toEqual([]);
    expect(story.restarts("app")).toEqual([]);
    story.see(restarted(8, MINUTE));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it("are counted where the watcher was away: from what it remembers (17)", () => {
    const story = aStory();
    story.see(restarted(2, HOUR), { baseline: true });
    story.wait(5 * MINUTE);
    story.see(restarted(5, MINUTE), { resumedFrom: NOON });
    const restarts = story.restarts("app");
    expect(restarts).toHaveLength(3);
    expect(restarts.at(-1)).toMatchObject({ at: NOON - MINUTE, reason: "Error", inferred: true });
    expect(restarts.every(({ inferred }) => inferred)).toBe(true);
  });

  it("are all counted where nothing is remembered of the pod: it had none when the gap began", () => {
    const story = aStory();
    story.see(restarted(5, MINUTE), { resumedFrom: NOON - 20 * MINUTE });
    expect(story.restarts("app")).toHaveLength(5);
    expect(story.firing()).toEqual(["PodRestartingTooOften app"]);
    expect(story.alert("PodRestartingTooOften").annotations.description).toContain(
      "The times of 5 of them are inferred",
    );
  });

  it("are counted of a relist that finds three more (16), and of another pod under the same name not at all (15)", () => {
    const story = aStory();
    story.see(restarted(1, HOUR), { baseline: true });
    story.see(restarted(4, MINUTE));
    expect(story.restarts("app").map(({ inferred }) => inferred)).toEqual([true, true, false]);
    const other = { ...aPod(), uid: "another" };
    story.gone(restarted(4, MINUTE), "missing");
    story.see(other);
    expect(story.restarts("app")).toEqual([]);
  });

  it("are kept within bounds, whatever restartCount claims", () => {
    const story = aStory();
    story.see(aPod({ containers: [running("app", { restartCount: 2_000_000_000, startedAt: NOON })] }));
    expect(story.restarts("app")).toHaveLength(500);
  });
});

describe("a pod that is gone", () => {
  it("takes its alerts with it, and says how it went", () => {
    const words = {
      deleted: "it was deleted",
      missing: "it went away while nobody watched",
      unwatched: "Its namespace is no longer watched",
    } as const;
    for (const how of ["deleted", "missing", "unwatched"] as const) {
      const story = aStory();
      const pod = aPod({ containers: [crashLooping("app")] });
      story.see(pod);
      story.gone(pod, how);
      expect(story.told).toEqual(["PodCrashLooping: none → firing", "PodCrashLooping: firing → resolved"]);
      const { reason } = story.transitions.at(-1)!.transition;
      expect(reason).toContain(words[how]);
      expect(story.memory.histories.size).toBe(0);
    }
  });

  it("is no crash when a relist does not find it any more (14)", () => {
    const story = aStory();
    story.see(aPod());
    story.gone(aPod(), "missing");
    expect(story.told).toEqual([]);
  });

  it("is told of with what it came to last, though that was never seen (34)", () => {
    const end = ended(NOON, { reason: "OOMKilled", exitCode: 137 });
    const last = aPod({
      deletionAt: NOON,
      containers: [aContainer({ ready: false, state: { name: "terminated", ...end } })],
    });
    const story = aStory();
    story.see(aPod());
    story.gone(last);
    expect(story.told).toEqual(["ContainerOOMKilled: none → firing", "ContainerOOMKilled: firing → resolved"]);
    const { terminations } = evaluate(
      nothingKnown,
      { type: "removed", pod: last, reason: "deleted" },
      defaultPolicy,
      NOON,
    );
    expect(terminations).toEqual([{ container: "app", termination: { name: "terminated", ...end } }]);
  });

  it("is looked at again where its alert is kept firing, without being told of twice", () => {
    const policy = {
      ...defaultPolicy,
      detectors: { ...defaultPolicy.detectors, PodCrashLooping: { enabled: true, for: 0, keepFiringFor: 5 * MINUTE } },
    };
    const story = aStory({ policy });
    const looping = aPod({ containers: [crashLooping("app", { restartCount: 3 })] });
    story.see(aPod());
    story.see(looping);
    const last = { ...looping, deletionAt: story.now };
    story.gone(last);
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
    expect(story.memory.nextDeadline()).toBe(NOON + 5 * MINUTE);
    story.wait(5 * MINUTE);
    expect(story.firing()).toEqual([]);
    expect(story.memory.histories.size).toBe(0);
  });
});

describe("a detector that is switched off", () => {
  it("says nothing, and what it had said is over", () => {
    const story = aStory();
    const looping = aPod({ containers: [crashLooping("app")] });
    story.see(looping);
    story.see({ ...looping, annotations: { disable: "PodCrashLooping" } });
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("PodCrashLooping is switched off here.");
  });
});

describe("a pod that is being deleted", () => {
  it("raises nothing new, and what is told of it is over when it is gone", () => {
    const story = aStory();
    const creating = (changes: Partial<PodSnapshot>) =>
      aPod({
        phase: "Pending",
        containers: [
          aContainer({ ready: false, state: { name: "waiting", reason: "ErrImagePull", message: undefined } }),
        ],
        ...changes,
      });
    story.see(creating({ uid: "ill", name: "ill" }));
    story.see(creating({ uid: "ill", name: "ill", deletionAt: NOON }));
    story.see(creating({ uid: "new", name: "new", deletionAt: NOON }));
    expect(story.told).toEqual(["PodImagePullFailing: none → firing"]);
    story.see(
      aPod({
        uid: "ill",
        name: "ill",
        deletionAt: NOON,
        phase: "Failed",
        containers: [aContainer({ ready: false, state: { name: "terminated", ...ended(NOON) } })],
      }),
    );
    expect(story.transitions.at(-1)!.transition.reason).toBe("The pod is being deleted.");
  });
});

describe("findings that do not come from a pod", () => {
  const labels = { alertname: "NamespaceNotWatched", namespace: "shop" } as const;
  const found: Finding = {
    labels,
    severity: "critical",
    annotations: { summary: "Not watched", description: "" },
    subject: {},
  };

  function look(alert: Alert | undefined, findings: readonly Finding[], policy = defaultPolicy) {
    const open = alert === undefined || alert.state.name === "resolved" ? [] : [alert];
    return evaluateFindings({ alert: () => alert, alerts: open }, "namespace:shop", findings, policy, NOON);
  }

  it("live as those of pods do", () => {
    const first = look(undefined, [found]);
    expect(first.alerts).toMatchObject([{ labels, state: { name: "firing" }, sources: ["namespace:shop"] }]);
    expect(look(first.alerts[0], [found])).toEqual({
      alerts: [],
      forgotten: [],
      transitions: [],
      reevaluateAt: undefined,
    });
    const over = look(first.alerts[0], []);
    expect(over.transitions).toMatchObject([{ from: "firing", to: "resolved", reason: "It is no longer reported." }]);
  });

  it("count for nothing where their alert is switched off", () => {
    const detectors = { ...defaultPolicy.detectors, NamespaceNotWatched: { enabled: false, for: 0, keepFiringFor: 0 } };
    expect(look(undefined, [found], { ...defaultPolicy, detectors }).alerts).toEqual([]);
  });

  it("are over in their own words where a pod's alert is of a kind that no detector knows", () => {
    const pod = aPod();
    const firing = { ...look(undefined, [found]).alerts[0]!, sources: [pod.uid] };
    const { transitions } = evaluate(
      { ...nothingKnown, alert: () => firing, alerts: [firing] },
      { type: "updated", pod },
      defaultPolicy,
      NOON,
    );
    expect(transitions).toMatchObject([{ to: "resolved", reason: "It is no longer reported." }]);
  });
});

describe("a lack of memory without a time", () => {
  it("counts from when it was seen", () => {
    const end = ended(NOON, { reason: "OOMKilled", exitCode: 137, startedAt: undefined, finishedAt: undefined });
    const story = aStory();
    story.see(aPod({ containers: [aContainer({ ready: false, state: { name: "terminated", ...end } })] }));
    expect(story.alert("ContainerOOMKilled").state).toMatchObject({ name: "firing", activeAt: NOON });
  });
});
