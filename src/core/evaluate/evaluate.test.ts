import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import type { Alert, Finding } from "../model/alert.ts";
import type { PodSnapshot, Termination } from "../model/pod.ts";
import { defaultPolicy } from "../model/policy.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";
import { evaluate, evaluateFindings } from "./evaluate.ts";
import type { PriorState } from "./observation.ts";

const NO_PRIOR_STATE: PriorState = { pod: undefined, workload: undefined, alert: () => undefined, alerts: [] };

function ended(at: number, changes: Partial<Termination> = {}): Termination {
  return aTermination({ startedAt: at - SECOND, finishedAt: at, containerID: `run-${at}`, ...changes });
}

/** A pod with this restart count whose last restart was `ago`. */
function restarted(restartCount: number, ago: number): PodSnapshot {
  const lastTerminated = ended(NOON - ago);
  return aPod({
    createdAt: NOON - 2 * HOUR,
    containers: [running("app", { restartCount, lastTerminated, startedAt: NOON - ago + SECOND })],
  });
}

describe("a healthy pod", () => {
  it("causes no writes and no deadline", () => {
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
      const evaluation = evaluate(NO_PRIOR_STATE, { type: "updated", pod, previous: pod }, defaultPolicy, NOON);
      expect(evaluation).toEqual({
        pod: undefined,
        workload: undefined,
        alerts: [],
        forgotten: [],
        transitions: [],
        terminations: [],
        reevaluateAt: undefined,
        affected: [],
      });
    }
  });
});

describe("earlier restarts", () => {
  it("are the baseline of the first observation (1)", () => {
    const story = aStory();
    story.update(restarted(7, 10 * MINUTE), { baseline: true });
    expect(story.log).toEqual([]);
    expect(story.restarts("app")).toEqual([]);
    story.update(restarted(8, MINUTE));
    expect(story.restarts("app")).toHaveLength(1);
  });

  it.each([true, undefined])("have a start that is only a latest one when watching begins: %s", (baseline) => {
    const story = aStory();
    const pod = aPod({ containers: [crashLooping("app")] });
    story.update(pod, { ...(baseline && { baseline }) });
    story.wait(MINUTE);
    story.update(pod);
    expect(story.alert("PodCrashLooping").sinceAtLeast).toBe(baseline);
  });

  it("during downtime are counted from the stored history (17)", () => {
    const story = aStory();
    story.update(restarted(2, HOUR), { baseline: true });
    story.wait(5 * MINUTE);
    story.update(restarted(5, MINUTE), { resumedFrom: NOON });
    const restarts = story.restarts("app");
    expect(restarts).toHaveLength(3);
    expect(restarts.at(-1)).toMatchObject({ at: NOON - MINUTE, reason: "Error", inferred: true });
    expect(restarts.every(({ inferred }) => inferred)).toBe(true);
  });

  it("are all counted after a gap if the pod has no stored history, because it had none before", () => {
    const story = aStory();
    story.update(restarted(5, MINUTE), { resumedFrom: NOON - 20 * MINUTE });
    expect(story.restarts("app")).toHaveLength(5);
    expect(story.firing()).toEqual(["PodRestartingTooOften app"]);
    expect(story.alert("PodRestartingTooOften").annotations.description).toContain(
      "5 of the restart times are inferred",
    );
  });

  it("are counted after a relist (16), but not for another pod with the same name (15)", () => {
    const story = aStory();
    story.update(restarted(1, HOUR), { baseline: true });
    story.update(restarted(4, MINUTE));
    expect(story.restarts("app").map(({ inferred }) => inferred)).toEqual([true, true, false]);
    const other = { ...aPod(), uid: "another" };
    story.remove(restarted(4, MINUTE), "missing");
    story.update(other);
    expect(story.restarts("app")).toEqual([]);
  });

  it("are limited in number, whatever restartCount is", () => {
    const story = aStory();
    story.update(aPod({ containers: [running("app", { restartCount: 2_000_000_000, startedAt: NOON })] }));
    expect(story.restarts("app")).toHaveLength(500);
  });
});

