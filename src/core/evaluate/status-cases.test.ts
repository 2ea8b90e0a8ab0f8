import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import type {
  ContainerSnapshot,
  ContainerState,
  PodCondition,
  PodConditions,
  PodSnapshot,
  Termination,
} from "../model/pod.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";

/** The numbered cases of docs/design/kubernetes-watch.md, "Status semantics". */

const conditions: PodConditions = aPod().conditions;

function condition(status: PodCondition["status"], since: number, rest: Partial<PodCondition> = {}): PodCondition {
  return { status, since, reason: undefined, message: undefined, ...rest };
}

function ended(changes: Partial<Termination> & { at?: number } = {}): Termination {
  const { at = NOON, ...rest } = changes;
  return aTermination({ startedAt: at - 5 * SECOND, finishedAt: at, containerID: `run-${at}`, ...rest });
}

function terminated(end: Termination): ContainerState {
  return { name: "terminated", ...end };
}

function waiting(reason: string | undefined, message?: string): ContainerState {
  return { name: "waiting", reason, message };
}

function young(changes: Partial<PodSnapshot> = {}): PodSnapshot {
  return aPod({ createdAt: NOON - MINUTE, startedAt: NOON - MINUTE, ...changes });
}

describe("65. restartCount 0 → 1 with lastState OOMKilled", () => {
  it("is one restart caused by an OOM kill", () => {
    const story = aStory();
    story.update(aPod({ containers: [running("app", { containerID: "run-0" })] }));
    story.wait(10 * SECOND);
    const end = ended({ at: story.now - SECOND, reason: "OOMKilled", exitCode: 137, containerID: "run-0" });
    story.update(
      aPod({ containers: [running("app", { restartCount: 1, containerID: "run-1", lastTerminated: end })] }),
    );
    expect(story.restarts("app")).toEqual([
      { at: end.finishedAt, reason: "OOMKilled", exitCode: 137, inferred: false, countedAt: story.now },
    ]);
    expect(story.firing()).toEqual(["ContainerOOMKilled app"]);
  });
});

describe("66. Running → terminated → CrashLoopBackOff → Running with restartCount + 1", () => {
  it("is exactly one crash and one restart, distinguished by the containerID", () => {
    const story = aStory();
    const end = ended({ containerID: "run-0" });
    const counted = { containerID: "run-0" };
    story.update(aPod({ containers: [running("app", counted)] }));
    story.update(aPod({ containers: [aContainer({ ...counted, ready: false, state: terminated(end) })] }));
    story.wait(10 * SECOND);
    const looping = crashLooping("app", { restartCount: 0, containerID: "run-0", lastTerminated: end });
    story.update(aPod({ containers: [looping] }));
    expect(story.restarts("app")).toEqual([]);
    story.wait(10 * SECOND);
    story.update(
      aPod({
        containers: [
          running("app", { restartCount: 1, containerID: "run-1", lastTerminated: end, startedAt: story.now }),
        ],
      }),
    );
    expect(story.restarts("app")).toHaveLength(1);
    const history = [...story.evaluator.histories.values()][0]!.containers.app!;
    expect(history.recentCrashes).toEqual([end.finishedAt]);
  });
});

describe("67. restartCount + 2 in one update", () => {
  it("is two restarts with one known cause", () => {
    const story = aStory();
    story.update(aPod({ containers: [running("app", { containerID: "run-0" })] }));
    story.wait(MINUTE);
    const end = ended({ at: story.now, containerID: "run-1" });
    story.update(
      aPod({ containers: [running("app", { restartCount: 2, containerID: "run-2", lastTerminated: end })] }),
    );
    expect(story.restarts("app").map(({ reason, inferred }) => [reason, inferred])).toEqual([
      [undefined, true],
      ["Error", false],
    ]);
  });

  it("knows both causes if the first termination was observed before", () => {
    const story = aStory();
    const first = ended({ at: NOON - SECOND, containerID: "run-0", exitCode: 3 });
    story.update(aPod({ containers: [aContainer({ containerID: "run-0", ready: false, state: terminated(first) })] }));
    story.wait(MINUTE);
    const second = ended({ at: story.now, containerID: "run-1" });
    story.update(
      aPod({ containers: [running("app", { restartCount: 2, containerID: "run-2", lastTerminated: second })] }),
    );
    expect(story.restarts("app").map(({ at }) => at)).toEqual([first.finishedAt, second.finishedAt]);
  });
});

