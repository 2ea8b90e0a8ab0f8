import { describe, expect, it } from "vitest";
import { aContainer, aPod, aTermination, running, terminated, waiting } from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import type { ContainerState, Termination } from "../model/pod.ts";
import { MINUTE, SECOND } from "../model/time.ts";

/** A failing start is one episode, whatever the status shows between two attempts. */
function episode(reason: string, lastTerminated?: Termination) {
  const story = aStory();
  const show = (state: ContainerState, last = lastTerminated) => {
    story.wait(SECOND);
    story.update(aPod({ containers: [aContainer({ ready: false, state, ...(last && { lastTerminated: last }) })] }));
  };
  show(waiting(reason, "no"));
  expect(story.firing()).toContain("ContainerCannotStart app");
  return { story, show };
}

const runtimeAway = waiting(
  "ImageInspectError",
  'Failed to inspect image "": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd.sock: connect: no such file or directory"',
);
const backOff = waiting("CrashLoopBackOff", "back-off 10s restarting failed container");

describe("an episode of ContainerCannotStart", () => {
  it.each([
    ["a back-off", backOff],
    ["a container that is being created", waiting("ContainerCreating")],
    ["no state", { name: "unknown" }],
    ["a restart of the container runtime", runtimeAway],
    ["a record that the node lost", terminated({ reason: "ContainerStatusUnknown", exitCode: 137 })],
    ["an attempt that never ran", terminated({ reason: "StartError", exitCode: 128 })],
  ] satisfies [string, ContainerState][])("continues during %s", (_what, state) => {
    for (const reason of ["CreateContainerError", "RunContainerError", "PostStartHookError"]) {
      const { story, show } = episode(reason);
      show(state);
      show(waiting(reason, "no"));
      const own = story.log.filter((line) => line.startsWith("ContainerCannotStart"));
      expect(own).toEqual(["ContainerCannotStart: inactive → firing"]);
      expect(story.log.join()).not.toContain("PodImagePullFailing");
    }
  });

  it("continues while the kubelet stops each attempt after its postStart hook failed", () => {
    const { story, show } = episode("PostStartHookError");
    const stopped = (run: string) =>
      aTermination({ exitCode: 137, reason: "Error", containerID: run, finishedAt: story.now });
    show(backOff, stopped("run-1"));
    show({ name: "running", startedAt: story.now }, stopped("run-1"));
    story.wait(10 * SECOND);
    show(terminated({ exitCode: 143, reason: "Error", containerID: "run-2" }));
    show(backOff, stopped("run-2"));
    expect(story.firing()).toContain("ContainerCannotStart app");
  });

  it("explains the back-off after a failed postStart hook, whose exit code says nothing", () => {
    const { story, show } = episode("PostStartHookError");
    show(backOff, aTermination({ exitCode: 137, reason: "Error", containerID: "run-1", finishedAt: story.now }));
    expect(story.alert("PodCrashLooping").annotations.summary).toContain(
      "keeps crashing: exit 137 (SIGKILL), its postStart hook fails",
    );
  });

  it("ends when the container with the hook has run for a minute", () => {
    const { story, show } = episode("PostStartHookError");
    show({ name: "running", startedAt: story.now });
    story.wait(2 * MINUTE);
    expect(story.firing()).not.toContain("ContainerCannotStart app");
  });

  it("ends when the container with the hook exits by itself", () => {
    const { story, show } = episode("PostStartHookError");
    show(terminated({ exitCode: 3, reason: "Error", containerID: "run-1" }));
    expect(story.firing()).toEqual([]);
  });

  it("ends when a record shows that the container ran in between", () => {
    const { story, show } = episode("CreateContainerConfigError");
    show(backOff, aTermination({ exitCode: 1, reason: "Error", containerID: "run-1", finishedAt: story.now }));
    expect(story.firing()).toEqual(["PodCrashLooping app"]);
  });

  it("does not end because of the record of a run from before", () => {
    const earlier = aTermination({ exitCode: 1, reason: "Error", containerID: "run-0", finishedAt: NOON });
    const { story, show } = episode("CreateContainerConfigError", earlier);
    show(backOff);
    expect(story.firing()).toContain("ContainerCannotStart app");
  });
});

it("a back-off after a run without an exit code is not described as a success", () => {
  const story = aStory();
  const ended = aTermination({ exitCode: 0, reason: undefined, startedAt: undefined, finishedAt: undefined });
  story.update(aPod({ containers: [aContainer({ ready: false, state: backOff, lastTerminated: ended })] }));
  const { summary, exitCode } = story.alert("PodCrashLooping").annotations;
  expect(summary).toContain("Container app of pod checkout-0 keeps ending: no exit code was reported");
  expect(exitCode).toBeUndefined();
});

describe("an unreachable container runtime", () => {
  it("does not count as a failing image", () => {
    const story = aStory();
    story.update(aPod({ containers: [running("app")] }));
    story.update(aPod({ containers: [aContainer({ ready: false, state: runtimeAway })] }));
    expect(story.firing()).toEqual([]);
  });

  it("does not end an episode of PodImagePullFailing", () => {
    const story = aStory();
    const show = (state: ContainerState) => story.update(aPod({ containers: [aContainer({ ready: false, state })] }));
    show(waiting("ErrImagePull", "not found"));
    show(runtimeAway);
    show(waiting("ErrImagePull", "not found"));
    expect(story.log).toEqual(["PodImagePullFailing: inactive → firing"]);
  });

  it("leaves an image that cannot be inspected a failure of the image", () => {
    const story = aStory();
    story.update(
      aPod({ containers: [aContainer({ ready: false, state: waiting("ImageInspectError", "bad layer") })] }),
    );
    expect(story.firing()).toEqual(["PodImagePullFailing app"]);
  });
});
