import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, crashLooping, running } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import { ALERTNAMES } from "../model/alert.ts";
import type { ContainerSnapshot, ContainerState, PodCondition, PodSnapshot, Termination } from "../model/pod.ts";
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

/** The alerts that fire after this time, and the reason of the last transition after observing `after`. */
function outcome(pod: PodSnapshot, wait: number, after?: PodSnapshot) {
  const story = aStory();
  story.update(pod);
  story.wait(wait);
  const firing = story.firing();
  if (after !== undefined) story.update(after);
  return { story, firing, reason: story.transitions.at(-1)?.transition.reason };
}

describe("the list of detectors", () => {
  it("contains one detector for each alert, each with a help sentence", () => {
    expect(DETECTORS.map(({ name }) => name).toSorted()).toEqual([...ALERTNAMES].toSorted());
    for (const { help } of DETECTORS) expect(help).toMatch(/^[A-Z].+\.$/);
  });
});

describe("PodImagePullFailing", () => {
  it.each`
    reason                         | explanation
    ${"ErrImagePull"}              | ${"cannot pull"}
    ${"ImagePullBackOff"}          | ${"cannot pull"}
    ${"InvalidImageName"}          | ${"is not valid"}
    ${"ErrImageNeverPull"}         | ${"imagePullPolicy is Never"}
    ${"ImageInspectError"}         | ${"cannot be inspected on the node"}
    ${"RegistryUnavailable"}       | ${"registry is unavailable"}
    ${"SignatureValidationFailed"} | ${"signature is not valid"}
  `("explains $reason: $explanation", ({ reason, explanation }) => {
    const { story } = outcome(pending(waiting(reason)), 0);
    expect(story.firing()).toEqual(["PodImagePullFailing app"]);
    expect(story.alert("PodImagePullFailing").annotations.summary).toContain(explanation);
  });

  it("explains the registry's error and adds a remedy", () => {
    const { story } = outcome(pending(waiting("ErrImagePull", "manifest unknown")), 0);
    const { summary, description } = story.alert("PodImagePullFailing").annotations;
    expect(summary).toBe(
      "Container app of pod checkout-0 cannot pull shop/app:1: the image or tag does not exist, since 2026-01-01 12:00 UTC",
    );
    expect(description).toMatch(/Kubernetes reports: “manifest unknown”\. Compare the name and tag/);
  });

  it("resolves when the image is no longer a problem", () => {
    const { reason } = outcome(pending(waiting("ErrImagePull")), 0, aPod());
    expect(reason).toBe("Kubernetes no longer reports a problem with the image.");
  });

  it("fires after `for`", () => {
    const story = aStory();
    const pod = pending(waiting("ErrImagePull"), { annotations: { "for.PodImagePullFailing": "5m" } });
    story.update(pod);
    expect([story.pending(), story.firing()]).toEqual([["PodImagePullFailing app"], []]);
    story.wait(5 * MINUTE);
    expect(story.firing()).toEqual(["PodImagePullFailing app"]);
    expect(story.transitions.at(-1)!.transition.reason).toMatch(/, for at least 5 min\.$/);
  });
});