describe("68. restartCount 7 → 0 with the same UID and another container", () => {
  it("treats the counter as reset and counts one restart", () => {
    const story = aStory();
    const before = crashLooping("app", { restartCount: 7, containerID: "old", lastTerminated: ended() });
    story.update(aPod({ containers: [before] }), { baseline: true });
    story.wait(MINUTE);
    story.update(aPod({ containers: [running("app", { restartCount: 0, containerID: "new", startedAt: story.now })] }));
    expect(story.restarts("app")).toHaveLength(1);
    story.wait(MINUTE);
    story.update(
      aPod({
        containers: [
          running("app", { restartCount: 1, containerID: "newer", lastTerminated: ended({ at: story.now }) }),
        ],
      }),
    );
    expect(story.restarts("app")).toHaveLength(2);
  });

  it("does not count a restart for a lower count of the same container (64)", () => {
    const story = aStory();
    const at = (restartCount: number) => aPod({ containers: [running("app", { restartCount, containerID: "same" })] });
    story.update(at(7), { baseline: true });
    story.update(at(5));
    expect(story.restarts("app")).toEqual([]);
  });
});

describe("69. another containerID, the same restartCount", () => {
  it("is one inferred restart", () => {
    const story = aStory();
    story.update(aPod({ containers: [running("app", { containerID: "run-0" })] }));
    story.wait(MINUTE);
    story.update(aPod({ containers: [running("app", { containerID: "run-1", startedAt: story.now })] }));
    expect(story.restarts("app")).toEqual([{ at: story.now, reason: undefined, exitCode: undefined, inferred: true }]);
  });
});

/** A crash loop at maximum backoff: one attempt of five seconds every five minutes. */
function attempt(story: ReturnType<typeof aStory>, count: number): void {
  const id = `run-${count}`;
  const last = ended({ at: story.now, containerID: `run-${count - 1}` });
  story.update(
    aPod({
      containers: [
        running("app", {
          restartCount: count,
          containerID: id,
          lastTerminated: last,
          startedAt: story.now,
          ready: false,
        }),
      ],
    }),
  );
  story.wait(5 * SECOND);
  const end = ended({ at: story.now, containerID: id });
  story.update(
    aPod({
      containers: [aContainer({ restartCount: count, containerID: id, state: terminated(end), lastTerminated: last })],
    }),
  );
  story.wait(10 * SECOND);
  story.update(
    aPod({ containers: [crashLooping("app", { restartCount: count, containerID: id, lastTerminated: end })] }),
  );
  story.wait(5 * MINUTE - 15 * SECOND);
}

describe("70. a crash loop at the maximum backoff of five minutes, for three hours", () => {
  it("is one open alert the whole time", () => {
    const story = aStory();
    for (let count = 1; count <= 36; count++) attempt(story, count);
    expect(story.log.filter((line) => line.startsWith("PodCrashLooping"))).toEqual([
      "PodCrashLooping: inactive → firing",
    ]);
    expect(story.firing()).toContain("PodCrashLooping app");
  });
});

describe("71. a container recovers and runs for ten minutes", () => {
  it("resolves once, without another observation", () => {
    const story = aStory();
    for (let count = 1; count <= 3; count++) attempt(story, count);
    story.update(
      aPod({
        containers: [
          running("app", {
            restartCount: 4,
            containerID: "run-4",
            lastTerminated: ended({ at: story.now, containerID: "run-3" }),
            startedAt: story.now,
          }),
        ],
      }),
    );
    const startedAt = story.now;
    story.wait(10 * MINUTE - 1);
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
    story.wait(1);
    expect(story.firing()).toEqual([]);
    const { state } = story.alert("PodCrashLooping");
    expect(state).toMatchObject({ name: "resolved", resolvedAt: startedAt + 10 * MINUTE });
    story.wait(HOUR);
    expect(story.log).toEqual(["PodCrashLooping: inactive → firing", "PodCrashLooping: firing → resolved"]);
  });
});

