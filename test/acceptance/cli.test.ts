import { once } from "node:events";
import { mkdtempSync, readdirSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startCli } from "../support/cli-process.ts";
import { cpuTimeOf } from "../support/cpu-time.ts";
import { setStage } from "../support/running-app.ts";

const LISTENING = /running at (http:\/\/\S+)/;

interface Status {
  readonly namespaces: readonly { readonly pods: readonly { readonly state: { waiting?: { reason: string } } }[] }[];
}

describe("demo", () => {
  it("prints its address and that time is accelerated, shows a crash loop, and leaves no files behind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pod-watcher-cli-"));
    await using demo = startCli(["demo", "--port", "0"], { TMPDIR: folder });
    const [, url] = await demo.prints(LISTENING);
    expect(cpuTimeOf(demo.process.pid)).toBeLessThan(8_000);
    expect(demo.stdout()).toMatch(/simulated time is accelerated/i);
    await expect
      .poll(
        async () => {
          const status = (await (await fetch(`${url}status`)).json()) as Status;
          return status.namespaces.flatMap(({ pods }) => pods).map(({ state }) => state.waiting?.reason);
        },
        { interval: 250 },
      )
      .toContain("CrashLoopBackOff");
    const { receivers } = (await (await fetch(`${url}api/v1/receivers`)).json()) as { receivers: { name: string }[] };
    expect(receivers.map(({ name }) => name).toSorted()).toEqual(["on-call", "team-chat"]);
    demo.process.kill("SIGINT");
    expect(await demo.ended).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("rejects an invalid speed", async () => {
    await using demo = startCli(["demo", "--speed", "fast"]);
    expect(await demo.ended).toBe(1);
    expect(demo.stderr()).toBe("--speed: fast is not a number from 1 to 60, such as 15\n");
  });
});

/** How much slower a process may run on a machine that has much other work. */
const BUSY = 6;

describe("serve", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("stops within 5 s of %s, with exit code 0", async (signal) => {
    await using stage = await setStage();
    await using server = startCli(["serve"], stage.env);
    const [, url] = await server.prints(LISTENING);
    expect((await fetch(`${url}livez`)).status).toBe(200);
    const signalledAt = performance.now();
    server.process.kill(signal);
    expect(await server.ended).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(BUSY * 5_000);
  });

  it("backs up its state on SIGUSR2 while it runs, and starts from the copy", async () => {
    await using stage = await setStage();
    await using server = startCli(["serve"], stage.env);
    await server.prints(LISTENING);
    server.process.kill("SIGUSR2");
    const [, path] = await server.prints(/"event":"state_backed_up","path":"([^"]+)"/);
    const elsewhere = join(stage.folder, "elsewhere");
    await mkdir(elsewhere);
    await copyFile(path!, join(elsewhere, "pod-watcher.db"));
    await using restored = startCli(["serve"], { ...stage.env, PODMONITOR_FILEPATH: elsewhere });
    await restored.prints(LISTENING);
    expect(restored.stdout()).not.toContain("state_quarantined");
    expect(await readdir(elsewhere)).toEqual(["pod-watcher.db", "pod-watcher.db-wal"]);
    expect(server.process.exitCode).toBe(null);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "stops within 5 s of %s while its database does not respond",
    async (signal) => {
      await using stage = await setStage();
      const connections = new Set<Socket>();
      const silent = createServer((connection) => void connections.add(connection.on("error", () => {})));
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
      const { port } = silent.address() as AddressInfo;
      const connected = once(silent, "connection");
      const database = `postgres://pod_watcher@127.0.0.1:${port}/pod_watcher`;
      await using server = startCli(["serve"], { ...stage.env, POD_WATCHER_DATABASE_URL: database });
      await connected;
      const signalledAt = performance.now();
      server.process.kill(signal);
      expect(await server.ended).toBe(0);
      expect(performance.now() - signalledAt).toBeLessThan(BUSY * 5_000);
      expect(server.stderr()).toBe(`pod-watcher: stopped by ${signal} during startup\n`);
      for (const connection of connections) connection.destroy();
      silent.close();
    },
  );

  it("reports in one line that its port is in use", async () => {
    await using stage = await setStage();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    await using server = startCli(["serve", "--port", String(port)], stage.env);
    expect(await server.ended).toBe(1);
    other.close();
    expect(server.stderr().trimEnd().split("\n")).toEqual([expect.stringContaining(`127.0.0.1:${port}`)]);
  });

  it("reports in one line that there is no cluster to watch", async () => {
    await using stage = await setStage();
    await using server = startCli(["serve"], { PODMONITOR_FILEPATH: stage.folder, PORT: "0" });
    expect(await server.ended).toBe(1);
    expect(server.stderr()).toMatch(/^pod-watcher: .*no API server.*oc login.*\n$/);
  });

  it("does not start with an invalid configuration", async () => {
    await using stage = await setStage();
    await using server = startCli(["serve"], { ...stage.env, RESTART_THRESHOLD: "abc", OPENSHIFT_NAMEPACE: "shop" });
    expect(await server.ended).toBe(1);
    expect(server.stderr().trimEnd().split("\n")).toEqual([
      "OPENSHIFT_NAMEPACE: is not a known variable: did you mean OPENSHIFT_NAMESPACE?",
      'RESTART_THRESHOLD: "abc" is not a whole number from 1 to 500, such as 5',
      "Not started: fix these 2 problems first.",
    ]);
  });
});

describe("check", () => {
  async function check(env: Readonly<Record<string, string>>, ...args: string[]) {
    await using cli = startCli(["check", ...args], env);
    return { code: await cli.ended, out: cli.stdout(), err: cli.stderr() };
  }

  it("exits with 0 without alerts and with 2 when a container crashes", async () => {
    await using stage = await setStage();
    stage.cluster.createPod({ namespace: "shop", name: "web-0" });
    await expect.poll(() => stage.cluster.pod("web-0").status.phase).toBe("Running");
    const normal = await check(stage.env);
    expect(normal).toMatchObject({ code: 0, out: "no problems: 1 pod in shop\n" });

    stage.cluster.failPull("web-0");
    await stage.cluster.crash("web-0");
    await expect.poll(() => check(stage.env)).toMatchObject({ code: 2 });
    const failing = await check(stage.env, "--format", "nagios");
    expect(failing.out).toMatch(
      /^POD WATCHER CRITICAL - 1 failure .*shop\/web-0\/.* \| failures=1;;0 warnings=\d+;0 pods=1\n/,
    );
  });
});
