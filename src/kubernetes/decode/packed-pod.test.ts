import { expect, it } from "vitest";
import { encodeFrame, encodeObject, POD } from "../../../test/support/pod-protobuf.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import { createWatchDecoder } from "./decoder.ts";
import { createInterner } from "./interner.ts";
import { plainPod } from "./packed-pod.ts";

type Json = Record<string, unknown>;

const interner = createInterner();

function snapshot(contentType: string, bytes: Buffer): PodSnapshot {
  const seen: PodSnapshot[] = [];
  const sink = { pod: (_type: string, pod: PodSnapshot) => void seen.push(pod), bookmark: () => {}, error: () => {} };
  const decoder = createWatchDecoder(contentType, sink, interner);
  decoder.push(bytes);
  decoder.end();
  expect(seen).toHaveLength(1);
  return seen[0]!;
}

/** The snapshot of a pod, which both formats must give. */
function snapshotOf({
  metadata = {},
  spec = {},
  status = {},
}: {
  metadata?: Json;
  spec?: Json;
  status?: Json;
}): PodSnapshot {
  const object = {
    metadata: {
      name: "web-0",
      namespace: "shop",
      uid: "u-1",
      resourceVersion: "7",
      creationTimestamp: "2026-11-22T11:00:00Z",
      ...metadata,
    },
    spec,
    status,
  };
  const line = JSON.stringify({ type: "MODIFIED", object: { kind: "Pod", apiVersion: "v1", ...object } });
  const fromJson = snapshot("application/json", Buffer.from(`${line}\n`));
  const fromProtobuf = snapshot(
    "application/vnd.kubernetes.protobuf;stream=watch",
    encodeFrame("MODIFIED", encodeObject("Pod", POD, object)),
  );
  expect(plainPod(fromProtobuf)).toEqual(plainPod(fromJson));
  return fromProtobuf;
}

const at = (time: string) => Date.parse(`2026-11-22T${time}Z`);

it("a pod without a status has only a name", () => {
  expect(plainPod(snapshotOf({}))).toEqual({
    uid: "u-1",
    namespace: "shop",
    name: "web-0",
    resourceVersion: "7",
    createdAt: at("11:00:00"),
    deletionAt: undefined,
    deletionRequestedAt: undefined,
    owner: undefined,
    workload: { kind: "Pod", name: "web-0" },
    part: undefined,
    node: undefined,
    restartPolicy: "Always",
    phase: "Unknown",
    reason: undefined,
    message: undefined,
    startedAt: undefined,
    conditions: {
      ready: undefined,
      scheduled: undefined,
      initialized: undefined,
      disruption: undefined,
      allContainersRestarting: undefined,
    },
    annotations: undefined,
    containers: [],
  });
});

