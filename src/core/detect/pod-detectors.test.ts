import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import { ALERTNAMES } from "../model/alert.ts";
import type { ContainerState, PodCondition, PodSnapshot, Termination } from "../model/pod.ts";
import { defaultPolicy } from "../model/policy.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";
import { DETECTORS } from "./detectors.ts";

const { conditions } = aPod();

function condition(status: PodCondition["status"], changes: Partial<PodCondition> = {}): PodCondition {
  return { status, since: NOON, reason: undefined, message: undefined, ...changes };
}

const waiting = (reason: string | undefined, message?: string): ContainerState => ({
  name: "waiting",
  reason,
  message,
});
const terminated = (changes: Partial<Termination> = {}): ContainerState => ({
  name: "terminated",
  ...aTermination({ startedAt: NOON - SECOND, finishedAt: NOON, ...changes }),
});

/** Pending since noon, with one container in this state. */
function pending(state: ContainerState, changes: Partial<PodSnapshot> = {}): PodSnapshot {
  return aPod({
    phase: "Pending",
    createdAt: NOON,
    startedAt: NOON,
    containers: [aContainer({ ready: false, state })],
    ...changes,
  });
}

/** What fires after this long, and why what fired is over when `after` is seen then. */
function outcome(pod: PodSnapshot, wait: number, after?: PodSnapshot) {
  const story = aStory();
  story.see(pod);
  story.wait(wait);
  const firing = story.firing();
  if (after !== undefined) story.see(after);
  return { story, firing, reason: story.transitions.at(-1)?.transition.reason };
}

describe("the list of detectors", () => {
  it("has one for every alert, and a sentence on each", () => {
    expect(DETECTORS.map(({ name }) => name).toSorted()).toEqual([...ALERTNAMES].toSorted());
    for (const { help } of DETECTORS) expect(help).toMatch(/^[A-Z].+\.$/);
  });
});

describe("PodImagePullFailing", () => {
  it.each`
    reason                         | words
    ${"ErrImagePull"}              | ${"its image cannot be pulled"}
    ${"ImagePullBackOff"}          | ${"its image cannot be pulled"}
    ${"InvalidImageName"}          | ${"is not valid"}
    ${"ErrImageNeverPull"}         | ${"must not be pulled"}
    ${"ImageInspectError"}         | ${"cannot be read on the node"}
    ${"RegistryUnavailable"}       | ${"registry of its image is not available"}
    ${"SignatureValidationFailed"} | ${"signature of its image is not valid"}
  `("says of $reason: $words", ({ reason, words }) => {
    const { story } = outcome(pending(waiting(reason)), 0);
    expect(story.firing()).toEqual(["PodImagePullFailing app"]);
    expect(story.alert("PodImagePullFailing").annotations.summary).toContain(words);
  });

  it("says what the registry's answer means, and what to do", () => {
    const { story } = outcome(pending(waiting("ErrImagePull", "manifest unknown")), 0);
    const { summary, description } = story.alert("PodImagePullFailing").annotations;
    expect(summary).toBe(
      "Container app of pod checkout-0 cannot start: its image cannot be pulled (ErrImagePull), there is no such image or tag: registry.example/shop/app:1",
    );
    expect(description).toMatch(/Kubernetes says: “manifest unknown”\. Compare the name and tag/);
  });

  it("is over when the image is there", () => {
    const { reason } = outcome(pending(waiting("ErrImagePull")), 0, aPod());
    expect(reason).toBe("The image is there.");
  });

  it("waits for as long as `for` says", () => {
    const story = aStory();
    const pod = pending(waiting("ErrImagePull"), { annotations: { "for.PodImagePullFailing": "5m" } });
    story.see(pod);
    expect([story.pending(), story.firing()]).toEqual([["PodImagePullFailing app"], []]);
    story.wait(5 * MINUTE);
    expect(story.firing()).toEqual(["PodImagePullFailing app"]);
    expect(story.transitions.at(-1)!.transition.reason).toMatch(/, for 5 min now\.$/);
  });
});

