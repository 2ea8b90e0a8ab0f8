/** The program while the API server restarts, freezes, forgets its history, and takes tokens and permissions away. */
import { describe, it, vi } from "vitest";
import { continueTooOld } from "../../packages/simulator/src/model/status.ts";
import { rawClient, take } from "../../packages/simulator/test/raw-client.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { openRealCluster, type RealCluster } from "../support/real-cluster.ts";
import { type ProgramAlert, type WatchingProgram, watchWithProgram } from "../support/watching-program.ts";

const binary = process.env.POD_WATCHER_TEST_CONTROL_PLANE;

// Each test has a control plane of its own and waits most of the time.
if (binary) describe.concurrent("faults of a real API server", () => breakControlPlane(binary));
else it("faults of a real API server", (context) => context.skip("not run: no control plane of its own was built"));

const SOON = { timeout: 60_000, interval: 200 };
const LATER = { timeout: 110_000, interval: 500 };
const MERGE = "application/merge-patch+json";

function breakControlPlane(path: string): void {
  it("restarts: the watch continues, and what changed is noticed", async ({ expect }) => {
    await using world = await start(path);
    const { controlPlane, program, watched } = world;
    await controlPlane.stop();
    await expect.poll(program.states, SOON).not.toEqual({ [watched]: "live" });
    await controlPlane.start();
    await world.createCrashingPod("late");
    await expect.poll(() => world.alertOf("late"), SOON).toMatchObject({ alertname: "PodCrashLooping" });
    await expect.poll(program.states, SOON).toEqual({ [watched]: "live" });
    expect(await world.alertOf("kept")).not.toHaveProperty("resolvedAt");
  });

  it("answers 410 after a compaction: one new list, and a deletion that no watch has seen is noticed", async ({
    expect,
  }) => {
    await using world = await start(path);
    const { program } = world;
    program.process.kill("SIGSTOP");
    await world.restart(); // Nothing more reaches the connection of the program.
    await world.deletePod("kept");
    await world.createCrashingPod("late");
    await world.controlPlane.compact();
    await world.restart(); // Its cache of changes is empty again.
    program.process.kill("SIGCONT");
    await expect.poll(() => world.alertOf("late"), SOON).toMatchObject({ alertname: "PodCrashLooping" });
    await expect.poll(() => world.alertOf("kept"), SOON).toMatchObject({ resolvedAt: expect.any(String) });
    expect(await program.metric("pod_watcher_watch_syncs_total", { cause: "expired" })).toBe(1);
  });

  it("answers 410 after a compaction in the words of the simulator", async ({ expect }) => {
    await using world = await start(path);
    const { controlPlane, watched } = world;
    await world.createCrashingPod("second");
    using client = rawClient({
      url: controlPlane.url,
      ca: controlPlane.caPem,
      token: controlPlane.adminToken,
      http: 1,
    });
    const pods = `/api/v1/namespaces/${watched}/pods`;
    const page = await (await client.get(`${pods}?limit=1`)).json();
    const { continue: token, resourceVersion } = page.metadata as Record<string, string>;
    await world.deletePod("second");
    await controlPlane.compact();
    await world.restart();
    const events = (await client.get(`${pods}?watch=1&resourceVersion=1`)).events();
    const tooOld = {
      code: 410,
      reason: "Expired",
      message: expect.stringMatching(/^too old resource version: 1 \(\d+\)$/),
    };
    expect(await take(events, 1)).toMatchObject([{ type: "ERROR", object: tooOld }]);
    const next = await client.get(`${pods}?limit=1&continue=${token}`);
    expect([next.status, await next.json()]).toMatchObject([
      410,
      { reason: "Expired", message: CONTINUE_TOO_OLD, metadata: { continue: expect.any(String) } },
    ]);
    const exact = await client.get(`${pods}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
    expect([exact.status, await exact.json()]).toMatchObject([410, { reason: "Expired" }]);
  });

  it("freezes: the namespace becomes stale, and what happened meanwhile is noticed when it continues", async ({
    expect,
  }) => {
    await using world = await start(path);
    const { controlPlane, program, watched } = world;
    controlPlane.freeze();
    await expect.poll(program.states, LATER).not.toEqual({ [watched]: "live" });
    controlPlane.thaw();
    await world.createCrashingPod("late");
    await expect.poll(() => world.alertOf("late"), SOON).toMatchObject({ alertname: "PodCrashLooping" });
    await expect.poll(program.states, SOON).toEqual({ [watched]: "live" });
    expect(await world.alertOf("kept")).not.toHaveProperty("resolvedAt");
  });

  it("accepts the token no longer: unauthenticated, and live again with the token that replaces it", async ({
    expect,
  }) => {
    await using world = await start(path);
    const { program, watched } = world;
    await world.cluster.request("DELETE", `/api/v1/namespaces/${watched}/secrets/token-owner`);
    await world.restart(); // A running watch outlives its token.
    await expect.poll(program.states, LATER).toEqual({ [watched]: "unauthenticated" });
    program.writeToken(await issueToken(world.cluster, {}));
    await expect.poll(program.states, LATER).toEqual({ [watched]: "live" });
  });

  it("takes the role view away and grants it again", async ({ expect }) => {
    await using world = await start(path);
    const { cluster, program, watched } = world;
    const bindings = `/apis/rbac.authorization.k8s.io/v1/namespaces/${watched}/rolebindings`;
    const { roleRef, subjects } = (await cluster.request("GET", `${bindings}/watcher-view`)) as Record<string, object>;
    await cluster.request("DELETE", `${bindings}/watcher-view`);
    await world.restart(); // A running watch outlives its permission.
    await expect.poll(program.states, LATER).toEqual({ [watched]: "forbidden" });
    await expect.poll(program.alerts, SOON).toContainEqual(
      expect.objectContaining({
        alertname: "NamespaceNotWatched",
        description: expect.stringContaining(`--serviceaccount=${watched}:watcher -n ${watched}`),
      }),
    );
    expect(await world.alertOf("kept")).not.toHaveProperty("resolvedAt");
    await cluster.request("POST", bindings, { metadata: { name: "watcher-view" }, roleRef, subjects });
    await expect.poll(program.states, LATER).toEqual({ [watched]: "live" });
  });
}

const CONTINUE_TOO_OLD = continueTooOld().message;

interface World extends AsyncDisposable {
  readonly controlPlane: ControlPlane;
  readonly cluster: RealCluster;
  /** Watches the namespace `watched`, in which the pod `kept` is crash looping. */
  readonly program: WatchingProgram;
  readonly watched: string;
  restart(): Promise<void>;
  createCrashingPod(name: string): Promise<void>;
  deletePod(name: string): Promise<void>;
  alertOf(pod: string): Promise<ProgramAlert | undefined>;
}

async function start(binary: string): Promise<World> {
  await using started = new AsyncDisposableStack();
  const emulated = process.env.POD_WATCHER_TEST_EMULATED_VERSION || undefined;
  const controlPlane = started.use(await startControlPlane(binary, emulated));
  const cluster = started.use(await openRealCluster(controlPlane.kubeconfig));
  const [watched] = cluster.namespaces;
  const pods = `/api/v1/namespaces/${watched}/pods`;
  const createCrashingPod = async (name: string) => {
    const spec = { schedulerName: "nobody", containers: [{ name: "app", image: "registry.invalid/app:1" }] };
    await cluster.request("POST", pods, { metadata: { name }, spec });
    const state = { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s" } };
    const container = { name: "app", image: "app:1", imageID: "", ready: false, restartCount: 3, state };
    const status = { phase: "Running", containerStatuses: [container] };
    await cluster.request("PATCH", `${pods}/${name}/status`, { status }, MERGE);
  };
  await createCrashingPod("kept");
  // A token is valid for at least 10 minutes, but only as long as the object that it is bound to exists.
  await cluster.request("POST", `/api/v1/namespaces/${watched}/secrets`, { metadata: { name: "token-owner" } });
  const boundObjectRef = { apiVersion: "v1", kind: "Secret", name: "token-owner" };
  const token = await issueToken(cluster, { boundObjectRef });
  const program = started.use(await watchWithProgram({ ...cluster, token }, [watched]));
  const alertOf = async (pod: string) => (await program.alerts()).find(({ podLongName }) => podLongName === pod);
  await vi.waitUntil(async () => (await program.states())[watched] === "live", SOON);
  await vi.waitUntil(async () => (await alertOf("kept"))?.alertname === "PodCrashLooping", SOON);
  const ending = started.move();
  return {
    controlPlane,
    cluster,
    program,
    watched,
    restart: async () => {
      await controlPlane.stop();
      await controlPlane.start();
    },
    createCrashingPod,
    deletePod: async (name) => {
      await cluster.request("DELETE", `${pods}/${name}?gracePeriodSeconds=0`);
    },
    alertOf,
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  };
}

async function issueToken({ namespaces: [namespace], request }: RealCluster, spec: object): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/watcher/token`;
  const issued = (await request("POST", path, { spec })) as { status: { token: string } };
  return issued.status.token;
}