it("a crashing pod has every field", () => {
  const pod = snapshotOf({
    metadata: {
      generation: 3,
      deletionTimestamp: "2026-11-22T11:20:00Z",
      deletionGracePeriodSeconds: 30,
      labels: { app: "web", "pod-template-hash": "65f56cb97f" },
      annotations: {
        note: "x",
        "pod-watcher.io/restart-threshold": "3",
        "batch.kubernetes.io/job-completion-index": "4",
      },
      ownerReferences: [
        { kind: "ConfigMap", name: "other" },
        { kind: "ReplicaSet", name: "web-65f56cb97f", controller: true },
      ],
    },
    spec: {
      nodeName: "n1",
      restartPolicy: "OnFailure",
      schedulerName: "batch-scheduler",
      volumes: [
        { name: "tmp", emptyDir: {} },
        { name: "model", image: { reference: "quay.io/acme/model:1" } },
      ],
      containers: [
        {
          name: "app",
          image: "quay.io/acme/web:1",
          resizePolicy: [
            { resourceName: "cpu", restartPolicy: "NotRequired" },
            { resourceName: "memory", restartPolicy: "RestartContainer" },
          ],
          restartPolicyRules: [
            { action: "RestartAllContainers", exitCodes: { operator: "In", values: [42, 43] } },
            { action: "Restart" },
          ],
          startupProbe: { exec: { command: ["true"] } },
        },
      ],
    },
    status: {
      phase: "Running",
      observedGeneration: 2,
      reason: "Evicted",
      message: "The node was low on memory.",
      startTime: "2026-11-22T11:00:02Z",
      conditions: [
        { type: "Ready", status: "False", lastTransitionTime: "2026-11-22T11:10:00Z", reason: "ContainersNotReady" },
        { type: "PodScheduled", status: "True", lastTransitionTime: "2026-11-22T11:00:01Z" },
        {
          type: "DisruptionTarget",
          status: "True",
          lastTransitionTime: null,
          reason: "EvictionByEvictionAPI",
          message: "m",
        },
        { type: "PodReadyToStartContainers", status: "False", lastTransitionTime: "2026-11-22T11:00:03Z" },
        { type: "PodResizePending", status: "True", reason: "Infeasible", message: "too large" },
        { type: "PodResizeInProgress", status: "True", reason: "Error" },
        { type: "AllContainersRestarting", status: "Later", lastTransitionTime: "0001-01-01T00:00:00Z" },
      ],
      containerStatuses: [
        {
          name: "app",
          ready: true,
          restartCount: 4,
          imageID: "quay.io/acme/web@sha256:aa",
          containerID: "containerd://4f5e6d7c8b9a00112233445566778899",
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } },
          lastState: {
            terminated: {
              exitCode: 137,
              signal: 9,
              reason: "OOMKilled",
              message: "killed",
              startedAt: "2026-11-22T11:09:00Z",
              finishedAt: "2026-11-22T11:10:00Z",
              containerID: "containerd://4f5e6d7c8b9a00112233445566778899",
            },
          },
        },
      ],
    },
  });
  expect(plainPod(pod)).toEqual({
    uid: "u-1",
    namespace: "shop",
    name: "web-0",
    resourceVersion: "7",
    createdAt: at("11:00:00"),
    deletionAt: at("11:20:00"),
    deletionRequestedAt: at("11:19:30"),
    owner: { kind: "ReplicaSet", name: "web-65f56cb97f" },
    workload: { kind: "Deployment", name: "web" },
    part: "4",
    node: "n1",
    restartPolicy: "OnFailure",
    phase: "Running",
    reason: "Evicted",
    message: "The node was low on memory.",
    startedAt: at("11:00:02"),
    conditions: {
      ready: { status: "False", since: at("11:10:00"), reason: "ContainersNotReady", message: undefined },
      scheduled: { status: "True", since: at("11:00:01"), reason: undefined, message: undefined },
      initialized: undefined,
      disruption: { status: "True", since: undefined, reason: "EvictionByEvictionAPI", message: "m" },
      allContainersRestarting: { status: "Unknown", since: undefined, reason: undefined, message: undefined },
      readyToStartContainers: { status: "False", since: at("11:00:03"), reason: undefined, message: undefined },
      resizePending: { status: "True", since: undefined, reason: "Infeasible", message: "too large" },
      resizeInProgress: { status: "True", since: undefined, reason: "Error", message: undefined },
    },
    scheduler: "batch-scheduler",
    imageVolumes: ["quay.io/acme/model:1"],
    statusIsOutdated: true,
    annotations: { "restart-threshold": "3" },
    containers: [
      {
        name: "app",
        type: "main",
        restartCount: 4,
        ready: true,
        containerID: "4f5e6d7c8b9a0011",
        image: "quay.io/acme/web:1",
        imageID: "quay.io/acme/web@sha256:aa",
        state: { name: "waiting", reason: "CrashLoopBackOff", message: "back-off 40s" },
        lastTerminated: {
          exitCode: 137,
          signal: 9,
          reason: "OOMKilled",
          message: "killed",
          startedAt: at("11:09:00"),
          finishedAt: at("11:10:00"),
          containerID: "4f5e6d7c8b9a0011",
        },
        restartRules: [
          { action: "RestartAllContainers", operator: "In", exitCodes: [42, 43] },
          { action: "Restart", operator: "", exitCodes: [] },
        ],
        resizeRestarts: true,
        startupProbe: true,
      },
    ],
  });
  // Whatever is made of it with JSON.stringify has all of it as well.
  expect(JSON.parse(JSON.stringify(pod))).toEqual(JSON.parse(JSON.stringify(plainPod(pod))));
  expect(JSON.parse(JSON.stringify(pod.containers))).toHaveLength(1);
});