describe("ContainerCannotStart", () => {
  it.each`
    reason                          | words
    ${"CreateContainerConfigError"} | ${"ConfigMap, Secret"}
    ${"CreateContainerError"}       | ${"cannot create it"}
    ${"RunContainerError"}          | ${"cannot run it"}
    ${"PostStartHookError"}         | ${"postStart hook fails"}
    ${"CreatePodSandboxError"}      | ${"sandbox"}
    ${"VerifyNonRootError"}         | ${"as root"}
    ${"SomethingNewFailed"}         | ${"SomethingNewFailed"}
    ${"PausedBackOff"}              | ${"PausedBackOff"}
  `("fires for $reason: $words", ({ reason, words }) => {
    const { story } = outcome(pending(waiting(reason, "no such thing.")), 0);
    expect(story.firing()).toEqual(["ContainerCannotStart app"]);
    expect(story.alert("ContainerCannotStart").annotations.summary).toContain(words);
    expect(story.alert("ContainerCannotStart").annotations.summary).toContain("“no such thing”");
  });

  it("fires without a message too", () => {
    const { story } = outcome(pending(waiting("RunContainerError")), 0);
    expect(story.alert("ContainerCannotStart").annotations.description).toBe("Pod checkout-0 on node node-1.");
  });

  it.each(["SomethingElse", "ContainerCreating", undefined])("does not fire for %s", (reason) => {
    expect(outcome(pending(waiting(reason)), 0).firing).toEqual([]);
  });

  it("fires for a run that never began where there is no further one", () => {
    const once = aPod({
      restartPolicy: "Never",
      containers: [aContainer({ ready: false, state: terminated({ reason: "StartError", exitCode: 128 }) })],
    });
    expect(outcome(once, 0).firing).toEqual(["ContainerCannotStart app"]);
    expect(outcome({ ...once, restartPolicy: "Always" }, 0).firing).toEqual([]);
  });

  it("goes on between the attempts, and is over with the first run", () => {
    const story = aStory();
    const failing = { reason: "ContainerCannotRun", exitCode: 127 } as const;
    const record = aTermination({ ...failing, finishedAt: NOON });
    story.see(
      aPod({ containers: [aContainer({ ready: false, state: waiting("RunContainerError"), lastTerminated: record })] }),
    );
    story.see(aPod({ containers: [aContainer({ ready: false, state: terminated(failing) })] }));
    story.see(
      aPod({ containers: [aContainer({ ready: false, state: waiting("ContainerCreating"), lastTerminated: record })] }),
    );
    expect(story.firing()).toEqual(["ContainerCannotStart app"]);
    story.see(aPod({ containers: [running("app")] }));
    expect(story.transitions.at(-1)!.transition.reason).toBe("The container runs, or has at least been started.");
  });

  it("says nothing new of a pod that is being deleted", () => {
    expect(outcome(pending(waiting("RunContainerError"), { deletionAt: NOON + HOUR }), 0).firing).toEqual([]);
  });

  it("is over when the container ran and then crashed", () => {
    const { reason } = outcome(
      pending(waiting("CreateContainerError")),
      0,
      aPod({ containers: [aContainer({ ready: false, state: terminated() })] }),
    );
    expect(reason).toBe("The container runs, or has at least been started.");
  });
});

