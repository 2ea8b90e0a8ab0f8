import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Simulator } from "@pod-watcher/simulator";
import { seededRandom } from "@pod-watcher/simulator/model/clocks";
import { storageInitializing, tooManyRequests } from "@pod-watcher/simulator/model/status";
import { afterEach, expect, it } from "vitest";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { resolveClusterAccess } from "../../src/kubernetes/auth/credentials.ts";
import type { FakeClock } from "../support/fake-clock.ts";
import { createFaultWorld, forEachProtocol, podObject, put, remove } from "./fault-world.ts";

const ALWAYS = Number.POSITIVE_INFINITY;
const RESUMED = { verb: "watch", query: { sendInitialEvents: false } } as const;
const ACCOUNT = "system:serviceaccount:monitoring:pod-watcher";
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

forEachProtocol("access", (protocol) => {
  it("54. token file rotated → the next request uses the new token, within 60 s", async () => {
    const account = mountedAccount();
    await using world = await createFaultWorld({ protocol, mounted: account.mount });
    put(world, "a");
    await world.live();
    account.write("token", world.simulator.token(["shop"]));
    await world.pass(60 * SECOND);
    world.simulator.access.revokeToken(world.token);
    world.simulator.dropConnections("reset");
    await world.pass(3 * SECOND);
    expect(world.requests(RESUMED).map(({ status }) => status)).toEqual([200]);
    expect(world.health()).toMatchObject({ state: "live", refusals: {} });
  });

  it("55. 401 → the token is read again at once, one immediate retry; still 401 → back-off, unauthenticated", async () => {
    const account = mountedAccount();
    await using world = await createFaultWorld({ protocol, mounted: account.mount });
    put(world, "a");
    await world.live();
    const fresh = world.simulator.token(["shop"]);
    account.write("token", fresh);
    world.simulator.access.revokeToken(world.token);
    world.simulator.dropConnections("reset");
    await world.pass(3 * SECOND);
    expect(world.requests(RESUMED).map(({ status }) => status)).toEqual([401, 200]);
    expect(world.health()).toMatchObject({ state: "live", refusals: {} });

    world.take();
    world.simulator.access.revokeToken(fresh);
    world.simulator.dropConnections("reset");
    await world.pass(20 * SECOND);
    expect(world.take()).toEqual(["shop unauthenticated"]);
    expect(world.health().refusals[401]).toBeGreaterThan(1);
    expect(world.requests(RESUMED).length).toBeLessThan(2 + 2 * 6);
    expect(world.health().problem?.message).toContain("rejects the credentials (the cluster of this pod");
    expect(JSON.stringify([world.health(), world.log])).not.toContain(fresh);
    account.write("token", world.simulator.token(["shop"]));
    await world.passUntil(() => world.health().state === "live", MINUTE);
    expect(world.health().syncs).toEqual({ start: 1 });
  });

  it.each(["missing", "empty"])(
    "56. token file %s for 5 s while it is exchanged → the old token is kept",
    async (how) => {
      const account = mountedAccount();
      await using world = await createFaultWorld({ protocol, mounted: account.mount });
      put(world, "a");
      await world.live();
      await world.pass(61 * SECOND);
      if (how === "missing") account.remove("token");
      else account.write("token", "");
      world.simulator.dropConnections("reset");
      await world.pass(5 * SECOND);
      expect(world.requests(RESUMED).map(({ status }) => status)).toEqual([200]);
      account.write("token", world.token);
      expect(world.health()).toMatchObject({ state: "live", refusals: {} });
    },
  );

  it("57. token with a trailing newline → works", async () => {
    const account = mountedAccount((token) => `${token}\n`);
    await using world = await createFaultWorld({ protocol, mounted: account.mount });
    put(world, "a");
    await world.live();
    expect(world.requests().every(({ status }) => status === 200)).toBe(true);
  });

  it("58. CA bundle rotated → the next connection uses it without a restart", async () => {
    const account = mountedAccount();
    await using world = await createFaultWorld({ protocol, mounted: account.mount });
    put(world, "a");
    await world.live();
    const renewed = world.simulator.rotateAuthority();
    world.simulator.dropConnections("reset");
    await world.pass(20 * SECOND);
    expect(world.health().state).toBe("stale");
    expect(world.health().problem?.message).toMatch(/its certificate .*CA certificate/);
    account.write("ca.crt", renewed);
    await world.passUntil(() => world.health().state === "live", MINUTE);
    expect(world.health().syncs).toEqual({ start: 1 });
  });

  it("59. RoleBinding removed → forbidden, pods kept, retry within 5 min, others unaffected; restored → resync", async () => {
    await using world = await createFaultWorld({ protocol, namespaces: ["shop", "till"] });
    const [a] = put(world, "a", podObject("t", { namespace: "till" }));
    await world.live();
    world.simulator.access.unbind(ACCOUNT, "shop");
    world.simulator.breakRequests({ verb: "watch", namespace: "shop" }, { how: "stream" });
    await world.pass(30 * MINUTE);
    expect(world.pods()).toEqual([a]);
    expect(world.take("removed", "updated", "shop")).toEqual(["shop forbidden"]);
    const { problem, gaps, syncedSince, refusals } = world.health();
    expect(problem).toMatchObject({ missing: ["list pods", "watch pods"] });
    expect(problem?.remedy?.split("\n")[0]).toBe(`oc policy add-role-to-user view ${ACCOUNT} -n shop`);
    expect([gaps.length, gaps[0]?.to, syncedSince]).toEqual([1, undefined, undefined]);
    expect(refusals[403]).toBeGreaterThanOrEqual(6 * 2);
    expect(world.health("till")).toMatchObject({ state: "live", refusals: {} });
    world.simulator.access.bind(ACCOUNT, "shop");
    remove(world, "a");
    const took = await world.passUntil(() => world.health("shop").state === "live", 6 * MINUTE);
    expect(took).toBeLessThanOrEqual(5 * MINUTE);
    expect(world.take("removed", "updated", "shop", "synced")).toEqual([
      `removed ${a} missing`,
      "shop live",
      "synced shop",
    ]);
  });

  it("60. namespace deleted and created again → pods gone, new UIDs are new pods", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, podObject("a", { restartCount: 7 }));
    await world.live();
    world.simulator.cluster.deleteNamespace("shop");
    await world.arrive();
    expect(world.take("removed")).toEqual(["removed a@3 deleted"]);
    world.simulator.dropConnections("reset");
    await world.pass(30 * SECOND);
    expect(world.pods()).toEqual([]);
    world.simulator.cluster.createNamespace("shop");
    const [fresh] = put(world, podObject("a", { uid: "another" }));
    await world.passUntil(() => world.pods().length === 1, 6 * MINUTE);
    expect(world.take("updated", "removed")).toEqual([`updated ${fresh}`]);
    expect(world.changes.at(-1)).toMatchObject({ type: "updated", previous: undefined });
  });

  it("60b. a namespace that does not exist → said so, watched once it is there", async () => {
    await using world = await createFaultWorld({ protocol, namespaces: [] });
    world.simulator.access.bind(ACCOUNT, "*");
    world.start();
    world.source.watch(["shop"]);
    await world.pass(2 * SECOND);
    expect(world.health().state).toBe("missing");
    expect(world.health().problem?.message).toContain('namespaces "shop" not found');
    world.simulator.cluster.createNamespace("shop");
    await world.passUntil(() => world.health().state === "live", 6 * MINUTE);
  });

  it("60c. a namespace without pods is deleted, and the token may view all → reported within minutes, although no watch shows it", async () => {
    await using world = await createFaultWorld({ protocol, permitted: [] });
    world.simulator.access.bind(ACCOUNT, "*");
    await world.live();
    world.simulator.cluster.deleteNamespace("shop");
    await world.passUntil(() => world.health().state === "missing", 16 * MINUTE);
    expect(world.health().problem?.message).toContain('namespaces "shop" not found');
    world.simulator.cluster.createNamespace("shop");
    await world.passUntil(() => world.health().state === "live", 6 * MINUTE);
  });

  it("61. list allowed, watch denied → polled at most every 30 s, said so; granted → watched", async () => {
    const rules = [{ verbs: ["list"], resources: ["pods"] }];
    await using world = await createFaultWorld({ protocol, rules });
    put(world, "a");
    world.start();
    await world.pass(3 * SECOND);
    expect(world.health()).toMatchObject({ state: "polling", pods: 1 });
    expect(world.health().problem).toMatchObject({ missing: ["watch pods"] });
    const [b] = put(world, "b");
    await world.pass(4 * MINUTE);
    expect(world.take("updated").at(-1)).toBe(`updated ${b}`);
    const polls = world.requests({ verb: "list" });
    const pauses = polls.slice(2).map(({ at }, index) => at - polls[index + 1]!.at);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(30 * SECOND);
    expect(polls.at(-1)?.query).toMatchObject({ resourceVersionMatch: "NotOlderThan" });
    world.simulator.access.bind(ACCOUNT, "shop");
    await world.passUntil(() => world.health().state === "live", 6 * MINUTE);
    expect(world.health().problem).toBeUndefined();
  });

  it("62. 429 with Retry-After: 3 on 50 namespaces → all wait at least 3 s, and do not come back together", async () => {
    const namespaces = Array.from({ length: 50 }, (_, number) => `ns-${number}`);
    await using world = await createFaultWorld({ protocol, namespaces, random: seededRandom(62) });
    await world.live();
    for (const namespace of namespaces) {
      const slow = tooManyRequests("too many requests, please try again later", 3);
      world.simulator.faults.add({ match: { ...RESUMED, namespace }, fault: { kind: "status", status: slow } });
    }
    world.simulator.dropConnections("reset");
    await world.passUntil(() => world.requests(RESUMED).length >= 100, MINUTE);
    const pauses = namespaces.map((namespace) => {
      const [refused, again] = world.requests({ ...RESUMED, namespace });
      return again!.at - refused!.at;
    });
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(3 * SECOND);
    // Each on its own: asked together, they would not come back together.
    expect(Math.max(...pauses)).toBeGreaterThan(5 * SECOND);
    const alike = Map.groupBy(pauses, (pause) => Math.floor(pause / 100)).values();
    expect(Math.max(...alike.map(({ length }) => length))).toBeLessThan(12);
  });

  it("63. 429 storage is (re)initializing for 60 s → the same version again and again, no LIST", async () => {
    await using world = await createFaultWorld({ protocol });
    put(world, "a");
    await world.live();
    using rule = world.simulator.faults.add({
      match: { resource: "pods" },
      times: ALWAYS,
      fault: { kind: "status", status: storageInitializing() },
    });
    world.simulator.dropConnections("reset");
    const before = world.requests().length;
    await world.pass(60 * SECOND);
    const asked = world.requests().slice(before);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.every(({ verb, query }) => verb === "watch" && query.resourceVersion === "2")).toBe(true);
    rule[Symbol.dispose]();
    await world.passUntil(() => world.health().state === "live", MINUTE);
    expect(world.health().syncs).toEqual({ start: 1 });
  });

  it("64. etcd restored (older versions, lower counts) → a new baseline, one message, nothing gone", async () => {
    await using world = await createFaultWorld({ protocol });
    const [a] = put(world, podObject("a", { restartCount: 2 }));
    const backup = world.simulator.cluster.storage.backup();
    put(world, podObject("a", { restartCount: 5 }));
    const [lost] = put(world, "made-after-the-backup");
    world.simulator.cluster.storage.advance(50);
    await world.live();
    // Silence means something only where bookmarks have been seen.
    await world.pass(65 * SECOND);
    world.simulator.restore(backup);
    await world.passUntil(() => world.health().syncs.silent === 1, 5 * MINUTE);
    expect(world.pods()).toEqual([a]);
    expect(world.take("updated", "removed")).toEqual([`updated ${a}`, `removed ${lost} rolledBack`]);
    expect(world.changes.find(({ type }) => type === "updated")).toMatchObject({ rolledBack: true });
    const [next] = put(world, podObject("a", { restartCount: 3 }));
    await world.pass(2 * SECOND);
    expect(world.take("updated")).toEqual([`updated ${next}`]);
    expect(world.changes.at(-1)).not.toHaveProperty("rolledBack");
    expect(world.log.filter(({ event }) => event === "cluster_restored")).toMatchObject([{ level: "error" }]);
  });

  it("64a. etcd restored under many namespaces → one message for the cluster", async () => {
    const namespaces = Array.from({ length: 10 }, (_, number) => `ns-${number}`);
    await using world = await createFaultWorld({ protocol, namespaces, random: seededRandom(64) });
    put(world, ...namespaces.map((namespace) => podObject("a", { namespace })));
    const backup = world.simulator.cluster.storage.backup();
    world.simulator.cluster.storage.advance(50);
    await world.live();
    await world.pass(65 * SECOND);
    world.simulator.restore(backup);
    await world.passUntil(() => world.source.health().every(({ syncs }) => syncs.silent === 1), 6 * MINUTE);
    expect(world.log.filter(({ event }) => event === "cluster_restored")).toHaveLength(1);
    expect(await world.metric("pod_watcher_watch_anomalies_total", "rolled_back")).toBe(10);
  });

  it("64b. etcd restored, and its versions come as far again before anybody notices → the comparison puts it right", async () => {
    await using world = await createFaultWorld({ protocol, random: () => 0 });
    const [a] = put(world, podObject("a", { restartCount: 2 }));
    const backup = world.simulator.cluster.storage.backup();
    put(world, podObject("a", { restartCount: 5 }));
    await world.live();
    world.simulator.restore(backup);
    world.simulator.cluster.storage.advance(50);
    await world.pass(31 * MINUTE);
    expect(world.take("updated")).toEqual([`updated ${a}`]);
    expect(world.health()).toMatchObject({ differences: 1, syncs: { start: 1, consistency_check: 1 } });
  });
});

/** A service account as the kubelet mounts it. */
function mountedAccount(written: (token: string) => string = (token) => token) {
  const folder = mkdtempSync(join(tmpdir(), "pod-watcher-account-"));
  folders.push(folder);
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  return {
    write,
    remove: (name: string) => rmSync(join(folder, name)),
    mount: (simulator: Simulator, token: string, clock: FakeClock) => {
      write("token", written(token));
      write("ca.crt", simulator.caPem);
      write("namespace", "monitoring");
      const hostEnvironment = { kubeconfig: [], home: undefined, httpsProxy: undefined, noProxy: undefined };
      return resolveClusterAccess(
        {
          ...{ host: undefined, plaintext: false, token: undefined, caFile: undefined, insecureSkipTlsVerify: false },
          ...{ kubeconfig: undefined, context: undefined, serviceAccountFolder: folder },
          hostEnvironment: { ...hostEnvironment, service: { host: "127.0.0.1", port: String(simulator.port) } },
        },
        clock,
      );
    },
  };
}
