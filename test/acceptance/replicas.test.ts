/** Two processes on one PostgreSQL: the standby serves, takes over, and nothing is lost or sent twice. */
import { afterAll, describe, expect, it } from "vitest";
import { setReplicaStage } from "../support/replicas.ts";

const stage = await setReplicaStage();
afterAll(() => stage?.[Symbol.asyncDispose]());

describe.skipIf(stage === undefined)("two replicas", () => {
  const status = async (url: string, path: string) => (await fetch(new URL(path, url))).status;
  const states = async (url: string) => {
    const response = await fetch(new URL("status", url));
    if (!response.ok) return [];
    const { namespaces } = (await response.json()) as { namespaces: readonly { state: string }[] };
    return namespaces.map(({ state }) => state);
  };

  it("one works and the other stands by; after kill -9 and after SIGTERM the other one continues", async () => {
    const { cluster, notified, start } = stage!;
    cluster.createPod({ namespace: "shop", name: "web-0" });
    const first = start();
    const owner = await first.active;
    await expect.poll(() => states(owner)).toEqual(["live"]);

    const second = start();
    const standby = await second.standby;
    // A rollout waits for it, and the page is there.
    await expect.poll(() => status(standby, "readyz")).toBe(200);
    await expect.poll(() => status(standby, "startupz")).toBe(200);
    await expect.poll(() => status(standby, "readyz?owner")).toBe(200);
    await expect.poll(() => states(standby)).toEqual(["live"]);
    expect(await (await fetch(new URL("metrics", standby))).text()).toMatch(/^pod_watcher_replica_owner 0$/m);
    expect(await (await fetch(new URL("metrics", owner))).text()).toMatch(/^pod_watcher_replica_owner 1$/m);

    await expect.poll(() => cluster.pod("shop/web-0").status.phase).toBe("Running");
    await cluster.crash("shop/web-0", { times: 4 });
    await expect.poll(notified).toEqual(["firing web-0"]);

    first.cli.process.kill("SIGKILL");
    const next = await second.active;
    expect(new URL(next).port).toBe(new URL(standby).port);
    await expect.poll(() => states(next)).toEqual(["live"]);
    cluster.deletePod("shop/web-0", 0);
    await expect.poll(notified).toEqual(["firing web-0", "resolved web-0"]);

    const third = start();
    await third.standby;
    second.cli.process.kill("SIGTERM");
    const last = await third.active;
    expect(await second.cli.ended).toBe(0);
    await expect.poll(() => states(last)).toEqual(["live"]);
    cluster.createPod({ namespace: "shop", name: "web-1" });
    await expect.poll(() => cluster.pod("shop/web-1").status.phase).toBe("Running");
    await cluster.crash("shop/web-1", { times: 4 });
    await expect.poll(notified).toEqual(["firing web-0", "resolved web-0", "firing web-1"]);
  });
});
