import { describe, expect, it } from "vitest";
import {
  aContainer,
  aPod,
  aTermination,
  crashLooping,
  running,
  terminated,
  waiting,
} from "../../../test/support/pods.ts";
import { aStory, NOON } from "../../../test/support/story.ts";
import type { Alert, Alertname, KeyEvent, KeyEvidence } from "../model/alert.ts";
import type { ContainerSnapshot, PodCondition, PodSnapshot } from "../model/pod.ts";
import { HOUR, MINUTE, SECOND } from "../model/time.ts";
import { keyEvents } from "./key-evidence.ts";

const POD = aPod({ createdAt: NOON, startedAt: NOON });
const evidence = (changes: Partial<KeyEvidence> = {}): KeyEvidence => ({
  podUid: POD.uid,
  events: [],
  finalizers: [],
  ...changes,
});
const event = (reason: string, message: string, changes: Partial<KeyEvent> = {}): KeyEvent => ({
  reason,
  message,
  count: 1,
  at: NOON + MINUTE,
  ...changes,
});
const unhealthy = (message: string, changes: Partial<KeyEvent> = {}) =>
  event("Unhealthy", message, { container: "app", count: 12, ...changes });

/** The texts of the alert after its evidence was added. */
function described(name: Alertname, pod: PodSnapshot, found: KeyEvidence, wait = HOUR): Alert["annotations"] {
  const story = aStory();
  story.update(pod);
  story.wait(wait);
  const before = story.alert(name);
  (story.evaluator.alerts as Map<string, Alert>).set(before.fingerprint, { ...before, evidence: found });
  story.update(pod);
  const after = story.alert(name);
  expect(after.evidence).toBe(found);
  expect(after.annotations.cause).toBe(before.annotations.cause);
  expect([...after.annotations.summary].length).toBeLessThanOrEqual(120);
  return after.annotations;
}

describe("the key events", () => {
  const about = (changes: object = {}) => ({ kind: "Pod", uid: POD.uid, ...changes });

  it("are those of this pod: not of an earlier one with its name, of another object, or about routine", () => {
    const found = keyEvents(
      [
        { reason: "FailedMount", message: "mine", involvedObject: about() },
        { reason: "FailedMount", message: "earlier", involvedObject: about({ uid: "an-earlier-uid" }) },
        { reason: "FailedMount", message: "nobody's" },
        { reason: "Created", message: "Created container: app", involvedObject: about() },
        { message: "without a reason", involvedObject: about() },
      ],
      POD.uid,
    );
    expect(found).toEqual([{ reason: "FailedMount", message: "mine", count: 1, at: 0 }]);
  });

  it("name the container by their fieldPath, whatever its kind", () => {
    const paths = [
      "spec.containers{app}",
      "spec.initContainers{init}",
      "spec.ephemeralContainers{debug}",
      "spec",
      undefined,
    ];
    const events = paths.map((fieldPath) => ({ reason: "Unhealthy", involvedObject: about({ fieldPath }) }));
    expect(keyEvents(events, POD.uid).map(({ container }) => container)).toEqual([
      "app",
      "init",
      "debug",
      undefined,
      undefined,
    ]);
  });

  it("are aggregated: the count and the last time of an event, a series, or events.k8s.io", () => {
    const at = (minute: number) => new Date(NOON + minute * MINUTE).toISOString();
    const events = [
      { reason: "FailedMount", note: "single", regarding: about(), eventTime: at(1), lastTimestamp: null, count: null },
      {
        reason: "FailedMount",
        message: "counted",
        involvedObject: about(),
        count: 7,
        firstTimestamp: at(0),
        lastTimestamp: at(3),
      },
      {
        reason: "FailedMount",
        message: "series",
        involvedObject: about(),
        series: { count: 30, lastObservedTime: at(2) },
        eventTime: at(0),
        lastTimestamp: null,
      },
    ];
    expect(
      keyEvents(events, POD.uid).map(({ message, count, at: last }) => [message, count, (last - NOON) / MINUTE]),
    ).toEqual([
      ["counted", 7, 3],
      ["series", 30, 2],
      ["single", 1, 1],
    ]);
  });
});