describe("PodCrashLooping", () => {
  it("is over with an init container that succeeds, and when the pod is over", () => {
    const init = crashLooping("migrate", { type: "init", lastTerminated: undefined, restartCount: 0 });
    const looping = pending(waiting("PodInitializing"), { containers: [init] });
    const done = aContainer({ name: "migrate", type: "init", state: terminated({ exitCode: 0, reason: "Completed" }) });
    expect(outcome(looping, 0, aPod({ containers: [done] })).reason).toContain("The container has ended");
    expect(outcome(looping, 0, aPod({ phase: "Failed", containers: [] })).reason).toContain("pod Failed");
  });

  it("says what to do about what the program said last", () => {
    const said = aTermination({ message: "touch: /data/x: Permission denied" });
    const { description } = outcome(
      aPod({ containers: [crashLooping("app", { lastTerminated: said })] }),
      0,
    ).story.alert("PodCrashLooping").annotations;
    expect(description).toContain("writable for group 0");
  });

  it("tells what it waits for in the kubelet's words where they are others than usual", () => {
    const odd = crashLooping("app", { state: waiting("CrashLoopBackOff", "resting for a while") });
    expect(outcome(aPod({ containers: [odd] }), 0).story.alert("PodCrashLooping").annotations.description).toContain(
      "Kubernetes waits before the next attempt: resting for a while.",
    );
    const silent = crashLooping("app", { state: waiting("CrashLoopBackOff"), lastTerminated: undefined });
    const { annotations } = outcome(aPod({ containers: [silent] }), 0).story.alert("PodCrashLooping");
    expect(annotations.summary).toBe("Container app of pod checkout-0 keeps crashing, 4 restarts in 1 s");
    expect(annotations.cause).toBeUndefined();
  });

  it("opens at the third crash within a quarter of an hour, also where no back-off was seen, and is cured by a long run", () => {
    const story = aStory();
    const crash = (n: number, lasted: number) => {
      story.wait(lasted);
      const end = terminated({
        containerID: `run-${n}`,
        startedAt: story.now - lasted,
        finishedAt: story.now,
        reason: undefined,
      });
      story.see(
        aPod({ containers: [aContainer({ restartCount: n, containerID: `run-${n}`, ready: false, state: end })] }),
      );
    };
    crash(0, MINUTE);
    crash(1, MINUTE);
    expect(story.firing()).toEqual([]);
    crash(2, MINUTE);
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
    crash(3, 11 * MINUTE);
    expect(story.firing()).toEqual([]);
  });
});

describe("PodRestartingTooOften", () => {
  it("is over when enough restarts have left the window", () => {
    const story = aStory();
    for (let n = 1; n <= 5; n++) {
      story.wait(10 * MINUTE);
      story.see(aPod({ containers: [running("app", { restartCount: n, startedAt: story.now })] }));
    }
    expect(story.alert("PodRestartingTooOften").annotations.summary).toBe(
      "Container app of pod checkout-0 restarts too often: 5 restarts in 40 min",
    );
    story.wait(HOUR * 4 - 41 * MINUTE);
    expect(story.firing()).toEqual(["PodRestartingTooOften app"]);
    story.wait(MINUTE);
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("Fewer than 5 restarts are left in the window.");
  });

  it("says why an init container was restarted, not that it has done its work at last", () => {
    const story = aStory();
    const endOf = (run: number) => ({ containerID: `run-${run}`, finishedAt: NOON + run * MINUTE });
    const migrate = (restartCount: number, end: Partial<Termination>, before?: Termination) =>
      aContainer({
        ...{ name: "migrate", type: "init", restartCount, ready: false, containerID: `run-${restartCount}` },
        state: terminated({ ...endOf(restartCount), ...end }),
        lastTerminated: before,
      });
    const failed = { exitCode: 3, reason: "Error" };
    for (let n = 0; n <= 5; n++) {
      const before = n === 0 ? undefined : aTermination({ ...failed, ...endOf(n - 1) });
      story.see(pending(waiting("PodInitializing"), { containers: [migrate(n, failed, before)] }));
      story.wait(MINUTE);
    }
    const before = aTermination({ ...failed, ...endOf(5) });
    const done = migrate(6, { exitCode: 0, reason: "Completed" }, before);
    story.see(pending(waiting("PodInitializing"), { containers: [done] }));
    expect(story.alert("PodRestartingTooOften").annotations).toMatchObject({
      summary: expect.stringMatching(/^Init container migrate .*: 6 restarts in 5 min, last: exit 3/),
      reason: "Error",
      exitCode: "3",
    });
  });
});