it("usual values take no memory: the default scheduler, a ready sandbox, a status that is up to date", () => {
  const pod = snapshotOf({
    metadata: { generation: 2 },
    spec: {
      schedulerName: "default-scheduler",
      volumes: [{ name: "tmp", emptyDir: {} }],
      containers: [{ name: "app" }],
    },
    status: {
      observedGeneration: 2,
      conditions: [{ type: "PodReadyToStartContainers", status: "True" }],
      containerStatuses: [{ name: "app", started: true, state: { running: {} } }],
    },
  });
  expect((pod as unknown as { rare: unknown }).rare).toBeUndefined();
  expect([pod.scheduler, pod.imageVolumes, pod.statusIsOutdated]).toEqual([undefined, undefined, false]);
  expect(pod.containers[0]).toMatchObject({ starting: false, startupProbe: false, resizeRestarts: false });
});

it("a running container that has not started says so", () => {
  const pod = snapshotOf({
    spec: { containers: [{ name: "app" }] },
    status: {
      containerStatuses: [{ name: "app", started: false, state: { running: { startedAt: "2026-11-22T11:00:02Z" } } }],
    },
  });
  expect(plainPod(pod).containers[0]).toMatchObject({
    starting: true,
    state: { name: "running", startedAt: at("11:00:02") },
  });
});

it("containers with different restart rules do not share them", () => {
  const rules = (values: readonly number[]) => [{ action: "Restart", exitCodes: { operator: "In", values } }];
  const rulesOf = (given: unknown) =>
    snapshotOf({ spec: { containers: [{ name: "app", image: "web:1", restartPolicyRules: given }] } }).containers[0]!
      .restartRules;
  expect(rulesOf(rules([1]))).toEqual([{ action: "Restart", operator: "In", exitCodes: [1] }]);
  expect(rulesOf(rules([2]))).toEqual([{ action: "Restart", operator: "In", exitCodes: [2] }]);
  expect(rulesOf(rules([2]))).toBe(rulesOf(rules([2])));
  expect(rulesOf([])).toBeUndefined();
});

it("containers are init, main, ephemeral, each in the spec's order, with their own status whatever its order", () => {
  const pod = snapshotOf({
    spec: {
      containers: [{ name: "web" }, { name: "app" }],
      initContainers: [{ name: "migrate" }, { name: "proxy", restartPolicy: "Always" }],
      ephemeralContainers: [{ name: "debug" }],
    },
    status: {
      containerStatuses: [
        { name: "app", restartCount: 1 },
        { name: "web", restartCount: 2 },
      ],
      initContainerStatuses: [{ name: "proxy", restartCount: 3 }],
      ephemeralContainerStatuses: [{ name: "debug", state: { terminated: { exitCode: 1 } } }],
    },
  });
  expect(pod.containers.map(({ type, name, restartCount, state }) => [type, name, restartCount, state.name])).toEqual([
    ["init", "migrate", 0, "unknown"],
    ["sidecar", "proxy", 3, "unknown"],
    ["main", "web", 2, "unknown"],
    ["main", "app", 1, "unknown"],
    ["ephemeral", "debug", 0, "terminated"],
  ]);
});