describe("a removed pod", () => {
  it("resolves its alerts with the reason of the removal", () => {
    const expected = {
      deleted: "The pod was deleted.",
      missing: "Its deletion was not observed.",
      unwatched: "The namespace is no longer watched",
    } as const;
    for (const removal of ["deleted", "missing", "unwatched"] as const) {
      const story = aStory();
      const pod = aPod({ containers: [crashLooping("app")] });
      story.update(pod);
      story.remove(pod, removal);
      expect(story.log).toEqual(["PodCrashLooping: inactive → firing", "PodCrashLooping: firing → resolved"]);
      const { reason } = story.transitions.at(-1)!.transition;
      expect(reason).toContain(expected[removal]);
      expect(story.evaluator.histories.size).toBe(0);
    }
  });

  it("is not a crash when a relist no longer contains it (14)", () => {
    const story = aStory();
    story.update(aPod());
    story.remove(aPod(), "missing");
    expect(story.log).toEqual([]);
  });

  it("is evaluated with its final state, which was not observed before (34)", () => {
    const end = ended(NOON, { reason: "OOMKilled", exitCode: 137 });
    const last = aPod({
      deletionAt: NOON,
      containers: [aContainer({ ready: false, state: { name: "terminated", ...end } })],
    });
    const story = aStory();
    story.update(aPod());
    story.remove(last);
    expect(story.log).toEqual(["ContainerOOMKilled: inactive → firing", "ContainerOOMKilled: firing → resolved"]);
    const { terminations } = evaluate(
      NO_PRIOR_STATE,
      { type: "removed", pod: last, reason: "deleted" },
      defaultPolicy,
      NOON,
    );
    expect(terminations).toEqual([{ container: "app", termination: { name: "terminated", ...end } }]);
  });

  it("is evaluated again when keep_firing_for ends, without duplicate restarts", () => {
    const policy = {
      ...defaultPolicy,
      detectors: { ...defaultPolicy.detectors, PodCrashLooping: { enabled: true, for: 0, keepFiringFor: 5 * MINUTE } },
    };
    const story = aStory({ policy });
    const looping = aPod({ containers: [crashLooping("app", { restartCount: 3 })] });
    story.update(aPod());
    story.update(looping);
    const last = { ...looping, deletionAt: story.now };
    story.remove(last);
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
    expect(story.evaluator.nextDeadline()).toBe(NOON + 5 * MINUTE);
    story.wait(5 * MINUTE);
    expect(story.firing()).toEqual([]);
    expect(story.evaluator.histories.size).toBe(0);
  });
});

describe("a disabled detector", () => {
  it("resolves its alerts", () => {
    const story = aStory();
    const looping = aPod({ containers: [crashLooping("app")] });
    story.update(looping);
    story.update({ ...looping, annotations: { disable: "PodCrashLooping" } });
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("PodCrashLooping is disabled for this pod.");
  });
});

describe("a pod that is being deleted", () => {
  it("gets no new alerts and resolves open ones when its containers stop", () => {
    const story = aStory();
    const creating = (changes: Partial<PodSnapshot>) =>
      aPod({
        phase: "Pending",
        containers: [
          aContainer({ ready: false, state: { name: "waiting", reason: "ErrImagePull", message: undefined } }),
        ],
        ...changes,
      });
    story.update(creating({ uid: "failing", name: "failing" }));
    story.update(creating({ uid: "failing", name: "failing", deletionAt: NOON }));
    story.update(creating({ uid: "new", name: "new", deletionAt: NOON }));
    expect(story.log).toEqual(["PodImagePullFailing: inactive → firing"]);
    story.update(
      aPod({
        uid: "failing",
        name: "failing",
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

  function evaluateWith(alert: Alert | undefined, findings: readonly Finding[], policy = defaultPolicy) {
    const open = alert === undefined || alert.state.name === "resolved" ? [] : [alert];
    return evaluateFindings({ alert: () => alert, alerts: open }, "namespace:shop", findings, policy, NOON);
  }

  it("have the same lifecycle", () => {
    const first = evaluateWith(undefined, [found]);
    expect(first.alerts).toMatchObject([{ labels, state: { name: "firing" }, sources: ["namespace:shop"] }]);
    expect(evaluateWith(first.alerts[0], [found])).toEqual({
      alerts: [],
      forgotten: [],
      transitions: [],
      reevaluateAt: undefined,
    });
    const cleared = evaluateWith(first.alerts[0], []);
    expect(cleared.transitions).toMatchObject([
      { from: "firing", to: "resolved", reason: "The problem is no longer reported." },
    ]);
  });

  it("are ignored if their alert is disabled", () => {
    const detectors = { ...defaultPolicy.detectors, NamespaceNotWatched: { enabled: false, for: 0, keepFiringFor: 0 } };
    expect(evaluateWith(undefined, [found], { ...defaultPolicy, detectors }).alerts).toEqual([]);
  });

  it("resolve with a general reason if a pod has an alert without a pod detector", () => {
    const pod = aPod();
    const firing = { ...evaluateWith(undefined, [found]).alerts[0]!, sources: [pod.uid] };
    const { transitions } = evaluate(
      { ...NO_PRIOR_STATE, alert: () => firing, alerts: [firing] },
      { type: "updated", pod },
      defaultPolicy,
      NOON,
    );
    expect(transitions).toMatchObject([{ to: "resolved", reason: "The problem is no longer reported." }]);
  });
});

describe("an OOM kill without a time", () => {
  it("counts from the observation", () => {
    const end = ended(NOON, { reason: "OOMKilled", exitCode: 137, startedAt: undefined, finishedAt: undefined });
    const story = aStory();
    story.update(aPod({ containers: [aContainer({ ready: false, state: { name: "terminated", ...end } })] }));
    expect(story.alert("ContainerOOMKilled").state).toMatchObject({ name: "firing", activeAt: NOON });
  });
});