describe("ContainerOOMKilled", () => {
  it("is over when there was none for as long as it is kept firing", () => {
    const story = aStory();
    const killed = terminated({ reason: "OOMKilled", exitCode: 137, containerID: "run-0" });
    story.see(
      aPod({
        restartPolicy: "OnFailure",
        containers: [aContainer({ ready: false, state: killed, containerID: "run-0" })],
      }),
    );
    story.wait(SECOND);
    const record = aTermination({
      reason: "OOMKilled",
      exitCode: 137,
      startedAt: NOON - SECOND,
      finishedAt: NOON,
      containerID: "run-0",
    });
    story.see(
      aPod({
        containers: [
          running("app", { restartCount: 1, containerID: "run-1", lastTerminated: record, startedAt: story.now }),
        ],
      }),
    );
    story.wait(HOUR - SECOND - 1);
    expect(story.firing()).toEqual(["ContainerOOMKilled app"]);
    story.wait(1);
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("It has not run out of memory again for 60 min.");
  });

  it("tells of it though the record is gone already", () => {
    const story = aStory();
    const killed = terminated({ reason: "OOMKilled", exitCode: 137, containerID: "run-0" });
    story.see(aPod({ containers: [aContainer({ ready: false, state: killed, containerID: "run-0" })] }));
    story.see(aPod({ containers: [running("app", { restartCount: 1, containerID: "run-1", startedAt: story.now })] }));
    expect(story.alert("ContainerOOMKilled").annotations.description).toContain("Last killed 2026-01-01 12:00:00 UTC.");
    expect(story.restarts("app")).toMatchObject([{ reason: "OOMKilled", inferred: false }]);
  });

  it("is never inferred from exit code 137", () => {
    const story = aStory();
    story.see(aPod({ containers: [aContainer({ ready: false, state: terminated({ exitCode: 137 }) })] }));
    expect(story.firing()).toEqual([]);
  });
});

describe("PodUnschedulable", () => {
  const unscheduled = (changes: Partial<PodCondition>) =>
    pending(
      { name: "unknown" },
      { node: undefined, conditions: { ...conditions, scheduled: condition("False", changes) } },
    );

  it("tells what the scheduler says, or does without", () => {
    const spoken = outcome(unscheduled({ reason: "Unschedulable", message: "0/3 nodes are available." }), 10 * MINUTE);
    expect(spoken.story.alert("PodUnschedulable").annotations.description).toBe(
      "Pod checkout-0, on no node yet. The scheduler says: “0/3 nodes are available”.",
    );
    const silent = outcome(unscheduled({ since: undefined }), 10 * MINUTE);
    expect(silent.firing).toEqual(["PodUnschedulable"]);
    expect(silent.story.alert("PodUnschedulable").annotations.summary).toBe("Pod checkout-0 cannot be scheduled");
  });

  it("is over when it has a node, and no matter while the pod is being deleted", () => {
    expect(outcome(unscheduled({}), 10 * MINUTE, aPod()).reason).toBe("The pod has a node.");
    expect(outcome({ ...unscheduled({}), deletionAt: NOON + 2 * HOUR }, HOUR).firing).toEqual([]);
  });
});

describe("PodPendingTooLong", () => {
  it("names the init container that does not come to an end", () => {
    const wait = running("wait-for-db", { type: "init", ready: false, startedAt: NOON });
    const app = aContainer({ ready: false, state: waiting("PodInitializing") });
    const { firing, story } = outcome(pending(waiting(undefined), { containers: [wait, app] }), 15 * MINUTE);
    expect(firing).toEqual(["PodPendingTooLong"]);
    const { summary, description, cause } = story.alert("PodPendingTooLong").annotations;
    expect(summary).toContain("its init container wait-for-db does not come to an end");
    expect(description).toContain("wait-for-db runs since 2026-01-01 12:00:00 UTC; app wait for it.");
    expect(cause).toBe("InitContainerRunning");
  });

  it("fires where the kubelet has said nothing at all", () => {
    const { firing, story } = outcome(pending({ name: "unknown" }), 15 * MINUTE, aPod());
    expect(firing).toEqual(["PodPendingTooLong"]);
    expect(story.alert("PodPendingTooLong").annotations).toMatchObject({
      summary: "Pod checkout-0 does not start: app still waiting",
    });
    const scheduled = pending(
      { name: "unknown" },
      { node: undefined, conditions: { ...conditions, scheduled: condition("True") } },
    );
    expect(outcome(scheduled, 15 * MINUTE).firing).toEqual(["PodPendingTooLong"]);
  });

  it("does not know how long an init container without times has run", () => {
    const wait = aContainer({
      name: "wait",
      type: "init",
      ready: false,
      state: { name: "running", startedAt: undefined },
    });
    const { story } = outcome(
      pending(waiting(undefined), {
        containers: [wait, aContainer({ ready: false, state: waiting("PodInitializing") })],
      }),
      15 * MINUTE,
    );
    expect(story.alert("PodPendingTooLong").annotations.description).toContain("FailedMount");
  });

  it("does not fire without a node, when being deleted, or where another alert tells why", () => {
    expect(outcome(pending(waiting("ContainerCreating"), { node: undefined }), HOUR).firing).toEqual([]);
    expect(outcome(pending(waiting("ContainerCreating"), { deletionAt: NOON + 2 * HOUR }), HOUR).firing).toEqual([]);
    const pulling = aContainer({ name: "init", type: "init", ready: false, state: waiting("ErrImagePull") });
    const both = pending(waiting(undefined), {
      containers: [pulling, aContainer({ ready: false, state: waiting("PodInitializing") })],
    });
    expect(outcome(both, HOUR).firing).toEqual(["PodImagePullFailing init"]);
  });

  it("counts from the newest thing that is known to have happened: a sandbox that is made anew is no hour old", () => {
    const begun = {
      ...conditions,
      scheduled: condition("True", { since: NOON - HOUR }),
      ready: condition("False", { since: NOON - HOUR }),
    };
    const old = aTermination({ finishedAt: NOON - SECOND });
    const anew = pending(waiting("ContainerCreating"), {
      createdAt: NOON - HOUR,
      startedAt: NOON - HOUR,
      conditions: begun,
      containers: [
        aContainer({ ready: false, state: waiting("ContainerCreating"), lastTerminated: old }),
        aContainer({ name: "b", ready: false, state: terminated({ exitCode: 0, finishedAt: NOON - MINUTE }) }),
      ],
    });
    expect(outcome(anew, 15 * MINUTE - SECOND - 1).firing).toEqual([]);
    expect(outcome(anew, 15 * MINUTE).firing).toEqual(["PodPendingTooLong"]);
  });

  it("is over when it starts, or when something else is found to be the cause", () => {
    const long = pending(waiting("ContainerCreating"));
    expect(outcome(long, 15 * MINUTE, aPod()).reason).toBe("It was started.");
    const { story } = outcome(long, 15 * MINUTE, pending(waiting("ErrImagePull")));
    expect(story.transitions.findLast(({ transition }) => transition.to === "resolved")!.transition.reason).toContain(
      "another alert",
    );
  });
});