describe("ContainerCannotStart", () => {
  it.each`
    reason                          | explanation
    ${"CreateContainerConfigError"} | ${"ConfigMap or Secret"}
    ${"CreateContainerError"}       | ${"cannot create it"}
    ${"RunContainerError"}          | ${"cannot run it"}
    ${"PostStartHookError"}         | ${"postStart hook failed"}
    ${"CreatePodSandboxError"}      | ${"sandbox"}
    ${"VerifyNonRootError"}         | ${"as root"}
    ${"SomethingNewFailed"}         | ${"SomethingNewFailed"}
    ${"PausedBackOff"}              | ${"PausedBackOff"}
  `("fires for $reason: $explanation", ({ reason, explanation }) => {
    const { story } = outcome(pending(waiting(reason, "no such thing.")), 0);
    expect(story.firing()).toEqual(["ContainerCannotStart app"]);
    expect(story.alert("ContainerCannotStart").annotations.summary).toContain(explanation);
    expect(story.alert("ContainerCannotStart").annotations.description).toContain("“no such thing”");
  });

  it("fires without a message", () => {
    const { story } = outcome(pending(waiting("RunContainerError")), 0);
    expect(story.alert("ContainerCannotStart").annotations.description).toBe("Pod checkout-0 on node node-1.");
  });

  it.each(["SomethingElse", "ContainerCreating", undefined])("does not fire for %s", (reason) => {
    expect(outcome(pending(waiting(reason)), 0).firing).toEqual([]);
  });

  it("fires for a container that never ran and is not restarted", () => {
    const once = aPod({
      restartPolicy: "Never",
      containers: [aContainer({ ready: false, state: terminated({ reason: "StartError", exitCode: 128 }) })],
    });
    expect(outcome(once, 0).firing).toEqual(["ContainerCannotStart app"]);
    expect(outcome({ ...once, restartPolicy: "Always" }, 0).firing).toEqual([]);
  });

  it("keeps firing between attempts and resolves with the first run", () => {
    const story = aStory();
    const failing = { reason: "ContainerCannotRun", exitCode: 127 } as const;
    const record = aTermination({ ...failing, finishedAt: NOON });
    story.update(
      aPod({ containers: [aContainer({ ready: false, state: waiting("RunContainerError"), lastTerminated: record })] }),
    );
    story.update(aPod({ containers: [aContainer({ ready: false, state: terminated(failing) })] }));
    story.update(
      aPod({ containers: [aContainer({ ready: false, state: waiting("ContainerCreating"), lastTerminated: record })] }),
    );
    expect(story.firing()).toEqual(["ContainerCannotStart app"]);
    story.update(aPod({ containers: [running("app")] }));
    expect(story.transitions.at(-1)!.transition.reason).toBe("Kubernetes no longer reports a start error.");
  });

  it("does not fire for a pod that is being deleted", () => {
    expect(outcome(pending(waiting("RunContainerError"), { deletionAt: NOON + HOUR }), 0).firing).toEqual([]);
  });

  it("resolves when the container ran and then crashed", () => {
    const { reason } = outcome(
      pending(waiting("CreateContainerError")),
      0,
      aPod({ containers: [aContainer({ ready: false, state: terminated() })] }),
    );
    expect(reason).toBe("Kubernetes no longer reports a start error.");
  });
});

