import { describe, expect, it } from "vitest";
import { aContainer, aPod, running, terminated, waiting } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import type { ContainerSnapshot, PodCondition, PodSnapshot } from "../model/pod.ts";
import { defaultPolicy } from "../model/policy.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";

const { conditions } = aPod();
const condition = (status: PodCondition["status"], reason?: string, message?: string): PodCondition => ({
  status,
  since: NOON,
  reason,
  message,
});

function annotationsOf(name: string, pod: PodSnapshot) {
  const story = aStory();
  story.update(pod);
  story.wait(15 * MINUTE);
  expect(story.firing()).toEqual([name]);
  return story.alert(name.split(" ")[0]!).annotations;
}

const waitingFor = (name: string, changes: Partial<ContainerSnapshot> = {}) =>
  aContainer({ name, ready: false, state: waiting("ContainerCreating"), ...changes });
const pending = (changes: Partial<PodSnapshot>) =>
  aPod({ phase: "Pending", createdAt: NOON, startedAt: NOON, containers: [waitingFor("app")], ...changes });

describe("a pod without a node and without conditions", () => {
  const untouched = pending({ node: undefined, startedAt: undefined, containers: [aContainer({ ready: false })] });

  it("names the scheduler that does not report", () => {
    const { summary, description } = annotationsOf("PodUnschedulable", { ...untouched, scheduler: "batch-scheduler" });
    expect(summary).toContain("Pod checkout-0 has no node: scheduler batch-scheduler has not reported about it");
    expect(description).toContain("named batch-scheduler is running");
  });

  it("says that no scheduler reports", () => {
    const { summary, description } = annotationsOf("PodUnschedulable", untouched);
    expect(summary).toContain("Pod checkout-0 has no node: no scheduler has reported about it");
    expect(description).toContain("the scheduler of the cluster");
  });

  it.each([
    ["is being deleted", { deletionAt: NOON + HOUR }],
    ["is running", { phase: "Running" }],
    ["was accepted by a kubelet that reports no node", { startedAt: NOON }],
  ] satisfies [string, Partial<PodSnapshot>][])("does not alert when it %s", (_what, changes) => {
    const story = aStory();
    story.update({ ...untouched, ...changes });
    story.wait(9 * MINUTE);
    story.wait(20 * MINUTE);
    expect(story.log.filter((line) => line.startsWith("PodUnschedulable"))).toEqual([]);
  });
});

describe("a pod that does not start", () => {
  it.each([
    [
      "a sandbox that cannot be made",
      { conditions: { ...conditions, readyToStartContainers: condition("False") } },
      "still waiting for app (ContainerCreating)",
      "PodReadyToStartContainers is False",
    ],
    [
      "an image that is still being pulled",
      { conditions: { ...conditions, readyToStartContainers: condition("True") }, imageVolumes: ["models/small:1"] },
      "still waiting for app (ContainerCreating)",
      "an image is still being pulled: registry.example/shop/app:1, models/small:1.",
    ],
    [
      "an image of one container that is still being pulled",
      { conditions: { ...conditions, readyToStartContainers: condition("True") } },
      "still waiting for app (ContainerCreating)",
      "its volumes and its network are not the cause",
    ],
    [
      "a kubelet that does not report",
      { startedAt: undefined, containers: [aContainer({ ready: false })] },
      "still waiting for app",
      "The kubelet of node node-1 has not reported about the pod.",
    ],
    [
      "a provider that explains it",
      { reason: "ProviderFailed", message: "quota of the region exceeded" },
      "ProviderFailed: “quota of the region exceeded”",
      "node-1",
    ],
    [
      "a state that only a provider knows",
      { containers: [waitingFor("app", { state: waiting("Provisioning", "quota of the region exceeded") })] },
      "still waiting for app (Provisioning)",
      "Kubernetes reports: “quota of the region exceeded”.",
    ],
    [
      "such a state without a message",
      { containers: [waitingFor("app", { state: waiting("Provisioning") })] },
      "still waiting for app (Provisioning)",
      "The pod status names no cause.",
    ],
    ["a message without a reason", { message: "no capacity" }, "“no capacity”", "node-1"],
    ["a reason without a message", { reason: "ProviderFailed" }, "ProviderFailed", "node-1"],
    [
      "a sidecar whose startup probe fails",
      {
        containers: [
          running("proxy", { type: "sidecar", ready: false, starting: true, startupProbe: true }),
          waitingFor("app", { state: waiting("PodInitializing") }),
        ],
      },
      "its sidecar proxy has not started",
      "The startup probe of proxy has not succeeded. Waiting for it: app.",
    ],
    ["a status that names no cause", {}, "still waiting for app (ContainerCreating)", "The pod status names no cause."],
  ] satisfies [string, Partial<PodSnapshot>, string, string][])("because of %s", (_what, changes, what, details) => {
    const { summary, description } = annotationsOf("PodPendingTooLong", pending(changes));
    expect(summary).toContain(`Pod checkout-0 does not start: ${what}`);
    expect(description).toContain(details);
  });

  it.each(["CrashLoopBackOff", "ErrImagePull", "CreateContainerError"])("is not held up by %s", (reason) => {
    const off = { ...defaultPolicy.detectors.PodCrashLooping, enabled: false };
    const detectors = {
      ...defaultPolicy.detectors,
      PodCrashLooping: off,
      PodImagePullFailing: off,
      ContainerCannotStart: off,
    };
    const story = aStory({ policy: { ...defaultPolicy, detectors } });
    story.update(pending({ containers: [waitingFor("app", { state: waiting(reason) })] }));
    story.wait(HOUR);
    expect(story.firing()).toEqual([]);
  });
});