describe("72. ErrImagePull ↔ ImagePullBackOff", () => {
  const pulling = (reason: string, message: string) =>
    young({ phase: "Pending", containers: [aContainer({ ready: false, state: waiting(reason, message) })] });

  it("is one alert that keeps the message of the pull error", () => {
    const story = aStory();
    for (let round = 0; round < 5; round++) {
      story.update(pulling("ErrImagePull", "manifest unknown"));
      story.wait(15 * SECOND);
      story.update(pulling("ImagePullBackOff", 'Back-off pulling image "app:2"'));
      story.wait(15 * SECOND);
      story.update(pulling("ContainerCreating", ""));
      story.wait(SECOND);
    }
    expect(story.log).toEqual(["PodImagePullFailing: inactive → firing"]);
    expect(story.alert("PodImagePullFailing").annotations.description).toContain("manifest unknown");
    story.update(young({ containers: [running("app")] }));
    expect(story.firing()).toEqual([]);
  });
});

describe("73. a native sidecar restarts", () => {
  it("counts, while an init container that completes does not", () => {
    const story = aStory();
    const done = aContainer({
      name: "migrate",
      type: "init",
      ready: true,
      state: terminated(ended({ exitCode: 0, reason: "Completed", at: NOON - MINUTE })),
    });
    const proxy = (restartCount: number) =>
      running("proxy", {
        type: "sidecar",
        restartCount,
        containerID: `proxy-${restartCount}`,
        ...(restartCount > 0
          ? {
              lastTerminated: ended({
                at: story.now,
                exitCode: 0,
                reason: "Completed",
                containerID: `proxy-${restartCount - 1}`,
              }),
            }
          : {}),
      });
    for (let count = 0; count <= 5; count++) {
      story.update(aPod({ containers: [done, proxy(count), running("app")] }));
      story.wait(20 * MINUTE);
    }
    expect(story.restarts("proxy")).toHaveLength(5);
    expect(story.restarts("migrate")).toEqual([]);
    expect(story.firing()).toEqual(["PodRestartingTooOften proxy"]);
  });

  it("does not count an init container that runs again after a pod sandbox restart", () => {
    const story = aStory();
    const init = (restartCount: number, at: number) =>
      aContainer({
        name: "migrate",
        type: "init",
        restartCount,
        containerID: `init-${restartCount}`,
        state: terminated(ended({ exitCode: 0, reason: "Completed", at, containerID: `init-${restartCount}` })),
        lastTerminated:
          restartCount === 0
            ? undefined
            : ended({ exitCode: 0, reason: "Completed", at: at - MINUTE, containerID: `init-${restartCount - 1}` }),
      });
    for (let count = 0; count <= 6; count++) {
      story.update(aPod({ containers: [init(count, story.now), running("app")] }));
      story.wait(2 * MINUTE);
    }
    expect(story.log).toEqual([]);
  });
});

describe("74. restartPolicy Never with a rule that restarts on exit 42", () => {
  it("counts the restarts as planned, not as crashes", () => {
    const story = aStory();
    const pod = (restartCount: number) =>
      aPod({
        restartPolicy: "Never",
        containers: [
          running("app", {
            restartRules: [{ action: "Restart", operator: "In", exitCodes: [42] }],
            restartCount,
            containerID: `run-${restartCount}`,
            lastTerminated:
              restartCount === 0
                ? undefined
                : ended({ at: story.now, exitCode: 42, containerID: `run-${restartCount - 1}` }),
          }),
        ],
      });
    for (let count = 0; count <= 6; count++) {
      story.update(pod(count));
      story.wait(MINUTE);
    }
    expect(story.restarts("app")).toHaveLength(6);
    expect(story.restarts("app")[0]).toMatchObject({ planned: "a restart rule names exit code 42" });
    expect(story.log).toEqual([]);
  });

  it("is a crash loop when Kubernetes reports CrashLoopBackOff", () => {
    const story = aStory();
    story.update(
      aPod({
        containers: [crashLooping("app", { restartRules: [{ action: "Restart", operator: "In", exitCodes: [42] }] })],
      }),
    );
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
  });
});