describe("PodCrashLooping", () => {
  it("resolves when an init container succeeds and when the pod finishes", () => {
    const init = crashLooping("migrate", { type: "init", lastTerminated: undefined, restartCount: 0 });
    const looping = pending(waiting("PodInitializing"), { containers: [init] });
    const done = aContainer({ name: "migrate", type: "init", state: terminated({ exitCode: 0, reason: "Completed" }) });
    expect(outcome(looping, 0, aPod({ containers: [done] })).reason).toContain("The container exited");
    expect(outcome(looping, 0, aPod({ phase: "Failed", containers: [] })).reason).toContain("pod Failed");
  });

  it("adds a remedy for a known termination message", () => {
    const last = aTermination({ message: "touch: /data/x: Permission denied" });
    const { description } = outcome(
      aPod({ containers: [crashLooping("app", { lastTerminated: last })] }),
      0,
    ).story.alert("PodCrashLooping").annotations;
    expect(description).toContain("access to the path");
  });

  it("quotes an unusual waiting message in full", () => {
    const odd = crashLooping("app", { state: waiting("CrashLoopBackOff", "resting for a while") });
    expect(outcome(aPod({ containers: [odd] }), 0).story.alert("PodCrashLooping").annotations.description).toContain(
      "Kubernetes delays the next attempt: resting for a while.",
    );
    const silent = crashLooping("app", { state: waiting("CrashLoopBackOff"), lastTerminated: undefined });
    const { annotations } = outcome(aPod({ containers: [silent] }), 0).story.alert("PodCrashLooping");
    expect(annotations.summary).toBe(
      "Container app of pod checkout-0 keeps crashing, 4 restarts in 1 s, since 2026-01-01 12:00 UTC",
    );
    expect(annotations.cause).toBeUndefined();
  });

  it("says that a container that never ran keeps failing to start", () => {
    const record = aTermination({ reason: "StartError", exitCode: 128 });
    const container = crashLooping("app", { lastTerminated: record, imageID: "sha256:1" });
    const { annotations, subject } = outcome(aPod({ containers: [container] }), 0).story.alert("PodCrashLooping");
    expect(annotations.summary).toContain("keeps failing to start: StartError, exit 128");
    expect(subject.container).toMatchObject({ imageID: "sha256:1", lastTerminated: record });
  });

  it("fires at the third crash within 15 minutes even without CrashLoopBackOff, and resolves after a long run", () => {
    const story = aStory();
    const crash = (n: number, lasted: number) => {
      story.wait(lasted);
      const end = terminated({
        containerID: `run-${n}`,
        startedAt: story.now - lasted,
        finishedAt: story.now,
        reason: undefined,
      });
      story.update(
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
  it("resolves when enough restarts have left the window", () => {
    const story = aStory();
    for (let n = 1; n <= 5; n++) {
      story.wait(10 * MINUTE);
      story.update(aPod({ containers: [running("app", { restartCount: n, startedAt: story.now })] }));
    }
    expect(story.alert("PodRestartingTooOften").annotations.summary).toBe(
      "Container app of pod checkout-0 restarts too often: 5 restarts in 40 min, since 2026-01-01 12:50 UTC",
    );
    story.wait(HOUR * 4 - 41 * MINUTE);
    expect(story.firing()).toEqual(["PodRestartingTooOften app"]);
    story.wait(MINUTE);
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("Fewer than 5 restarts within 4 h.");
  });

  it("reports why an init container restarted, not its final success", () => {
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
      story.update(pending(waiting("PodInitializing"), { containers: [migrate(n, failed, before)] }));
      story.wait(MINUTE);
    }
    const before = aTermination({ ...failed, ...endOf(5) });
    const done = migrate(6, { exitCode: 0, reason: "Completed" }, before);
    story.update(pending(waiting("PodInitializing"), { containers: [done] }));
    expect(story.alert("PodRestartingTooOften").annotations).toMatchObject({
      summary: expect.stringMatching(/^Init container migrate .*: 6 in 5 min, last: exit 3, since/),
      reason: "Error",
      exitCode: "3",
    });
  });
});

describe("ContainerOOMKilled", () => {
  it("resolves keep_firing_for after the last OOM kill", () => {
    const story = aStory();
    const killed = terminated({ reason: "OOMKilled", exitCode: 137, containerID: "run-0" });
    story.update(
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
    story.update(
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
    expect(story.transitions.at(-1)!.transition.reason).toBe("The container was not OOMKilled for 60 min.");
  });

  it("fires even if the termination record is already gone", () => {
    const story = aStory();
    const killed = terminated({ reason: "OOMKilled", exitCode: 137, containerID: "run-0" });
    story.update(aPod({ containers: [aContainer({ ready: false, state: killed, containerID: "run-0" })] }));
    story.update(
      aPod({ containers: [running("app", { restartCount: 1, containerID: "run-1", startedAt: story.now })] }),
    );
    expect(story.alert("ContainerOOMKilled").annotations.description).toContain(
      "Last OOMKilled at 2026-01-01 12:00:00 UTC.",
    );
    expect(story.restarts("app")).toMatchObject([{ reason: "OOMKilled", inferred: false }]);
  });

  it("is never inferred from exit code 137", () => {
    const story = aStory();
    story.update(aPod({ containers: [aContainer({ ready: false, state: terminated({ exitCode: 137 }) })] }));
    expect(story.firing()).toEqual([]);
  });
});

describe("PodUnschedulable", () => {
  const unscheduled = (changes: Partial<PodCondition>) =>
    pending(
      { name: "unknown" },
      { node: undefined, conditions: { ...conditions, scheduled: condition("False", changes) } },
    );

  it("quotes the scheduler's message if there is one", () => {
    const explained = outcome(
      unscheduled({ reason: "Unschedulable", message: "0/3 nodes are available." }),
      10 * MINUTE,
    );
    expect(explained.story.alert("PodUnschedulable").annotations.description).toBe(
      "Pod checkout-0, not scheduled. The scheduler reports: “0/3 nodes are available”.",
    );
    const taints = "3 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }";
    const message = `0/12 nodes are available: ${taints}, 9 Insufficient cpu. preemption: 0/12 nodes are available: 3 Preemption is not helpful for scheduling.`;
    expect(outcome(unscheduled({ message }), 10 * MINUTE).story.alert("PodUnschedulable").annotations.summary).toBe(
      "Pod checkout-0 cannot be scheduled: 9 Insufficient cpu, 3 node(s) had untolerated taint…, since 2026-01-01 12:00 UTC",
    );
    const unexplained = outcome(unscheduled({ since: undefined }), 10 * MINUTE);
    expect(unexplained.firing).toEqual(["PodUnschedulable"]);
    expect(unexplained.story.alert("PodUnschedulable").annotations.summary).toBe(
      "Pod checkout-0 cannot be scheduled, since 2026-01-01 12:00 UTC",
    );
  });

  it("resolves when the pod is scheduled, and does not fire while it is being deleted", () => {
    expect(outcome(unscheduled({}), 10 * MINUTE, aPod()).reason).toBe("The scheduler no longer reports a problem.");
    expect(outcome({ ...unscheduled({}), deletionAt: NOON + 2 * HOUR }, HOUR).firing).toEqual([]);
  });
});

describe("PodPendingTooLong", () => {
  it("names the init container that keeps running", () => {
    const wait = running("wait-for-db", { type: "init", ready: false, startedAt: NOON });
    const app = aContainer({ ready: false, state: waiting("PodInitializing") });
    const { firing, story } = outcome(pending(waiting(undefined), { containers: [wait, app] }), 15 * MINUTE);
    expect(firing).toEqual(["PodPendingTooLong"]);
    const { summary, description, cause } = story.alert("PodPendingTooLong").annotations;
    expect(summary).toContain("its init container wait-for-db is still running");
    expect(description).toContain("wait-for-db has been running since 2026-01-01 12:00:00 UTC. Waiting for it: app.");
    expect(cause).toBe("InitContainerRunning");
  });

  it("fires when the kubelet has reported nothing", () => {
    const { firing, story } = outcome(pending({ name: "unknown" }), 15 * MINUTE, aPod());
    expect(firing).toEqual(["PodPendingTooLong"]);
    expect(story.alert("PodPendingTooLong").annotations).toMatchObject({
      summary: "Pod checkout-0 does not start: still waiting for app, since 2026-01-01 12:00 UTC",
    });
    const scheduled = pending(
      { name: "unknown" },
      { node: undefined, conditions: { ...conditions, scheduled: condition("True") } },
    );
    expect(outcome(scheduled, 15 * MINUTE).firing).toEqual(["PodPendingTooLong"]);
  });

  it("does not name an init container without a start time", () => {
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

  it("does not fire before scheduling, during deletion, or together with an alert that explains it", () => {
    expect(outcome(pending(waiting("ContainerCreating"), { node: undefined }), HOUR).firing).toEqual([]);
    expect(outcome(pending(waiting("ContainerCreating"), { deletionAt: NOON + 2 * HOUR }), HOUR).firing).toEqual([]);
    const pulling = aContainer({ name: "init", type: "init", ready: false, state: waiting("ErrImagePull") });
    const both = pending(waiting(undefined), {
      containers: [pulling, aContainer({ ready: false, state: waiting("PodInitializing") })],
    });
    expect(outcome(both, HOUR).firing).toEqual(["PodImagePullFailing init"]);
  });

  it("counts from the latest timestamp in the status, such as for a recreated sandbox", () => {
    const oldConditions = {
      ...conditions,
      scheduled: condition("True", { since: NOON - HOUR }),
      ready: condition("False", { since: NOON - HOUR }),
    };
    const old = aTermination({ finishedAt: NOON - SECOND });
    const recreated = pending(waiting("ContainerCreating"), {
      createdAt: NOON - HOUR,
      startedAt: NOON - HOUR,
      conditions: oldConditions,
      containers: [
        aContainer({ ready: false, state: waiting("ContainerCreating"), lastTerminated: old }),
        aContainer({ name: "b", ready: false, state: terminated({ exitCode: 0, finishedAt: NOON - MINUTE }) }),
      ],
    });
    expect(outcome(recreated, 15 * MINUTE - SECOND - 1).firing).toEqual([]);
    expect(outcome(recreated, 15 * MINUTE).firing).toEqual(["PodPendingTooLong"]);
  });

  it("resolves when the pod starts or another alert explains it", () => {
    const long = pending(waiting("ContainerCreating"));
    expect(outcome(long, 15 * MINUTE, aPod()).reason).toBe("The pod started.");
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

  it("names the containers that are not ready", () => {
    const { story } = outcome(unready(), 15 * MINUTE);
    expect(story.alert("PodNotReady").annotations).toMatchObject({
      summary: "Pod checkout-0 is running but not ready: app is not ready, since 2026-01-01 12:00 UTC",
      reason: "ContainersNotReady",
      cause: "ContainersNotReady",
    });
    const two = unready(
      { containers: [running("a", { ready: false }), running("b", { ready: false })] },
      { since: undefined },
    );
    expect(outcome(two, 15 * MINUTE).story.alert("PodNotReady").annotations.summary).toContain("a, b are not ready");
  });

  it("distinguishes a readiness gate from a node that stopped reporting", () => {
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

  it("falls back to the start or creation time when the condition has no time", () => {
    const timeless = unready({ startedAt: NOON, createdAt: NOON }, { since: undefined });
    expect(outcome(timeless, 15 * MINUTE - 1).firing).toEqual([]);
    expect(outcome({ ...timeless, startedAt: undefined }, 15 * MINUTE).firing).toEqual(["PodNotReady"]);
  });

  it("does not fire when some containers have finished and the others are ready", () => {
    const done = aContainer({ name: "ok", ready: false, state: terminated({ exitCode: 0, reason: "Completed" }) });
    const batch = unready({ restartPolicy: "OnFailure", containers: [done, running("app")] });
    expect(outcome(batch, HOUR).firing).toEqual([]);
    expect(outcome({ ...batch, containers: [done, running("app", { ready: false })] }, HOUR).firing).toEqual([
      "PodNotReady",
    ]);
  });

  it("ignores init and ephemeral containers and pods that are being deleted", () => {
    const init = aContainer({ name: "init", type: "init", ready: false, state: terminated({ exitCode: 0 }) });
    const debug = running("debug", { type: "ephemeral", ready: false });
    const pod = unready({
      containers: [init, running("app", { ready: false }), debug],
      annotations: { "ephemeral-containers": "true" },
    });
    expect(outcome(pod, 15 * MINUTE).story.alert("PodNotReady").annotations.summary).toContain(": app is not ready");
    expect(outcome(unready({ deletionAt: NOON + 2 * HOUR }), HOUR).firing).toEqual([]);
  });

  it("resolves when the pod is ready or finished, or another alert explains it", () => {
    const ready = aPod({ conditions: { ...conditions, ready: condition("True") } });
    expect(outcome(unready(), 15 * MINUTE, ready).reason).toBe("The pod is ready.");
    expect(outcome(unready(), 15 * MINUTE, aPod({ phase: "Succeeded" })).reason).toBe("The pod is Succeeded.");
    const looping = unready({ containers: [crashLooping("app")] });
    const { story } = outcome(unready(), 15 * MINUTE, looping);
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
    expect(story.transitions.findLast(({ transition }) => transition.to === "resolved")!.transition.reason).toBe(
      "Another alert is reported instead.",
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

  it("names the container that failed first", () => {
    const first = aContainer({
      name: "first",
      ready: false,
      state: terminated({ exitCode: 3, finishedAt: NOON - MINUTE }),
    });
    const second = aContainer({ name: "second", ready: false, state: terminated({ exitCode: 143 }) });
    const fine = aContainer({
      name: "fine",
      ready: false,
      state: terminated({ exitCode: 0, reason: "Completed", finishedAt: NOON - HOUR }),
    });
    const debug = aContainer({ name: "debug", type: "ephemeral", state: terminated({ finishedAt: NOON - HOUR }) });
    const { story } = outcome(bare({ containers: [fine, second, first, debug] }), 0);
    expect(story.alert("PodFailed").annotations).toMatchObject({ exitCode: "3", cause: "Error" });
    expect(story.alert("PodFailed").annotations.summary).toBe(
      "Pod checkout-0 failed: container first: exit 3 (an exit code of the application), since 2026-01-01 12:00 UTC",
    );
  });

  it("names a container whose exit code was not reported, unless another one explains the failure", () => {
    const unknown = { exitCode: 0, reason: undefined, finishedAt: undefined, message: "no license" };
    const silent = aContainer({ name: "silent", ready: false, state: terminated(unknown) });
    const summaryOf = (...containers: ContainerSnapshot[]) => {
      const { annotations } = outcome(bare({ containers }), 0).story.alert("PodFailed");
      expect(annotations.exitCode).toBe(containers.length === 1 ? undefined : "3");
      return annotations.summary;
    };
    expect(summaryOf(silent)).toContain("failed: container silent: no exit code was reported");
    const failed = aContainer({ name: "app", ready: false, state: terminated({ exitCode: 3, finishedAt: undefined }) });
    expect(summaryOf(silent, failed)).toContain("failed: container app: exit 3");
    const init = aContainer({ ...silent, name: "init", type: "init" });
    expect(outcome(bare({ containers: [init] }), 0).story.alert("PodFailed").annotations.summary).not.toContain("init");
  });

  it("describes the exit briefly where the rest does not fit", () => {
    const containers = [aContainer({ name: "exporter", ready: false, state: terminated({ exitCode: 2 }) })];
    const { story } = outcome(bare({ name: "reports-for-all-customers-0", containers }), 0);
    expect(story.alert("PodFailed").annotations.summary).toContain("failed: container exporter: exit 2, since");
  });

  it("fires without a termination record", () => {
    const { story, firing } = outcome(bare({ containers: [], startedAt: undefined, reason: "SomethingNew" }), 0);
    expect(firing).toEqual(["PodFailed"]);
    expect(story.alert("PodFailed").annotations.summary).toBe(
      "Pod checkout-0 failed: SomethingNew, since 2025-12-31 12:00 UTC",
    );
    const timeless = aContainer({ ready: false, state: terminated({ finishedAt: undefined, reason: undefined }) });
    const silent = bare({
      containers: [timeless, { ...timeless, name: "b" }],
      conditions: { ...conditions, ready: condition("False") },
    });
    expect(outcome(silent, 0).story.alert("PodFailed").annotations.cause).toBeUndefined();
    expect(outcome(bare({ containers: [] }), 0).story.alert("PodFailed").annotations.summary).toBe(
      "Pod checkout-0 failed, since 2025-12-31 12:00 UTC",
    );
  });

  const owner = { kind: "ReplicaSet", name: "web-7f" };
  const workload = { kind: "Deployment", name: "web" };
  const replica = (name: string, changes: Partial<PodSnapshot> = {}) =>
    aPod({ name, owner, workload, createdAt: NOON, ...changes });

  it("resolves within a minute after a newer pod of the same workload is ready", () => {
    const story = aStory();
    const evicted = replica("web-a", { phase: "Failed", reason: "Evicted", containers: [] });
    story.update(evicted);
    story.wait(10 * SECOND);
    story.update(replica("other", { createdAt: story.now, workload: { kind: "Deployment", name: "other" } }));
    story.update(replica("web-b", { createdAt: story.now }));
    story.wait(MINUTE);
    expect(story.firing()).toEqual(["PodFailed"]);
    story.update(
      replica("web-b", { createdAt: story.now - MINUTE, conditions: { ...conditions, ready: condition("True") } }),
    );
    story.wait(MINUTE);
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("Pod web-b took its place.");
    story.wait(HOUR);
    expect(story.log).toHaveLength(2);
  });

  it("resolves when the pod runs after all, and does not fire during deletion", () => {
    const { reason } = outcome(bare(), 0, aPod());
    expect(reason).toBe("The pod is Running.");
    expect(outcome(bare({ deletionAt: NOON + HOUR }), 0).firing).toEqual([]);
  });

  it("is evaluated without siblings", async () => {
    const { evaluate } = await import("../evaluate/evaluate.ts");
    const prior = { pod: undefined, workload: undefined, alert: () => undefined, alerts: [] };
    const pod = replica("web-a", { phase: "Failed", reason: "Evicted" });
    expect(evaluate(prior, { type: "updated", pod }, defaultPolicy, NOON).alerts).toHaveLength(1);
  });
});

describe("PodStuckTerminating", () => {
  const stuck = (changes: Partial<PodSnapshot> = {}) => aPod({ deletionAt: NOON, ...changes });

  it("fires ten minutes after the grace period and names running containers", () => {
    expect(outcome(stuck(), 10 * MINUTE - 1).firing).toEqual([]);
    const { firing, story } = outcome(stuck(), 10 * MINUTE);
    expect(firing).toEqual(["PodStuckTerminating"]);
    expect(story.alert("PodStuckTerminating").annotations).toMatchObject({ cause: "ContainersRunning" });
    const dead = stuck({ containers: [aContainer({ ready: false, state: terminated({ exitCode: 0 }) })] });
    expect(outcome(dead, 10 * MINUTE).story.alert("PodStuckTerminating").annotations).toMatchObject({
      cause: "NoContainersRunning",
    });
  });

  it("names the node if it stopped reporting: its kubelet cannot end the pod", () => {
    const conditions = { ...aPod().conditions, ready: condition("False", { reason: undefined, message: undefined }) };
    const lost = stuck({ conditions, containers: [running("app")] });
    expect(outcome(lost, 10 * MINUTE).story.alert("PodStuckTerminating").annotations).toMatchObject({
      summary: expect.stringContaining("is still terminating: its node node-1 stopped reporting, since"),
      cause: "NodeNotReady",
    });
    const others = [
      { conditions, containers: [running("app", { ready: false })] },
      { conditions, containers: [running("app")], node: undefined },
      { conditions, containers: [] },
      { conditions: { ...conditions, ready: condition("True") }, containers: [running("app")] },
      { conditions: { ...conditions, ready: condition("False", { reason: "ContainersNotReady" }) } },
      { conditions: { ...conditions, ready: undefined } },
    ];
    for (const changes of others) {
      const { cause } = outcome(stuck(changes), 10 * MINUTE).story.alert("PodStuckTerminating").annotations;
      expect(cause).not.toBe("NodeNotReady");
    }
  });

  it("resolves when the deletion is no longer requested", () => {
    expect(outcome(stuck(), 10 * MINUTE, aPod()).reason).toBe("The pod is no longer being deleted.");
  });

  it("resolves when the pod is removed", () => {
    const { story } = outcome(stuck(), 10 * MINUTE);
    story.remove(stuck());
    expect(story.firing()).toEqual([]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("The pod was deleted.");
  });
});

describe("WorkloadChurning", () => {
  it("ignores batch workloads, pods without a controller, old pods and pods that restarted", () => {
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
        story.update(pod, { baseline: true });
        story.remove({ ...pod, deletionAt: NOON });
        story.wait(SECOND);
      }
    });
    expect(story.log).toEqual([]);
    expect(story.evaluator.workloads.size).toBe(0);
  });

  it("resolves when the pods are stable", () => {
    const story = aStory();
    const owner = { kind: "StatefulSet", name: "db" };
    const pod = (n: number) => aPod({ uid: `${n}`, name: "db-0", owner, workload: owner, createdAt: story.now });
    for (let n = 0; n < 5; n++) {
      const one = pod(n);
      story.update(one);
      story.wait(MINUTE);
      story.remove({ ...one, deletionAt: story.now });
    }
    story.update(pod(9));
    expect(story.firing()).toEqual(["WorkloadChurning"]);
    story.wait(2 * HOUR);
    expect(story.log).toEqual(["WorkloadChurning: inactive → firing", "WorkloadChurning: firing → resolved"]);
    expect(story.transitions.at(-1)!.transition.reason).toBe("Its pods are stable again.");
  });
});