it.each<[reason: string, state: Json | undefined, expected: object]>([
  ["no state", undefined, { name: "unknown" }],
  ["a state without a member", {}, { name: "unknown" }],
  ["running", { running: { startedAt: "2026-11-22T11:05:00Z" } }, { name: "running", startedAt: at("11:05:00") }],
  ["running since an unknown time", { running: { startedAt: null } }, { name: "running", startedAt: undefined }],
  [
    "running since year 1",
    { running: { startedAt: "0001-01-01T00:00:00Z" } },
    { name: "running", startedAt: undefined },
  ],
  ["waiting without a reason", { waiting: {} }, { name: "waiting", reason: undefined, message: undefined }],
  [
    "a termination that the kubelet made up",
    { terminated: { exitCode: 137, reason: "ContainerStatusUnknown", startedAt: null, finishedAt: null } },
    {
      name: "terminated",
      exitCode: 137,
      signal: undefined,
      reason: "ContainerStatusUnknown",
      message: undefined,
      startedAt: undefined,
      finishedAt: undefined,
      containerID: undefined,
    },
  ],
  [
    "a container that containerd could not start, whose start is Unix time 0",
    {
      terminated: {
        exitCode: 128,
        reason: "StartError",
        startedAt: "1970-01-01T00:00:00Z",
        finishedAt: "2026-11-22T11:05:00Z",
      },
    },
    {
      name: "terminated",
      exitCode: 128,
      signal: undefined,
      reason: "StartError",
      message: undefined,
      startedAt: undefined,
      finishedAt: at("11:05:00"),
      containerID: undefined,
    },
  ],
])("%s", (_because, state, expected) => {
  const pod = snapshotOf({
    spec: { containers: [{ name: "app" }] },
    status: { containerStatuses: [{ name: "app", ...(state === undefined ? {} : { state }) }] },
  });
  expect(pod.containers[0]?.state).toEqual(expected);
});

it("a negative restart count is 0, and a status without a container in the spec is skipped", () => {
  const pod = snapshotOf({
    spec: { containers: [{ name: "app" }] },
    status: {
      containerStatuses: [
        { name: "gone", restartCount: 9 },
        { name: "app", restartCount: -3 },
      ],
    },
  });
  expect(pod.containers.map(({ name, restartCount }) => [name, restartCount])).toEqual([["app", 0]]);
});

it("messages are cut to 4096 characters: termination messages keep their end, others their start", () => {
  const long = `${"a".repeat(4_095)}🎉${"z".repeat(4_095)}`;
  const [app] = snapshotOf({
    spec: { containers: [{ name: "app" }] },
    status: {
      containerStatuses: [
        {
          name: "app",
          state: { waiting: { message: long } },
          lastState: { terminated: { exitCode: 1, message: long } },
        },
      ],
    },
  }).containers;
  // Never through the middle of a character.
  expect(app?.state).toMatchObject({ message: "a".repeat(4_095) });
  expect(app?.lastTerminated?.message).toBe("z".repeat(4_095));
});

it("secrets are masked in every message: of containers, conditions and the pod", () => {
  const message = "pulling https://user:geheim@registry.example/v2/: permission denied, DB_PASS=hunter2";
  const pod = snapshotOf({
    spec: { containers: [{ name: "app" }] },
    status: {
      message,
      conditions: ["Ready", "PodScheduled", "DisruptionTarget"].map((type) => ({ type, status: "False", message })),
      containerStatuses: [
        { name: "app", state: { waiting: { message } }, lastState: { terminated: { exitCode: 1, message } } },
      ],
    },
  });
  const json = JSON.stringify(plainPod(pod));
  expect(json).not.toMatch(/geheim|hunter2/);
  const masked = "pulling https://user:[masked]@registry.example/v2/: permission denied, DB_PASS=[masked]";
  expect(json.split(masked)).toHaveLength(7);
});

it.each([
  ["containerd://0123456789abcdef0123", "0123456789abcdef"],
  ["cri-o://0123", "0123"],
  ["0123456789abcdef0123", "0123456789abcdef"],
  ["docker://", undefined],
  ["x://ä123456789abcdef0123", "ä123456789abcdef"],
  ["", undefined],
])("the container id %j becomes %j", (containerID, expected) => {
  const pod = snapshotOf({
    spec: { containers: [{ name: "app" }] },
    status: { containerStatuses: [{ name: "app", containerID }] },
  });
  expect(pod.containers[0]?.containerID).toBe(expected);
});

it("a pod without a creation time uses its start time, or 0", () => {
  const startTime = "2026-11-22T11:00:02Z";
  expect(snapshotOf({ metadata: { creationTimestamp: null }, status: { startTime } }).createdAt).toBe(at("11:00:02"));
  expect(snapshotOf({ metadata: { creationTimestamp: "0001-01-01T00:00:00Z" } }).createdAt).toBe(0);
});

