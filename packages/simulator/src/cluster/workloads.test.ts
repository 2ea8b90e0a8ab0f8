import { expect, it } from "vitest";
import { createFakeClock } from "../../../../test/support/fake-clock.ts";
import { seededRandom } from "../model/clocks.ts";
import type { Pod } from "../model/objects.ts";
import { createCluster } from "./cluster.ts";

function world(nodes: readonly string[] = ["node-1"]) {
  const clock = createFakeClock({ now: Date.UTC(2026, 10, 22, 12), random: seededRandom(3) });
  const cluster = createCluster({ clock, nodes: Object.fromEntries(nodes.map((name) => [name, {}])) });
  const pods = () => cluster.storage.pods.entries().map(({ object }) => object);
  const named = (what: string) => cluster.storage.events.entries().filter(({ object }) => object.reason === what);
  return { clock, cluster, pods, named };
}

const images = (pods: readonly Pod[]) => pods.map(({ spec }) => spec.containers[0]?.image).sort();
const isReady = ({ status }: Pod) =>
  status.conditions?.some(({ type, status: verdict }) => type === "Ready" && verdict === "True") ?? false;
const web = { namespace: "shop", name: "web", containers: [{ name: "web", image: "web:1" }] };

it("rolls out a Deployment: creates new pods first, and never has fewer ready pods than replicas", async () => {
  const { clock, cluster, pods } = world();
  cluster.createDeployment({ ...web, replicas: 3 });
  await clock.advance(10_000);
  expect(pods()).toHaveLength(3);
  const [first] = pods();
  expect(first?.metadata).toMatchObject({
    name: expect.stringMatching(/^web-[a-z0-9]{9,10}-[a-z0-9]{5}$/),
    labels: { app: "web", "pod-template-hash": expect.any(String) },
    ownerReferences: [{ kind: "ReplicaSet", controller: true }],
  });
  let fewest = 3;
  cluster.storage.pods.subscribe(() => {
    fewest = Math.min(fewest, pods().filter(isReady).length);
  });
  cluster.rollout("web", { image: "web:2" });
  await clock.advance(60_000);
  expect(images(pods())).toEqual(["web:2", "web:2", "web:2"]);
  expect(fewest).toBe(3);
});

it("stops a rollout at an image that cannot be pulled, and rolls back to the old ReplicaSet", async () => {
  const { clock, cluster, pods } = world();
  cluster.createDeployment({ ...web, replicas: 3 });
  await clock.advance(10_000);
  const before = pods().map(({ metadata }) => metadata.name);
  const broken = { name: "web", image: "web:tpyo", behaviour: { image: { reason: "ErrImagePull" as const } } };
  cluster.rollout("web", { containers: [broken] });
  await clock.advance(60_000);
  expect(images(pods())).toEqual(["web:1", "web:1", "web:1", "web:tpyo"]);
  cluster.rollout("web", { containers: web.containers });
  await clock.advance(60_000);
  expect(pods().map(({ metadata }) => metadata.name)).toEqual(before);
});

it("replaces deleted pods and follows scaling", async () => {
  const { clock, cluster, pods, named } = world();
  cluster.createDeployment({ ...web, replicas: 2 });
  await clock.advance(10_000);
  const [first] = pods();
  cluster.deletePod(first?.metadata.name ?? "");
  await clock.advance(60_000);
  expect([pods().length, pods().some(({ metadata }) => metadata.uid === first?.metadata.uid)]).toEqual([2, false]);
  cluster.scale("web", 5);
  await clock.advance(20_000);
  expect(pods().filter(isReady)).toHaveLength(5);
  cluster.scale("web", 1);
  await clock.advance(60_000);
  expect(pods()).toHaveLength(1);
  expect(named("SuccessfulCreate").length).toBeGreaterThan(0);
});

it("creates the pods of a StatefulSet in order and those of a DaemonSet on every node", async () => {
  const { clock, cluster, pods } = world(["a", "b", "c"]);
  cluster.createStatefulSet({ namespace: "shop", name: "db", replicas: 3 });
  await clock.advance(1_000);
  expect(pods().map(({ metadata }) => metadata.name)).toEqual(["db-0"]);
  await clock.advance(30_000);
  expect(pods().map(({ metadata }) => metadata.name)).toEqual(["db-0", "db-1", "db-2"]);
  cluster.deleteWorkload("db");
  cluster.createDaemonSet({ namespace: "shop", name: "agent" });
  await clock.advance(60_000);
  expect(pods().map(({ spec }) => spec.nodeName)).toEqual(expect.arrayContaining(["a", "b", "c"]));
  expect(pods()).toHaveLength(3);
});

it("retries a Job up to its limit, and runs a CronJob every minute, keeping the latest failed Job", async () => {
  const { clock, cluster, pods, named } = world();
  const failing = [{ name: "run", behaviour: { exit: { after: 1_000, exitCode: 4 } } }];
  cluster.createJob({ namespace: "batch", name: "import", backoffLimit: 2, containers: failing });
  await clock.advance(120_000);
  expect(pods().map(({ status }) => status.phase)).toEqual(["Failed", "Failed", "Failed"]);
  expect(named("BackoffLimitExceeded")).toHaveLength(1);
  expect(pods()[0]?.metadata.finalizers).toBeUndefined();
  cluster.deleteWorkload("import");
  cluster.createCronJob({ namespace: "batch", name: "nightly", backoffLimit: 0, containers: failing, every: 60_000 });
  await clock.advance(300_000);
  const jobs = new Set(pods().map(({ metadata }) => metadata.ownerReferences?.[0]?.name));
  expect(jobs.size).toBeLessThanOrEqual(3);
  expect([...jobs].every((name) => /^nightly-\d{8}$/.test(name ?? ""))).toBe(true);
});

it("records why pods cannot be created", async () => {
  const { clock, cluster, pods, named } = world();
  const quota = 'pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=10, limited: pods=10';
  const workload = cluster.createDeployment({ ...web, replicas: 0 });
  cluster.refusePods("web", quota);
  cluster.scale("web", 2);
  await clock.advance(60_000);
  expect(pods()).toEqual([]);
  const [event] = named("FailedCreate");
  expect(event?.object).toMatchObject({
    message: `Error creating: ${quota}`,
    involvedObject: { kind: "ReplicaSet", name: expect.stringMatching(/^web-/) },
  });
  expect(event?.object.count).toBeGreaterThan(2);
  cluster.refusePods("web", undefined);
  await clock.advance(30_000);
  expect([pods().length, workload.replicas]).toEqual([2, 2]);
});
