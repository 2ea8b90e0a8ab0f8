import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../../../test/support/fake-clock.ts";
import { type Cluster, type ClusterOptions, createCluster, type PodSpecification } from "../cluster/cluster.ts";
import { seededRandom } from "../model/clocks.ts";
import type { ContainerState, Pod } from "../model/objects.ts";

const START = Date.UTC(2026, 10, 22, 11, 38, 33);

function world(options: Partial<ClusterOptions> = {}) {
  const clock = createFakeClock({ now: START, random: seededRandom(7) });
  const cluster = createCluster({ clock, namespaces: ["shop"], ...options });
  const story: string[] = [];
  cluster.storage.pods.subscribe(({ type, entry }) => {
    const line = describeStatus(type, entry.object);
    if (story.at(-1) !== line) story.push(line);
  });
  return { clock, cluster, story };
}

/** A pod's state in a line: `MODIFIED Running ready app 1 running (Error 1)`. */
function describeStatus(type: string, { metadata, status }: Pod): string {
  const ready = status.conditions?.find((condition) => condition.type === "Ready")?.status === "True";
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map(
    ({ name, state, lastState, restartCount }) =>
      `${name} ${restartCount} ${toSentence(state)}${lastState.terminated ? ` (${toSentence(lastState)})` : ""}`,
  );
  const deleting = metadata.deletionTimestamp === undefined ? [] : ["deleting"];
  const reason = status.reason === undefined ? [] : [status.reason];
  return [type, ...deleting, status.phase, ...reason, ...(ready ? ["ready"] : []), containers.join(", ")]
    .filter((word) => word !== "")
    .join(" ");
}

function toSentence({ running, terminated, waiting }: ContainerState): string {
  if (running !== undefined) return "running";
  if (terminated !== undefined) return `${terminated.reason} ${terminated.exitCode}`;
  return waiting?.reason ?? "unknown";
}

function createPod(cluster: Cluster, spec: Partial<PodSpecification>) {
  return cluster.createPod({ namespace: "shop", name: "web-0", ...spec });
}