describe("75. RestartAllContainers", () => {
  it("is one restart of the pod, not one per container, and the phase may return to Pending", () => {
    const story = aStory();
    const rule = condition("True", NOON, { reason: "ContainerExited", message: "Container worker exited with code 9" });
    const containers = (restartCount: number): ContainerSnapshot[] =>
      ["proxy", "worker", "metrics"].map((name) =>
        running(name, { restartCount, containerID: `${name}-${restartCount}` }),
      );
    story.update(aPod({ containers: containers(0) }));
    story.wait(10 * SECOND);
    story.update(
      aPod({
        phase: "Pending",
        conditions: { ...conditions, allContainersRestarting: rule, ready: condition("False", story.now) },
        containers: ["proxy", "worker", "metrics"].map((name) =>
          aContainer({ name, restartCount: 1, ready: false, state: waiting("ContainerCreating") }),
        ),
      }),
    );
    story.wait(10 * SECOND);
    story.update(
      aPod({
        conditions: { ...conditions, allContainersRestarting: { ...rule, status: "False" } },
        containers: containers(1),
      }),
    );
    expect(["proxy", "worker", "metrics"].map((name) => story.restarts(name).length)).toEqual([0, 1, 0]);
    expect(story.log).toEqual([]);
  });

  it("ends with the condition, and after a while even if the condition remains", () => {
    const story = aStory();
    const pod = (status: "True" | "False", since: number | undefined, restartCount: number) =>
      aPod({
        conditions: { ...conditions, allContainersRestarting: { ...condition(status, 0), since } },
        containers: ["a", "b"].map((name) => running(name, { restartCount, startedAt: story.now })),
      });
    story.update(pod("True", NOON - HOUR, 1));
    expect([story.restarts("a").length, story.restarts("b").length]).toEqual([1, 1]);
    story.update(pod("True", undefined, 2));
    expect([story.restarts("a").length, story.restarts("b").length]).toEqual([2, 1]);
    story.update(pod("False", undefined, 3));
    expect([story.restarts("a").length, story.restarts("b").length]).toEqual([3, 2]);
  });

  it("counts for the first container if the message names none, and normally much later", () => {
    const story = aStory();
    const rule = condition("False", NOON - MINUTE);
    const pod = (restartCount: number, at: number) =>
      aPod({
        conditions: { ...conditions, allContainersRestarting: rule },
        containers: ["a", "b"].map((name) =>
          running(name, { restartCount, lastTerminated: ended({ at, containerID: `${name}-${restartCount - 1}` }) }),
        ),
      });
    story.update(pod(1, NOON));
    expect([story.restarts("a").length, story.restarts("b").length]).toEqual([1, 0]);
    story.wait(HOUR);
    story.update(pod(2, story.now));
    expect([story.restarts("a").length, story.restarts("b").length]).toEqual([2, 1]);
  });
});

describe("76. a rollout", () => {
  it.each([143, 137])("does not count exit %i of a pod that is being deleted as a crash", (exitCode) => {
    const story = aStory();
    story.update(aPod({ containers: [running("app")] }));
    const deleting = aPod({
      deletionAt: NOON + 30 * SECOND,
      phase: "Failed",
      conditions: { ...conditions, ready: condition("False", NOON) },
      containers: [aContainer({ ready: false, state: terminated(ended({ exitCode })) })],
    });
    story.wait(30 * SECOND);
    story.update(deleting);
    story.wait(5 * SECOND);
    story.remove(deleting);
    expect(story.log).toEqual([]);
    expect(story.evaluator.histories.size).toBe(0);
  });
});

describe("77. ContainerStatusUnknown, 137", () => {
  const lost: Termination = {
    exitCode: 137,
    signal: undefined,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was deleted.  The container used to be Running",
    startedAt: undefined,
    finishedAt: undefined,
    containerID: undefined,
  };
  const pod = (changes: Partial<PodSnapshot>) =>
    aPod({
      ...changes,
      containers: [
        aContainer({ restartCount: 1, ready: false, state: waiting("ContainerCreating"), lastTerminated: lost }),
      ],
    });

  it("is ignored while the pod is being deleted", () => {
    const story = aStory();
    story.update(aPod());
    const deleting = aPod({
      deletionAt: NOON,
      containers: [aContainer({ ready: false, state: terminated(lost) })],
    });
    story.update(deleting);
    story.remove(deleting);
    expect(story.log).toEqual([]);
  });

  it("is a lost container otherwise, and not an OOM kill", () => {
    const story = aStory();
    story.update(aPod());
    story.update(pod({}));
    expect(story.restarts("app")).toMatchObject([{ reason: "ContainerStatusUnknown", inferred: true, at: NOON }]);
    expect(story.firing()).toEqual([]);
  });
});