it("pods of one template share their equal parts only", () => {
  const of = (given: { name: string; image?: string; owner?: string; reason?: string }) =>
    snapshotOf({
      metadata: {
        name: given.name,
        labels: { "pod-template-hash": "abc" },
        ownerReferences: [{ kind: given.owner ?? "ReplicaSet", name: "web-abc", controller: true }],
      },
      spec: { containers: [{ name: "app", image: given.image ?? "i" }] },
      status: {
        conditions: [
          { type: "Ready", status: "False", reason: given.reason ?? "R", message: "m", lastTransitionTime: null },
        ],
        containerStatuses: [{ name: "app", imageID: "id" }],
      },
    });
  const first = of({ name: "web-abc-1" });
  expect(of({ name: "web-abc-2" }).workload).toBe(first.workload);
  const other = of({ name: "web-abc-3", image: "j", owner: "DaemonSet", reason: "S" });
  expect(other.workload).toEqual({ kind: "DaemonSet", name: "web-abc" });
  expect(other.containers[0]?.image).toBe("j");
  expect(other.conditions.ready?.reason).toBe("S");
  // Names, messages and images may be the same words.
  const same = snapshotOf({
    metadata: { ownerReferences: [{ kind: "Job", name: "R", controller: true }] },
    spec: { containers: [{ name: "R", image: "R" }] },
    status: { conditions: [{ type: "Ready", status: "True", reason: "R", lastTransitionTime: null }] },
  });
  expect([same.owner?.name, same.containers[0]?.image, same.conditions.ready?.reason]).toEqual(["R", "R", "R"]);
});

it.each([
  ["build.test(1)", "build.test"],
  ["build[0].print(0:hello)", "build[0].print(0:hello)"],
  ["build[0].print(0:hello)(12)", "build[0].print(0:hello)"],
])("the node %s of an Argo Workflow is known without its attempt", (node, part) => {
  expect(snapshotOf({ metadata: { annotations: { "workflows.argoproj.io/node-name": node } } }).part).toBe(part);
});

it.each`
  pod                 | labels                                               | ownerReferences                                       | activeDeadlineSeconds | isCancelled
  ${"web-3-deploy"}   | ${{ "openshift.io/deployer-pod-for.name": "web-3" }} | ${[{ kind: "ReplicationController", name: "web-3" }]} | ${21_600}             | ${false}
  ${"web-3-deploy"}   | ${{ "openshift.io/deployer-pod-for.name": "web-3" }} | ${[{ kind: "ReplicationController", name: "web-3" }]} | ${1}                  | ${true}
  ${"web-3-hook-pre"} | ${{ "openshift.io/deployer-pod-for.name": "web-3" }} | ${[]}                                                 | ${1}                  | ${true}
`(
  "$pod of OpenShift belongs to its rollout; with a deadline of $activeDeadlineSeconds s, cancelled: $isCancelled",
  ({ labels, ownerReferences, activeDeadlineSeconds, isCancelled }) => {
    const pod = snapshotOf({ metadata: { labels, ownerReferences }, spec: { activeDeadlineSeconds } });
    expect(pod.owner).toEqual({ kind: "ReplicationController", name: "web-3" });
    expect(pod.workload).toEqual({ kind: "DeploymentConfig", name: "web" });
    expect(pod.isCancelled).toBe(isCancelled);
    expect("isCancelled" in plainPod(pod)).toBe(isCancelled);
  },
);

it("a short deadline of another pod says nothing about a rollout", () => {
  expect(snapshotOf({ spec: { activeDeadlineSeconds: 1 } }).isCancelled).toBe(false);
});

it("references of images are kept up to a limit", () => {
  const image = ".".repeat(100_000);
  const pod = snapshotOf({
    spec: { containers: [{ name: "app", image }], volumes: [{ name: "data", image: { reference: image } }] },
    status: { containerStatuses: [{ name: "app", image, imageID: image }] },
  });
  const [{ image: kept, imageID }] = pod.containers as [PodSnapshot["containers"][number]];
  expect([kept, imageID, ...(pod.imageVolumes ?? [])].map((reference) => reference?.length)).toEqual([
    1024, 1024, 1024,
  ]);
});