describe("PodNotReady", () => {
  const unready = (changes: Partial<PodSnapshot> = {}, ready: Partial<PodCondition> = {}) =>
    aPod({
      conditions: {
        ...conditions,
        ready: condition("False", {
          reason: "ContainersNotReady",
          message: "containers with unready status: [app]",
          ...ready,
        }),
      },
      containers: [running("app", { ready: false })],
      ...changes,
    });

  it("names the containers that are late", () => {
    const { story } = outcome(unready(), 15 * MINUTE);
    expect(story.alert("PodNotReady").annotations).toMatchObject({
      summary: "Pod checkout-0 runs but is not ready: app is not ready",
      reason: "ContainersNotReady",
      cause: "ContainersNotReady",
    });
    const two = unready(
      { containers: [running("a", { ready: false }), running("b", { ready: false })] },
      { since: undefined },
    );
    expect(outcome(two, 15 * MINUTE).story.alert("PodNotReady").annotations.summary).toContain("a, b are not ready");
  });

  it("tells a gate from a node that has stopped reporting", () => {
    const gate = unready({ containers: [running("app")] }, { reason: "ReadinessGatesNotReady", message: undefined });
    expect(outcome(gate, 15 * MINUTE).story.alert("PodNotReady").annotations.summary).toContain(
      "not ready: ReadinessGatesNotReady",
    );
    const node = unready(
      { node: undefined, containers: [running("app")] },
      { status: "Unknown", reason: "NodeStatusUnknown" },
    );
    expect(outcome(node, 15 * MINUTE).story.alert("PodNotReady").annotations).toMatchObject({
      cause: "NodeNotReady",
      reason: "NodeStatusUnknown",
    });
  });

  it("counts from what is known where the condition has no time", () => {
    const timeless = unready({ startedAt: NOON, createdAt: NOON }, { since: undefined });
    expect(outcome(timeless, 15 * MINUTE - 1).firing).toEqual([]);
    expect(outcome({ ...timeless, startedAt: undefined }, 15 * MINUTE).firing).toEqual(["PodNotReady"]);
  });

  it("leaves alone what has done its work beside what still runs", () => {
    const done = aContainer({ name: "ok", ready: false, state: terminated({ exitCode: 0, reason: "Completed" }) });
    const batch = unready({ restartPolicy: "OnFailure", containers: [done, running("app")] });
    expect(outcome(batch, HOUR).firing).toEqual([]);
    expect(outcome({ ...batch, containers: [done, running("app", { ready: false })] }, HOUR).firing).toEqual([
      "PodNotReady",
    ]);
  });

  it("asks neither init nor ephemeral containers, and says nothing of a pod being deleted", () => {
    const init = aContainer({ name: "init", type: "init", ready: false, state: terminated({ exitCode: 0 }) });
    const debug = running("debug", { type: "ephemeral", ready: false });
    const pod = unready({
      containers: [init, running("app", { ready: false }), debug],
      annotations: { "ephemeral-containers": "true" },
    });
    expect(outcome(pod, 15 * MINUTE).story.alert("PodNotReady").annotations.summary).toContain(": app is not ready");
    expect(outcome(unready({ deletionAt: NOON + 2 * HOUR }), HOUR).firing).toEqual([]);
  });

  it("is over when it is ready, has ended, or another alert tells why it is not", () => {
    const ready = aPod({ conditions: { ...conditions, ready: condition("True") } });
    expect(outcome(unready(), 15 * MINUTE, ready).reason).toBe("The pod is ready.");
    expect(outcome(unready(), 15 * MINUTE, aPod({ phase: "Succeeded" })).reason).toBe("The pod is Succeeded.");
    const looping = unready({ containers: [crashLooping("app")] });
    const { story } = outcome(unready(), 15 * MINUTE, looping);
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
    expect(story.transitions.findLast(({ transition }) => transition.to === "resolved")!.transition.reason).toBe(
      "Another alert tells why it is not ready.",
    );
  });
});