describe("78. Failed, Evicted, without container statuses", () => {
  it("is an alert of the pod with the message of the kubelet", () => {
    const story = aStory();
    const evicted = aPod({
      phase: "Failed",
      reason: "Evicted",
      message: "The node was low on resource: ephemeral-storage.",
      containers: [aContainer({ state: { name: "unknown" }, ready: false })],
    });
    story.update(evicted);
    expect(story.firing()).toEqual(["PodFailed"]);
    const { annotations, labels } = story.alert("PodFailed");
    expect(annotations).toMatchObject({ reason: "Evicted", cause: "Evicted" });
    expect(annotations.description).toContain("The node was low on resource: ephemeral-storage");
    expect(labels.container).toBeUndefined();
    story.remove(evicted);
    expect(story.firing()).toEqual([]);
  });
});

describe("79. the node is lost", () => {
  it("is reported as not ready because of the node, although the containers are ready", () => {
    const story = aStory();
    const lost = aPod({
      conditions: { ...conditions, ready: condition("False", NOON) },
      containers: [running("app")],
    });
    story.update(lost);
    story.wait(15 * MINUTE);
    expect(story.firing()).toEqual(["PodNotReady"]);
    expect(story.alert("PodNotReady").annotations).toMatchObject({ cause: "NodeNotReady" });
    expect(story.alert("PodNotReady").annotations.summary).toContain("node node-1 stopped reporting");
  });
});

describe("80. the kubelet is restarted", () => {
  it("causes no alerts, not even pending ones, for pods that are not ready for 30 seconds", () => {
    const story = aStory();
    const pods = Array.from({ length: 20 }, (_, n) => `web-${n}`);
    for (const name of pods) {
      story.update(aPod({ name, conditions: { ...conditions, ready: condition("True", NOON - HOUR) } }));
    }
    for (const name of pods) {
      story.update(
        aPod({
          name,
          conditions: { ...conditions, ready: condition("False", story.now) },
          containers: [running("app", { ready: false })],
        }),
      );
    }
    story.wait(30 * SECOND);
    for (const name of pods) {
      story.update(aPod({ name, conditions: { ...conditions, ready: condition("True", story.now) } }));
    }
    story.wait(HOUR);
    expect(story.log).toEqual([]);
  });
});

describe("81. unschedulable for ten minutes", () => {
  const pod = (reason: string) =>
    aPod({
      phase: "Pending",
      node: undefined,
      conditions: {
        ...conditions,
        scheduled: condition("False", NOON, { reason, message: "0/3 nodes are available" }),
      },
      containers: [aContainer({ ready: false })],
    });

  it("fires, and resolves when the pod is scheduled", () => {
    const story = aStory();
    story.update(pod("Unschedulable"));
    story.wait(10 * MINUTE - 1);
    expect([story.firing(), story.pending()]).toEqual([[], ["PodUnschedulable"]]);
    story.wait(1);
    expect(story.firing()).toEqual(["PodUnschedulable"]);
    story.update(aPod({ conditions: { ...conditions, scheduled: condition("True", story.now) } }));
    expect(story.firing()).toEqual([]);
  });

  it("ignores a pod with a scheduling gate", () => {
    const story = aStory();
    story.update(pod("SchedulingGated"));
    story.wait(HOUR);
    expect(story.log).toEqual([]);
  });
});

describe("82. ContainerCreating for fifteen minutes", () => {
  it("fires and names the events to check", () => {
    const story = aStory();
    const creating = young({
      phase: "Pending",
      createdAt: NOON,
      startedAt: NOON,
      conditions: { ...conditions, scheduled: condition("True", NOON), ready: condition("False", NOON) },
      containers: [aContainer({ ready: false, state: waiting("ContainerCreating") })],
    });
    story.update(creating);
    story.wait(15 * MINUTE - 1);
    expect(story.firing()).toEqual([]);
    story.wait(1);
    expect(story.firing()).toEqual(["PodPendingTooLong"]);
    const { description } = story.alert("PodPendingTooLong").annotations;
    expect(description).toContain("FailedMount");
    expect(description).toContain("FailedCreatePodSandBox");
    story.update(aPod());
    expect(story.firing()).toEqual([]);
  });
});