describe("a pod that does not start", () => {
  const starting = (changes: Partial<PodSnapshot> = {}): PodSnapshot =>
    aPod({
      phase: "Pending",
      createdAt: NOON,
      startedAt: NOON,
      containers: [aContainer({ ready: false, state: waiting("ContainerCreating") })],
      ...changes,
    });
  const pendingWith = (...events: readonly KeyEvent[]) =>
    described("PodPendingTooLong", starting(), evidence({ events }));

  it.each([
    [
      "FailedMount",
      'MountVolume.SetUp failed for volume "settings" : configmap "shop-settings" not found',
      'volume settings cannot be mounted: “configmap "shop-settings" not found”',
    ],
    [
      "FailedAttachVolume",
      'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-0',
      "a volume cannot be attached: “Multi-Attach error for volume",
    ],
    [
      "FailedCreatePodSandBox",
      'Failed to create pod sandbox: rpc error: code = Unknown desc = plugin type="calico" failed (add): no IP left',
      'its sandbox cannot be created: “plugin type="calico" failed (add)',
    ],
    [
      "NetworkNotReady",
      "network is not ready: container runtime network not ready: NetworkReady=false",
      "the network of its node is not ready: “container runtime",
    ],
  ])("names the obstacle of its event: %s", (reason, message, expected) => {
    const { summary, description } = pendingWith(event(reason, message, { count: 9 }));
    expect(summary).toContain(expected);
    expect(description).toContain(`Event ${reason} (9 times, last at 2026-01-01 12:01:00 UTC): “`);
  });

  it("prefers the volume that fails to a timeout while waiting for all of them", () => {
    const timeout = event("FailedMount", "Unable to attach or mount volumes: unmounted volumes=[data]: timed out", {
      at: NOON + HOUR,
    });
    const failure = event("FailedMount", 'MountVolume.SetUp failed for volume "data" : secret "tls" not found');
    expect(pendingWith(timeout, failure).summary).toContain('volume data cannot be mounted: “secret "tls" not found”');
    expect(pendingWith(timeout).summary).toContain("a volume cannot be mounted: “Unable to attach");
  });

  it("names an image that is still being pulled, not one that has been", () => {
    const pulling = event("Pulling", 'Pulling image "registry.example/big:1"', { container: "app" });
    expect(pendingWith(pulling).summary).toContain("the image registry.example/big:1 of app is still being pulled");
    expect(pendingWith({ ...pulling, message: "" }).summary).toContain("the image of app is still being pulled");
    const pulled = event("Pulled", "Successfully pulled image", { container: "app", at: NOON + 2 * MINUTE });
    expect(pendingWith(pulled, pulling).summary).toContain("still waiting for app (ContainerCreating)");
    expect(pendingWith({ ...pulling, container: "another" }).summary).toContain("still waiting for app");
  });

  it("does not blame a volume once its sandbox is ready", () => {
    const conditions = { ...POD.conditions, readyToStartContainers: condition("True") };
    const failure = event("FailedMount", 'MountVolume.SetUp failed for volume "data" : not found');
    const { summary } = described("PodPendingTooLong", starting({ conditions }), evidence({ events: [failure] }));
    expect(summary).toContain("still waiting for app");
  });

  it("names the startup probe of a sidecar", () => {
    const sidecar = running("proxy", { type: "sidecar", ready: false, starting: true, startupProbe: true });
    const pod = starting({ containers: [sidecar, aContainer({ ready: false, state: waiting("PodInitializing") })] });
    const probe = unhealthy("Startup probe failed: connection refused", { container: "proxy" });
    const { summary, description } = described("PodPendingTooLong", pod, evidence({ events: [probe] }));
    expect(summary).toContain("does not start: the startup probe of proxy fails: “connection refused”");
    expect(description).toContain("Event Unhealthy (12 times");
  });
});