describe("pod status transitions equal those of a real kubelet", () => {
  it("starts: bound, containers being created, running and ready", async () => {
    const { clock, cluster, story } = world();
    createPod(cluster, {});
    await clock.advance(10_000);
    expect(story).toEqual([
      "ADDED Pending",
      "MODIFIED Pending",
      "MODIFIED Pending app 0 ContainerCreating",
      "MODIFIED Running ready app 0 running",
    ]);
    expect(cluster.pod("web-0").status).toMatchObject({
      conditions: [
        { type: "PodReadyToStartContainers", status: "True" },
        { type: "Initialized", status: "True" },
        { type: "Ready", status: "True" },
        { type: "ContainersReady", status: "True" },
        { type: "PodScheduled", status: "True" },
      ],
      podIP: "10.128.2.1",
      startTime: "2026-11-22T11:38:33Z",
    });
  });

  it("crash loops: the first restart is immediate, restartCount rises with the new container, back-offs double", async () => {
    const { clock, cluster, story } = world();
    createPod(cluster, { containers: [{ name: "app", behaviour: { exit: { after: 2_000, exitCode: 1 } } }] });
    await clock.advance(600_000);
    expect(story.slice(3, 12)).toEqual([
      "MODIFIED Running ready app 0 running",
      "MODIFIED Running app 0 Error 1",
      "MODIFIED Running ready app 1 running (Error 1)",
      "MODIFIED Running app 1 Error 1 (Error 1)",
      "MODIFIED Running app 1 CrashLoopBackOff (Error 1)",
      "MODIFIED Running ready app 2 running (Error 1)",
      "MODIFIED Running app 2 Error 1 (Error 1)",
      "MODIFIED Running app 2 CrashLoopBackOff (Error 1)",
      "MODIFIED Running ready app 3 running (Error 1)",
    ]);
    const backoffs = new Set<string>();
    const history = cluster.storage.pods.since(1) ?? [];
    for (const { entry } of history) {
      const message = entry.object.status.containerStatuses?.[0]?.state.waiting?.message;
      if (message !== undefined) backoffs.add(message.split(" ")[1] ?? "");
    }
    expect([...backoffs]).toEqual(["10s", "20s", "40s", "1m20s", "2m40s", "5m0s"]);
  });

  it("resets the back-off when a run lasted more than ten minutes", async () => {
    const { clock, cluster } = world();
    const lasts = (run: number) => (run < 4 ? 1_000 : 601_000);
    createPod(cluster, {
      containers: [{ name: "app", behaviour: (run) => ({ exit: { after: lasts(run), exitCode: 1 } }) }],
    });
    await clock.advance(110_000);
    expect(describeStatus("", cluster.pod("web-0"))).toBe("Running ready app 4 running (Error 1)");
    await clock.advance(605_000);
    expect(describeStatus("", cluster.pod("web-0"))).toBe("Running ready app 5 running (Error 1)");
  });

  it("reports OOMKilled like the runtime", async () => {
    const { clock, cluster, story } = world();
    createPod(cluster, {});
    await clock.advance(10_000);
    await cluster.oomKill("web-0", { times: 2 });
    expect(story.slice(4)).toEqual([
      "MODIFIED Running app 0 OOMKilled 137",
      "MODIFIED Running ready app 1 running (OOMKilled 137)",
      "MODIFIED Running app 1 OOMKilled 137 (OOMKilled 137)",
      "MODIFIED Running app 1 CrashLoopBackOff (OOMKilled 137)",
    ]);
  });

  it("alternates ErrImagePull and ImagePullBackOff, and starts when the image is available", async () => {
    const { clock, cluster, story } = world();
    createPod(cluster, { containers: [{ name: "app", behaviour: { image: { reason: "ErrImagePull" } } }] });
    await clock.advance(120_000);
    const states = story.slice(3).map((line) => line.split(" ").at(-1));
    expect(new Set(states)).toEqual(new Set(["ErrImagePull", "ImagePullBackOff"]));
    expect(states.slice(0, 4)).toEqual(["ErrImagePull", "ImagePullBackOff", "ErrImagePull", "ImagePullBackOff"]);
    cluster.recover("web-0");
    await clock.advance(20_000);
    expect(describeStatus("", cluster.pod("web-0"))).toBe("Running ready app 0 running");
  });

  it("waits when a container cannot be created, and loops when it cannot be started", async () => {
    const { clock, cluster, story } = world();
    const create = { reason: "CreateContainerConfigError", message: 'configmap "absent" not found' };
    createPod(cluster, { name: "config", containers: [{ name: "app", behaviour: { create } }] });
    await clock.advance(60_000);
    expect(story.at(-1)).toBe("MODIFIED Pending app 0 CreateContainerConfigError");
    story.length = 0;
    const start = 'exec: "/no/such/binary": no such file or directory';
    createPod(cluster, { name: "run", containers: [{ name: "app", behaviour: { start } }] });
    await clock.advance(40_000);
    expect(story.slice(3, 6)).toEqual([
      "MODIFIED Running app 0 RunContainerError (StartError 128)",
      "MODIFIED Running app 1 RunContainerError (StartError 128)",
      "MODIFIED Running app 1 CrashLoopBackOff (StartError 128)",
    ]);
    const { lastState } = cluster.pod("run").status.containerStatuses?.[0] ?? {};
    expect(lastState?.terminated?.startedAt).toBe("1970-01-01T00:00:00Z");
  });

  it("runs init containers one after another, and sidecars together with the main containers", async () => {
    const { clock, cluster, story } = world();
    createPod(cluster, {
      containers: [
        { name: "proxy", type: "sidecar", behaviour: { exit: { after: 60_000, exitCode: 7 } } },
        {
          name: "migrate",
          type: "init",
          behaviour: (run) => ({ exit: { after: 1_000, exitCode: run === 0 ? 3 : 0 } }),
        },
        { name: "app" },
      ],
    });
    await clock.advance(70_000);
    expect(story.slice(2)).toEqual([
      "MODIFIED Pending proxy 0 PodInitializing, migrate 0 PodInitializing, app 0 PodInitializing",
      "MODIFIED Pending proxy 0 running, migrate 0 PodInitializing, app 0 PodInitializing",
      "MODIFIED Pending proxy 0 running, migrate 0 running, app 0 PodInitializing",
      "MODIFIED Pending proxy 0 running, migrate 0 Error 3, app 0 PodInitializing",
      "MODIFIED Pending proxy 0 running, migrate 1 running (Error 3), app 0 PodInitializing",
      "MODIFIED Pending proxy 0 running, migrate 1 Completed 0 (Error 3), app 0 PodInitializing",
      "MODIFIED Running ready proxy 0 running, migrate 1 Completed 0 (Error 3), app 0 running",
      "MODIFIED Running proxy 0 Error 7, migrate 1 Completed 0 (Error 3), app 0 running",
      "MODIFIED Running ready proxy 1 running (Error 7), migrate 1 Completed 0 (Error 3), app 0 running",
    ]);
  });

  it("stops a deleted pod, after the grace period if it ignores SIGTERM, and removes it", async () => {
    const { clock, cluster, story } = world();
    createPod(cluster, { containers: [{ name: "app", behaviour: { onTerm: "ignores" } }] });
    await clock.advance(10_000);
    cluster.deletePod("web-0");
    await clock.advance(29_000);
    expect(story.slice(4)).toEqual(["MODIFIED deleting Running ready app 0 running"]);
    await clock.advance(5_000);
    expect(story.slice(5)).toEqual([
      "MODIFIED deleting Failed app 0 Error 137",
      "DELETED deleting Failed app 0 Error 137",
    ]);
  });

  it("ends pods: Evicted, DeadlineExceeded, and a completed pod of a Job", async () => {
    const { clock, cluster, story } = world();
    createPod(cluster, { name: "evicted" });
    createPod(cluster, { name: "deadline", activeDeadline: 20_000, restartPolicy: "Never" });
    createPod(cluster, {
      name: "job",
      restartPolicy: "Never",
      containers: [{ name: "app", behaviour: { exit: { after: 5_000, exitCode: 0 } } }],
    });
    await clock.advance(15_000);
    cluster.evict("evicted");
    await clock.advance(40_000);
    expect(["evicted", "deadline", "job"].map((name) => describeStatus("", cluster.pod(name)))).toEqual([
      "Failed Evicted app 0 Error 143",
      "Failed DeadlineExceeded app 0 Error 143",
      "Succeeded app 0 Completed 0",
    ]);
    expect(story.filter((line) => line.includes("Succeeded"))).toHaveLength(1);
    expect(cluster.pod("job").status.conditions?.find(({ type }) => type === "Ready")?.reason).toBe("PodCompleted");
  });

  it("restarts a container whose liveness probe fails without a terminated state in between", async () => {
    const { clock, cluster, story } = world();
    createPod(cluster, {
      containers: [{ name: "app", behaviour: { livenessFails: 20_000, onTerm: "ignores" } }],
    });
    await clock.advance(40_000);
    expect(story.slice(3, 5)).toEqual([
      "MODIFIED Running ready app 0 running",
      "MODIFIED Running ready app 1 running (Error 137)",
    ]);
    expect(cluster.eventsOf("web-0").map(({ reason }) => reason)).toContain("Killing");
  });
});