describe("83. empty statuses", () => {
  const nothing = aContainer({ ready: false, state: { name: "unknown" } });
  it.each<[string, PodSnapshot]>([
    ["an empty waiting reason", aPod({ containers: [aContainer({ ready: false, state: waiting(undefined) })] })],
    ["a state without a member", aPod({ containers: [nothing] })],
    ["no container at all", aPod({ containers: [] })],
    ["an unknown phase", aPod({ phase: "Napping", containers: [nothing] })],
    [
      "a run without a start time",
      aPod({ containers: [aContainer({ state: { name: "running", startedAt: undefined } })] }),
    ],
    [
      "a termination without times",
      aPod({
        containers: [aContainer({ ready: false, state: terminated(ended({})) })].map((container) => ({
          ...container,
          state: { ...container.state, startedAt: undefined, finishedAt: undefined } as ContainerState,
        })),
      }),
    ],
    [
      "conditions without times",
      aPod({ conditions: { ...conditions, ready: { ...condition("Unknown", 0), since: undefined } } }),
    ],
  ])("%s causes no exception", (_, pod) => {
    const story = aStory();
    story.update(pod);
    story.wait(5 * MINUTE);
    story.update({ ...pod, resourceVersion: "2" });
    story.remove(pod);
    expect(story.firing()).toEqual([]);
  });
});

describe("84. names and messages with any UTF-8", () => {
  it("are truncated between characters and stay on one line", () => {
    const story = aStory();
    const message = `${"a".repeat(399)}😀\n\u0000${"ü".repeat(4_000)}`;
    const end = ended({ message });
    story.update(aPod({ containers: [crashLooping("app", { lastTerminated: end })] }));
    const { description } = story.alert("PodCrashLooping").annotations;
    expect(description).toMatch(/“ü{132} … ü{265}”/);
    expect(description).not.toContain("\n");
    expect(description.isWellFormed()).toBe(true);
  });
});

describe("85. a StatefulSet whose pod is replaced every two minutes", () => {
  const owner = { kind: "StatefulSet", name: "web" };
  const replica = (n: number, createdAt: number, changes: Partial<PodSnapshot> = {}) =>
    aPod({
      uid: `uid-${n}`,
      name: "web-0",
      owner,
      workload: owner,
      createdAt,
      containers: [running("web", { startedAt: createdAt })],
      ...changes,
    });

  it("is an alert of the workload, although no container restarts", () => {
    const story = aStory();
    let firedAfter = 0;
    for (let n = 0; n < 12; n++) {
      const createdAt = story.now;
      story.update(replica(n, createdAt));
      if (firedAfter === 0 && story.firing().length > 0) firedAfter = n;
      story.wait(2 * MINUTE);
      const last = replica(n, createdAt, { deletionAt: story.now });
      story.update(last);
      story.remove(last);
    }
    expect(firedAfter).toBe(5);
    expect(story.log).toEqual(["WorkloadChurning: inactive → firing"]);
    expect(story.alert("WorkloadChurning").labels).toEqual({
      alertname: "WorkloadChurning",
      namespace: "shop",
      workload: "StatefulSet/web",
    });
    story.update(replica(99, story.now));
    story.wait(HOUR);
    expect(story.firing()).toEqual([]);
    expect(story.evaluator.workloads.size).toBe(0);
  });

  it("ignores rollouts: ten replicas, each replaced once, three times in a row", () => {
    const story = aStory();
    const workload = { kind: "Deployment", name: "web" };
    let before: PodSnapshot[] = [];
    for (let revision = 0; revision < 4; revision++) {
      const replicas = Array.from({ length: 10 }, (_, n) =>
        aPod({
          uid: `${revision}-${n}`,
          name: `web-${revision}-${n}`,
          owner: { kind: "ReplicaSet", name: `web-${revision}` },
          workload,
          createdAt: story.now,
        }),
      );
      for (const pod of replicas) story.update(pod);
      for (const pod of before) story.remove({ ...pod, deletionAt: story.now });
      before = replicas;
      story.wait(5 * MINUTE);
    }
    expect(story.log).toEqual([]);
  });
});