function condition(status: PodCondition["status"], changes: Partial<PodCondition> = {}): PodCondition {
  return { status, since: NOON, reason: undefined, message: undefined, ...changes };
}

describe("a pod that is not ready", () => {
  const unready = (containers: readonly ContainerSnapshot[], changes: Partial<PodCondition> = {}) =>
    aPod({
      createdAt: NOON,
      startedAt: NOON,
      conditions: { ...POD.conditions, ready: condition("False", { reason: "ContainersNotReady", ...changes }) },
      containers,
    });
  const app = running("app", { ready: false });

  it("names the probe that fails and its answer", () => {
    const events = [unhealthy("Readiness probe failed: HTTP probe failed with statuscode: 503")];
    const { summary, description } = described("PodNotReady", unready([app]), evidence({ events }));
    expect(summary).toContain("not ready: readiness probe of app fails: “HTTP 503”");
    expect(description).toContain("Event Unhealthy (12 times, last at 2026-01-01 12:01:00 UTC)");
  });

  it("names one probe, and the other containers that are not ready", () => {
    const other = running("proxy", { ready: false });
    const events = [
      unhealthy("Readiness probe errored and resulted in unknown state: timed out", { container: "proxy" }),
    ];
    const { summary, description } = described("PodNotReady", unready([app, other]), evidence({ events }));
    expect(summary).toContain("readiness probe of proxy fails: “timed out”");
    expect(description).toContain("Not ready: app, proxy.");
  });

  it("names the startup probe of a container that has not started", () => {
    const starting = running("app", { ready: false, starting: true, startupProbe: true });
    const events = [unhealthy("Readiness probe failed: x"), unhealthy("Startup probe failed: ")];
    const { summary } = described("PodNotReady", unready([starting]), evidence({ events }));
    expect(summary).toContain("not ready: startup probe of app fails, since");
  });

  it("ignores the probes of other containers, other kinds, and of a pod with another UID", () => {
    const plain = "is running but not ready: app is not ready";
    for (const found of [
      evidence({ events: [unhealthy("Readiness probe failed: x", { container: "proxy" })] }),
      evidence({ events: [unhealthy("Liveness probe failed: x"), unhealthy("not a probe")] }),
      evidence({ podUid: "an earlier pod", events: [unhealthy("Readiness probe failed: x")] }),
    ]) {
      expect(described("PodNotReady", unready([app]), found).summary).toContain(plain);
    }
  });

  it("quotes the event of the node controller when the node stopped reporting", () => {
    const pod = unready([running("app")], { reason: undefined });
    const { description } = described(
      "PodNotReady",
      pod,
      evidence({ events: [event("NodeNotReady", "Node is not ready")] }),
    );
    expect(description).toContain("Event NodeNotReady (at 2026-01-01 12:01:00 UTC): “Node is not ready”.");
  });
});

it("a pod that no scheduler reported about in its status has the scheduler's event", () => {
  const message = "0/3 nodes are available: 3 Insufficient cpu.";
  const unscheduled = (changes: Partial<PodSnapshot>) =>
    aPod({
      phase: "Pending",
      createdAt: NOON,
      node: undefined,
      startedAt: undefined,
      containers: [aContainer({ ready: false, state: { name: "unknown" } })],
      ...changes,
    });
  const found = evidence({ events: [event("FailedScheduling", message)] });
  const untouched = unscheduled({ conditions: { ...POD.conditions, scheduled: undefined, ready: undefined } });
  expect(described("PodUnschedulable", untouched, found).summary).toContain(
    "cannot be scheduled: “0/3 nodes are available",
  );
  const silent = unscheduled({
    conditions: { ...POD.conditions, scheduled: condition("False", { reason: "Unschedulable" }) },
  });
  expect(described("PodUnschedulable", silent, found).summary).toContain(
    "cannot be scheduled: “0/3 nodes are available",
  );
});