describe("events and logs", () => {
  it("counts repeated events instead of writing new ones, and removes them after their TTL", async () => {
    const { clock, cluster } = world({ eventTtl: 3_600_000 });
    createPod(cluster, { containers: [{ name: "app", behaviour: { exit: { after: 1_000, exitCode: 1 } } }] });
    await clock.advance(300_000);
    const events = cluster.eventsOf("web-0");
    const backOff = events.find(({ reason }) => reason === "BackOff");
    expect(backOff).toMatchObject({
      type: "Warning",
      involvedObject: { kind: "Pod", name: "web-0", fieldPath: "spec.containers{app}" },
      source: { component: "kubelet", host: "node-1" },
    });
    expect(backOff?.count).toBeGreaterThan(10);
    expect(events.filter(({ reason }) => reason === "BackOff")).toHaveLength(1);
    expect(events.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(["Scheduled", "Pulled", "Created", "Started"]),
    );
    cluster.deletePod("web-0", 0);
    await clock.advance(4_000_000);
    expect(cluster.storage.events.size).toBe(0);
  });

  it("keeps the logs of the current and the previous run", async () => {
    const { clock, cluster } = world();
    createPod(cluster, {
      containers: [
        {
          name: "app",
          behaviour: (run) => ({
            log: [`run ${run} begins`],
            exitLog: [`run ${run} gives up`],
            exit: { after: 2_000, exitCode: 1 },
          }),
        },
      ],
    });
    await clock.advance(8_000);
    const pod = cluster.pod("web-0");
    const read = (query: string) => cluster.logs.read(pod, new URLSearchParams(query));
    expect(read("previous=true")).toBe("run 0 begins\nrun 0 gives up\n");
    expect(read("previous=true&tailLines=1")).toBe("run 0 gives up\n");
    expect(read("container=other")).toMatchObject({ code: 400, message: "container other is not valid for pod web-0" });
  });
});

describe("nodes", () => {
  it("leaves a pod unscheduled until a node fits", async () => {
    const { clock, cluster } = world();
    createPod(cluster, { nodeSelector: { disk: "ssd" } });
    await clock.advance(1_000);
    expect(cluster.pod("web-0").status.conditions).toMatchObject([{ reason: "Unschedulable", status: "False" }]);
    cluster.addNode("node-2", { disk: "ssd" });
    await clock.advance(10_000);
    expect(describeStatus("", cluster.pod("web-0"))).toBe("Running ready app 0 running");
  });

  it("marks the pods of a silent node not ready after 40 s and deletes them 5 min later", async () => {
    const { clock, cluster } = world();
    createPod(cluster, {});
    await clock.advance(10_000);
    cluster.nodeDown("node-1");
    await clock.advance(41_000);
    const [ready] = cluster.pod("web-0").status.conditions?.filter(({ type }) => type === "Ready") ?? [];
    expect(ready).toMatchObject({ status: "False", lastTransitionTime: "2026-11-22T11:39:23Z" });
    expect(cluster.pod("web-0").status.containerStatuses?.[0]?.ready).toBe(true);
    await clock.advance(300_000);
    expect(describeStatus("", cluster.pod("web-0"))).toContain("deleting");
    cluster.nodeUp("node-1");
    await clock.advance(60_000);
    expect(() => cluster.pod("web-0")).toThrow("no pod and no workload with pods is named web-0");
  });
});