describe("86. a Job with backoffLimit 6 that fails", () => {
  const workload = { kind: "Job", name: "import" };
  const run = (n: number, at: number, changes: Partial<PodSnapshot> = {}) =>
    aPod({
      uid: `uid-${n}`,
      name: `import-${n}`,
      owner: workload,
      workload,
      restartPolicy: "Never",
      phase: "Failed",
      createdAt: at,
      startedAt: at,
      containers: [
        aContainer({ name: "import", ready: false, state: terminated(ended({ at: at + 5 * SECOND, exitCode: 4 })) }),
      ],
      ...changes,
    });

  it("is one alert for the Job, shared by all its pods", () => {
    const story = aStory();
    for (let n = 0; n < 7; n++) {
      story.update(run(n, story.now));
      story.wait(MINUTE);
    }
    expect(story.log).toEqual(["PodFailed: inactive → firing"]);
    const { labels, sources, subject } = story.alert("PodFailed");
    expect(labels).toEqual({ alertname: "PodFailed", namespace: "shop", workload: "Job/import" });
    expect(sources).toHaveLength(7);
    expect(subject.podUid).toBe("uid-6");
    expect(subject.pod).toBe("import-6");
  });

  it("resolves when a later pod succeeds, and stays resolved while the failed pods still exist", () => {
    const story = aStory();
    const first = run(0, story.now);
    story.update(first);
    story.wait(MINUTE);
    const end = ended({ at: story.now + 5 * SECOND, exitCode: 0, reason: "Completed" });
    const success = run(1, story.now, {
      phase: "Succeeded",
      containers: [aContainer({ name: "import", state: terminated(end) })],
    });
    story.wait(5 * SECOND);
    story.update(success);
    expect(story.log).toEqual(["PodFailed: inactive → firing", "PodFailed: firing → resolved"]);
    story.remove(success);
    story.wait(HOUR);
    story.update({ ...first, resourceVersion: "2" });
    expect(story.firing()).toEqual([]);
    story.wait(MINUTE);
    story.update(run(2, story.now));
    expect(story.firing()).toEqual(["PodFailed"]);
    expect(story.alert("PodFailed").episode).toBe(2);
  });

  it("ignores old failures if a later success is already known", () => {
    const story = aStory();
    const success = run(1, NOON - MINUTE, {
      phase: "Succeeded",
      containers: [aContainer({ name: "import", state: terminated(ended({ at: NOON, exitCode: 0 })) })],
    });
    story.update(success);
    story.update(run(0, NOON - HOUR));
    expect(story.log).toEqual([]);
  });
});

describe("87. an ephemeral container exits with 1", () => {
  const debugged = aPod({
    containers: [running("app"), crashLooping("debugger", { type: "ephemeral", lastTerminated: ended() })],
  });

  it("is ignored as a debugging tool", () => {
    const story = aStory();
    story.update(debugged);
    expect(story.log).toEqual([]);
  });

  it("counts if the pod's annotation says so", () => {
    const story = aStory();
    story.update({ ...debugged, annotations: { "ephemeral-containers": "true" } });
    expect(story.firing()).toEqual(["PodCrashLooping debugger"]);
  });
});

describe("88. the image of a running pod is changed", () => {
  it("causes a planned restart and no alert", () => {
    const story = aStory();
    const pod = (image: string, restartCount: number, lastTerminated?: Termination) =>
      aPod({
        containers: [running("app", { image, restartCount, containerID: `run-${restartCount}`, lastTerminated })],
      });
    story.update(pod("app:1", 0));
    for (let n = 1; n <= 6; n++) {
      story.update(
        pod(
          `app:${n + 1}`,
          n - 1,
          n === 1 ? undefined : ended({ at: story.now - HOUR / 4, containerID: `run-${n - 2}` }),
        ),
      );
      story.wait(20 * SECOND);
      story.update(pod(`app:${n + 1}`, n, ended({ at: story.now, exitCode: 143, containerID: `run-${n - 1}` })));
      story.wait(15 * MINUTE);
    }
    expect(story.restarts("app")).toHaveLength(6);
    expect(story.restarts("app")[0]).toMatchObject({ planned: "the image of the container was changed" });
    expect(story.log).toEqual([]);
  });

  it("does not suppress later crashes", () => {
    const story = aStory();
    story.update(aPod({ containers: [running("app", { image: "app:1" })] }));
    story.update(aPod({ containers: [running("app", { image: "app:2" })] }));
    story.wait(HOUR);
    const end = ended({ at: story.now, reason: "OOMKilled", exitCode: 137 });
    story.update(aPod({ containers: [running("app", { image: "app:2", restartCount: 1, lastTerminated: end })] }));
    expect(story.restarts("app")[0]).not.toHaveProperty("planned");
  });
});