describe("a pod that is not ready", () => {
  const unready = (changes: Partial<PodSnapshot>, ready = condition("False", "ContainersNotReady")) =>
    aPod({ conditions: { ...conditions, ready }, ...changes });
  const failed = (changes: Partial<ContainerSnapshot> = {}) =>
    aContainer({
      name: "report",
      ready: false,
      state: terminated({ exitCode: 1, startedAt: NOON - SECOND, finishedAt: NOON, message: "no such month" }),
      ...changes,
    });

  it("names the container that ended, while others run", () => {
    const { summary, description } = annotationsOf(
      "PodNotReady",
      unready({ restartPolicy: "Never", containers: [failed(), running("proxy")] }),
    );
    expect(summary).toContain("not ready: report ended: exit 1 (application error)");
    expect(description).toMatch(/no such month.* report is not restarted\. Still running: proxy\./);
    const two = unready({ restartPolicy: "Never", containers: [failed(), running("a"), running("b")] });
    expect(annotationsOf("PodNotReady", two).description).toContain("Still running: a, b.");
  });

  it("names the container that ended alone, and one without a reason", () => {
    const state = terminated({ exitCode: 1, reason: undefined, finishedAt: NOON });
    const alone = unready({ restartPolicy: "Never", containers: [failed({ state })] });
    const { summary, cause } = annotationsOf("PodNotReady", alone);
    expect(summary).toContain("report ended: exit 1 (application error)");
    expect(cause).toBe("Error");
  });

  it("does not say so of a container that is restarted", () => {
    const restarted = [{ action: "Restart", operator: "In", exitCodes: [1] }];
    for (const pod of [
      unready({ restartPolicy: "OnFailure", containers: [failed()] }),
      unready({ restartPolicy: "Never", containers: [failed({ type: "sidecar" })] }),
      unready({ restartPolicy: "Never", containers: [failed({ restartRules: restarted })] }),
    ]) {
      expect(annotationsOf("PodNotReady", pod).summary).toContain("report is not ready");
    }
  });

  it("names a container that has not started", () => {
    const containers = [running("app", { ready: false, starting: true })];
    const { summary, description } = annotationsOf("PodNotReady", unready({ containers }));
    expect(summary).toContain("Pod checkout-0 is running but not ready: app has not started");
    expect(description).toContain("Check its startup probe and its postStart hook.");
  });

  it("names a readiness gate", () => {
    const message = 'corresponding condition of pod readiness gate "lb.example/attached" does not exist.';
    const { summary, description } = annotationsOf(
      "PodNotReady",
      unready({}, condition("False", "ReadinessGatesNotReady", message)),
    );
    expect(summary).toContain("readiness gate lb.example/attached is not True");
    expect(description).toContain("Check the controller that sets the condition lb.example/attached.");
  });

  it("shows what a provider says", () => {
    const { description } = annotationsOf(
      "PodNotReady",
      unready({
        reason: "ProviderFailed",
        message: "the instance is gone",
        containers: [running("app", { ready: false })],
      }),
    );
    expect(description).toContain("Reason: ProviderFailed. Kubernetes reports: “the instance is gone”.");
  });
});

describe("an image that cannot be pulled", () => {
  const pulling = (image: string, message: string, changes: Partial<PodSnapshot> = {}) =>
    pending({
      containers: [waitingFor("app", { image, state: waiting("ErrImagePull", message) })],
      ...changes,
    });
  const summaryOf = (pod: PodSnapshot) => annotationsOf("PodImagePullFailing app", pod).summary;

  it("is named, be it of the container or of an image volume", () => {
    const imageVolumes = ["models/small", "models/small:v9"];
    const ofVolume = pulling("ml/server:2", 'failed to resolve "models/small:v9": not found', { imageVolumes });
    expect(summaryOf(ofVolume)).toContain("cannot pull models/small:v9: the image or tag does not exist");
    for (const message of ['failed to pull "ml/server:2"', "no route"]) {
      expect(summaryOf(pulling("ml/server:2", message, { imageVolumes }))).toMatch(/cannot pull ml\/server:2: /);
    }
    // The image of the container contains the reference of the volume.
    expect(summaryOf(pulling("models/small:v9-server", '"models/small:v9-server"', { imageVolumes }))).toMatch(
      /cannot pull models\/small:v9-server: /,
    );
  });

  it("says in the description that it is the image of a volume", () => {
    const pod = pulling("ml/server:2", "models/small:v9: not found", { imageVolumes: ["models/small:v9"] });
    const { description } = annotationsOf("PodImagePullFailing app", pod);
    expect(description).toContain("models/small:v9 is the image of a volume of the pod.");
  });

  it("is not judged by a status that is older than the spec", () => {
    const story = aStory();
    story.update(pulling("app:2", "not found", { statusIsOutdated: true }));
    expect(story.firing()).toEqual([]);
    story.update(pulling("app:1", "not found"));
    const { summary } = story.alert("PodImagePullFailing").annotations;
    story.update(pulling("app:2", "not found", { statusIsOutdated: true }));
    expect(story.alert("PodImagePullFailing").annotations.summary).toBe(summary);
    expect(story.firing()).toEqual(["PodImagePullFailing app"]);
  });
});