describe("PodFailed", () => {
  const bare = (changes: Partial<PodSnapshot> = {}) =>
    aPod({
      phase: "Failed",
      restartPolicy: "Never",
      containers: [aContainer({ ready: false, state: terminated({ exitCode: 3 }) })],
      ...changes,
    });

  it("blames the container that failed first", () => {
    const first = aContainer({
      name: "first",
      ready: false,
      state: terminated({ exitCode: 3, finishedAt: NOON - MINUTE }),
    });
    const second = aContainer({ name: "second", ready: false, state: terminated({ exitCode: 143 }) });
    const fine = aContainer({
      name: "fine",
      ready: false,
      state: terminated({ exitCode: 0, finishedAt: NOON - HOUR }),
    });
    const debug = aContainer({ name: "debug", type: "ephemeral", state: terminated({ finishedAt: NOON - HOUR }) });
    const { story } = outcome(bare({ containers: [fine, second, first, debug] }), 0);
    expect(story.alert("PodFailed").annotations).toMatchObject({ exitCode: "3", cause: "Error" });
    expect(story.alert("PodFailed").annotations.summary).toBe(
      "Pod checkout-0 has failed: container first: exit 3 (an exit code of the application)",
    );
  });

  it("can do without any record", () => {
    const { story, firing } = outcome(bare({ containers: [], startedAt: undefined, reason: "SomethingNew" }), 0);
    expect(firing).toEqual(["PodFailed"]);
    expect(story.alert("PodFailed").annotations.summary).toBe("Pod checkout-0 has failed: SomethingNew");
    const timeless = aContainer({ ready: false, state: terminated({ finishedAt: undefined, reason: undefined }) });
    const silent = bare({
      containers: [timeless, { ...timeless, name: "b" }],
      conditions: { ...conditions, ready: condition("False") },
    });
    expect(outcome(silent, 0).story.alert("PodFailed").annotations.cause).toBeUndefined();
    expect(outcome(bare({ containers: [] }), 0).story.alert("PodFailed").annotations.summary).toBe(
      "Pod checkout-0 has failed",
    );
  });

  const owner = { kind: "ReplicaSet", name: "web-7f" };
  const workload = { kind: "Deployment", name: "web" };
  const replica = (name: string, changes: Partial<PodSnapshot> = {}) =>
    aPod({ name, owner, workload, createdAt: NOON, ...changes });

  it("is over when a younger pod of the same workload is ready, within a minute", () => {
    const story = aStory();
    const evicted = replica("web-a", { phase: "Failed", reason: "Evicted", containers: [] });
    story.see(evicted);
    story.wait(10 * SECOND);
    story.see(replica("other", { createdAt: story.now, workload: { kind: "Deployment", name: "other" } }));
    story.see(replica("web-b", { createdAt: story.now }));
    story.wait(MINUTE);
    expect(story.firing()).toEqual(["PodFailed"]);
    story.see(
      replica("web-b", { createdAt: story.now - MINUTE, conditions: { ...conditions, ready: condition("True") } }),
    );
    story.wait(MINUTE);
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("Another pod has taken its place.");
    story.wait(HOUR);
    expect(story.told).toHaveLength(2);
  });

  it("is over where the pod runs after all, and says nothing of one being deleted", () => {
    const { reason } = outcome(bare(), 0, aPod());
    expect(reason).toBe("The pod is Running.");
    expect(outcome(bare({ deletionAt: NOON + HOUR }), 0).firing).toEqual([]);
  });

  it("can be judged without knowing other pods", async () => {
    const { evaluate } = await import("../evaluate/evaluate.ts");
    const known = { pod: undefined, workload: undefined, alert: () => undefined, alerts: [] };
    const pod = replica("web-a", { phase: "Failed", reason: "Evicted" });
    expect(evaluate(known, { type: "updated", pod }, defaultPolicy, NOON).alerts).toHaveLength(1);
  });
});

