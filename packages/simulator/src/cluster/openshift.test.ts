import { expect, it } from "vitest";
import { createFakeClock } from "../../../../test/support/fake-clock.ts";
import { seededRandom } from "../model/clocks.ts";
import { createCluster } from "./cluster.ts";

function world(openshift = true) {
  const clock = createFakeClock({ now: Date.UTC(2026, 10, 22, 12), random: seededRandom(3) });
  const cluster = createCluster({ clock, openshift });
  const pods = () => cluster.storage.pods.entries().map(({ object }) => object);
  const named = (what: string) => cluster.storage.events.entries().filter(({ object }) => object.reason === what);
  return { clock, cluster, pods, named };
}

const web = { namespace: "shop", name: "web" };

it("refuses a user outside the range of the project, with one entry for each security context constraint", async () => {
  for (const [openshift, runAsUser, isRefused] of [
    [true, 1001, true],
    [true, 1_000_750_001, false],
    [false, 1001, false],
  ] as const) {
    const { clock, cluster, pods, named } = world(openshift);
    cluster.createDeployment({ ...web, containers: [{ name: "web", runAsUser }] });
    await clock.advance(60_000);
    expect(pods()).toHaveLength(isRefused ? 0 : 1);
    const [event] = named("FailedCreate");
    if (!isRefused) expect(event).toBeUndefined();
    else {
      expect(event?.object.involvedObject.kind).toBe("ReplicaSet");
      expect(event?.object.message).toMatch(
        /^Error creating: pods "web-[a-z0-9]+-" is forbidden: unable to validate against any security context constraint: \[provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: \.containers\[0\]\.runAsUser: Invalid value: 1001: must be in the ranges: \[1000750000, 1000759999\], provider "restricted": Forbidden: /,
      );
    }
  }
});

it("numbers builds, and keeps the pods of the last five that failed and that succeeded", async () => {
  const { clock, cluster, pods, named } = world();
  cluster.createBuildConfig(web);
  for (let n = 1; n <= 14; n++) {
    cluster.startBuild("web", { after: 10_000, exitCode: n % 2 });
    await clock.advance(60_000);
  }
  const byPhase = (wanted: string) => {
    const builds = pods().filter(({ status }) => status.phase === wanted);
    return builds
      .map(({ metadata }) => metadata.name)
      .sort((a, b) => Number.parseInt(a.slice(4), 10) - Number.parseInt(b.slice(4), 10));
  };
  expect(byPhase("Failed")).toEqual([5, 7, 9, 11, 13].map((n) => `web-${n}-build`));
  expect(byPhase("Succeeded")).toEqual([6, 8, 10, 12, 14].map((n) => `web-${n}-build`));
  expect(pods()[0]?.metadata).toMatchObject({
    labels: { "openshift.io/build.name": expect.stringMatching(/^web-\d+$/) },
    ownerReferences: [{ apiVersion: "build.openshift.io/v1", kind: "Build", controller: true }],
  });
  expect(named("BuildFailed")[0]?.object.message).toMatch(/^Build shop\/web-\d+ failed$/);
  expect(named("BuildCompleted")[0]?.object.message).toMatch(/^Build shop\/web-\d+ completed successfully$/);
});