it("a failed postStart hook is explained by its event, not by that of another container", () => {
  const pod = aPod({
    containers: [aContainer({ ready: false, state: waiting("PostStartHookError", "PostStartHookError") })],
  });
  const failure = (container: string) =>
    evidence({
      events: [event("FailedPostStartHook", "command 'migrate' exited with 3: no such table", { container })],
    });
  expect(described("ContainerCannotStart", pod, failure("app"), 0).description).toContain(
    "exited with 3: no such table",
  );
  expect(described("ContainerCannotStart", pod, failure("other"), 0).description).not.toContain("exited with 3");
  const silent = aPod({ containers: [aContainer({ ready: false, state: waiting("PostStartHookError") })] });
  expect(described("ContainerCannotStart", silent, failure("app"), 0).description).toContain("exited with 3");
});

describe("a pod that is stuck terminating", () => {
  const dead = aPod({
    deletionAt: NOON,
    containers: [aContainer({ ready: false, state: terminated({ exitCode: 0 }) })],
  });

  it("names its finalizers when no container runs", () => {
    const one = described("PodStuckTerminating", dead, evidence({ finalizers: ["example.com/hold"] }));
    expect(one.summary).toContain("still terminating because of its finalizer example.com/hold");
    expect(one.description).toContain("until finalizer example.com/hold is removed. Check the controller that set it.");
    const killing = event("FailedKillPod", "error killing pod: timed out");
    const two = described(
      "PodStuckTerminating",
      dead,
      evidence({ finalizers: ["a.io/x", "b.io/y"], events: [killing] }),
    );
    expect(two.summary).toContain("because of its finalizers a.io/x, b.io/y");
    expect(two.description).toContain("Event FailedKillPod");
  });

  it("names what still runs before a finalizer, and why it cannot be ended", () => {
    const pod = aPod({ deletionAt: NOON, containers: [running("app")] });
    const killing = event("FailedKillPod", "error killing pod: timed out");
    const { summary, description } = described(
      "PodStuckTerminating",
      pod,
      evidence({ finalizers: ["a.io/x"], events: [killing] }),
    );
    expect(summary).not.toContain("a.io/x");
    expect(description).toContain("“error killing pod: timed out”. Still running according to its status: app.");
  });
});