describe("PodStuckTerminating", () => {
  const stuck = (changes: Partial<PodSnapshot> = {}) => aPod({ deletionAt: NOON, ...changes });

  it("fires ten minutes past the grace period, and tells what still runs", () => {
    expect(outcome(stuck(), 10 * MINUTE - 1).firing).toEqual([]);
    const { firing, story } = outcome(stuck(), 10 * MINUTE);
    expect(firing).toEqual(["PodStuckTerminating"]);
    expect(story.alert("PodStuckTerminating").annotations).toMatchObject({ cause: "ContainersRunning" });
    const dead = stuck({ containers: [aContainer({ ready: false, state: terminated({ exitCode: 0 }) })] });
    expect(outcome(dead, 10 * MINUTE).story.alert("PodStuckTerminating").annotations).toMatchObject({
      cause: "Finalizers",
    });
  });

  it("does not outlast a deletion that is no more, though Kubernetes knows no such thing", () => {
    expect(outcome(stuck(), 10 * MINUTE, aPod()).reason).toBe("The pod is not to be deleted any more.");
  });

  it("is over when the pod is gone", () => {
    const { story } = outcome(stuck(), 10 * MINUTE);
    story.gone(stuck());
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("The pod is gone: it was deleted.");
  });
});

describe("WorkloadChurning", () => {
  it("does not count the pods of batch workloads, bare pods, old pods or pods that restarted", () => {
    const story = aStory();
    const owner = { kind: "StatefulSet", name: "db" };
    const kinds: Partial<PodSnapshot>[] = [
      { owner, workload: owner, restartPolicy: "Never" },
      { owner: undefined },
      { owner, workload: owner, createdAt: NOON - HOUR },
      { owner, workload: owner, containers: [running("app", { restartCount: 1, startedAt: NOON })] },
    ];
    kinds.forEach((kind, index) => {
      for (let n = 0; n < 10; n++) {
        const pod = aPod({ uid: `${index}-${n}`, name: `${index}-${n}`, createdAt: NOON, ...kind });
        story.see(pod, { baseline: true });
        story.gone({ ...pod, deletionAt: NOON });
        story.wait(SECOND);
      }
    });
    expect(story.told).toEqual([]);
    expect(story.memory.workloads.size).toBe(0);
  });

  it("is over when the pods last", () => {
    const story = aStory();
    const owner = { kind: "StatefulSet", name: "db" };
    const pod = (n: number) => aPod({ uid: `${n}`, name: "db-0", owner, workload: owner, createdAt: story.now });
    for (let n = 0; n < 5; n++) {
      const one = pod(n);
      story.see(one);
      story.wait(MINUTE);
      story.gone({ ...one, deletionAt: story.now });
    }
    story.see(pod(9));
    expect(story.firing()).toEqual(["WorkloadChurning"]);
    story.wait(2 * HOUR);
    expect(story.told).toEqual(["WorkloadChurning: none → firing", "WorkloadChurning: firing → resolved"]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("Its pods last again.");
  });
});