describe("a container that keeps crashing", () => {
  const last = aTermination({
    exitCode: 1,
    reason: "Error",
    message: undefined,
    startedAt: NOON - MINUTE,
    finishedAt: NOON,
  });
  const crashing = (changes: object = {}) =>
    aPod({ containers: [crashLooping("app", { lastTerminated: { ...last, ...changes } })] });
  const run = { exitCode: 1, finishedAt: NOON };
  const log = ["starting", "FATAL: dial tcp 10.0.0.7:5432: connect: connection refused"];

  it("quotes the end of its log where there is no termination message, and explains it", () => {
    const { summary, description } = described("PodCrashLooping", crashing(), evidence({ run, log }), 0);
    expect(summary).toContain("keeps crashing: exit 1, it cannot reach a dependency");
    expect(description).toContain(
      "Its log ends with: “starting / FATAL: dial tcp 10.0.0.7:5432: connect: connection refused”.",
    );
    expect(description).toContain("Check that the dependency is running");
  });

  it("says which run the log is of when there were more since", () => {
    const later = evidence({ run: { ...run, finishedAt: NOON - HOUR }, log });
    expect(described("PodCrashLooping", crashing(), later, 0).description).toContain(
      "The log of the run until 2026-01-01 11:00:00 UTC ends with: “",
    );
    const { finishedAt: _, ...timeless } = run;
    expect(described("PodCrashLooping", crashing(), evidence({ run: timeless, log }), 0).description).toContain(
      "Its log ends",
    );
  });

  it("does not quote the log of a run that ended in another way, an empty one, or next to a termination message", () => {
    for (const [pod, found] of [
      [crashing({ exitCode: 2 }), evidence({ run, log })],
      [crashing(), evidence({ run, log: [] })],
      [crashing(), evidence({ run })],
      [crashing({ message: "no license" }), evidence({ run, log })],
    ] as const) {
      expect(described("PodCrashLooping", pod, found, 0).description).not.toMatch(/log .*ends with/i);
    }
  });

  it("names the liveness probe because of which it was killed", () => {
    const killed = { exitCode: 137, finishedAt: NOON };
    const events = [unhealthy("Liveness probe failed: context deadline exceeded", { at: NOON - 30 * SECOND })];
    const { summary, description } = described(
      "PodCrashLooping",
      crashing(killed),
      evidence({ run: killed, events }),
      0,
    );
    expect(summary).toContain("keeps crashing: exit 137 (SIGKILL), its liveness probe fails");
    expect(description).toContain("Event Unhealthy (12 times, last at 2026-01-01 11:59:30 UTC)");
  });

  it.each<[string, { exitCode: number; reason?: string }, number, number | undefined]>([
    ["was out of memory", { exitCode: 137, reason: "OOMKilled" }, NOON, 137],
    ["exited by itself", { exitCode: 1 }, NOON, 1],
    ["was killed long after the probe failed", { exitCode: 137 }, NOON - HOUR, 137],
    ["ended in another way than the run of the evidence", { exitCode: 143 }, NOON, 137],
    ["has no evidence of a run", { exitCode: 137 }, NOON, undefined],
  ])("does not blame a probe if it %s", (_, changes, at, exitCode) => {
    const events = [unhealthy("Liveness probe failed: timeout", { at })];
    const found = evidence({ events, ...(exitCode !== undefined && { run: { exitCode, finishedAt: NOON } }) });
    expect(described("PodCrashLooping", crashing(changes), found, 0).summary).not.toContain("probe");
  });

  it("does not blame a probe that checks readiness", () => {
    const killed = { exitCode: 143, finishedAt: NOON };
    const found = evidence({ run: killed, events: [unhealthy("Readiness probe failed: x", { at: NOON })] });
    expect(described("PodCrashLooping", crashing(killed), found, 0).summary).not.toContain("probe");
  });
});

it("a container that restarts too often and a failed Job are described by their logs as well", () => {
  const story = aStory();
  const restarted = (count: number) =>
    aPod({
      containers: [
        running("app", {
          restartCount: count,
          startedAt: NOON + (count * HOUR) / 4,
          containerID: `c${count}`,
          lastTerminated: aTermination({
            exitCode: 1,
            reason: "Error",
            message: undefined,
            containerID: `c${count - 1}`,
            startedAt: NOON,
            finishedAt: NOON + (count * HOUR) / 4,
          }),
        }),
      ],
    });
  for (let count = 0; count <= 6; count++) {
    story.update(restarted(count));
    story.wait(HOUR / 4);
  }
  const before = story.alert("PodRestartingTooOften");
  const log = ["panic: no space left on device"];
  const found = evidence({ run: { exitCode: 1, finishedAt: NOON }, log });
  (story.evaluator.alerts as Map<string, Alert>).set(before.fingerprint, { ...before, evidence: found });
  story.update(restarted(6));
  const { summary, description } = story.alert("PodRestartingTooOften").annotations;
  expect(summary).toContain("a disk is full");
  expect(description).toContain("The log of the run until");

  const job = { kind: "Job", name: "import" };
  const state = terminated({ exitCode: 1, reason: "Error", message: undefined, finishedAt: NOON });
  const pod = aPod({
    phase: "Failed",
    restartPolicy: "Never",
    owner: job,
    workload: job,
    containers: [aContainer({ ready: false, state })],
  });
  expect(described("PodFailed", pod, found, 0).description).toContain(
    "Its log ends with: “panic: no space left on device”.",
  );
});
