import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createCertificateAuthority } from "@pod-watcher/simulator/http/certificate";
import { describe, expect, it } from "vitest";
import { type RunningApp, type Stage, setStage } from "../support/running-app.ts";

interface LegacyEntry {
  readonly alertStatus: string;
  readonly alertname?: string;
  readonly podName: string;
  readonly podLongName: string;
  readonly namespace: string;
  readonly delivery: number;
  readonly Events: readonly { readonly reason: string; readonly localizedTime: string }[];
}

interface Status {
  readonly namespaces: readonly {
    readonly namespace: string;
    readonly state: string;
    readonly problem?: string;
    readonly pods: readonly LegacyEntry[];
  }[];
}

const poll = async (app: RunningApp, query = "") => (await app.get<LegacyEntry[]>(`pod-restart-alerts${query}`)).body;
/** Waits until an alert is due, as a long-polling caller does. */
const awaitAlerts = (app: RunningApp) => poll(app, "?wait=15s");
const brief = (entries: readonly LegacyEntry[]) =>
  entries.map((entry) => `${entry.alertStatus} ${entry.alertname} ${entry.podLongName}/${entry.podName}`).toSorted();

async function crashes({ cluster }: Stage, name: string) {
  await expect.poll(() => cluster.pod(name).status.phase).toBe("Running");
  await cluster.crash(name, { times: 4 });
}

describe("from an API server to an alert that a monitoring service fetches", () => {
  it("delivers a crash loop once, with the container that crashes and its events", async () => {
    await using stage = await setStage();
    stage.cluster.createPod({ namespace: "shop", name: "web-0" });
    stage.cluster.createPod({ namespace: "shop", name: "healthy" });
    await using app = await stage.start();
    await crashes(stage, "shop/web-0");
    const alerts = await awaitAlerts(app);
    expect(brief(alerts)).toEqual(["Failure PodCrashLooping web-0/app"]);
    expect(alerts[0]!.Events.map((event) => event.reason)).toContain("BackOff");
    expect(alerts[0]!.Events[0]!.localizedTime).toMatch(/^\d\d\/\d\d\/\d{4}-\d\d:\d\d:\d\d$/);
    expect(await poll(app)).toEqual([]);
    const { body } = await app.get<Status>("status");
    const states = body.namespaces[0]!.pods.map((pod) => `${pod.podLongName} ${pod.alertStatus}`);
    expect(states.toSorted()).toEqual(["healthy None", "web-0 Sent"]);
  });

  it("delivers after a restart only alerts that were not delivered before", async () => {
    await using stage = await setStage();
    for (const name of ["delivered", "later"]) stage.cluster.createPod({ namespace: "shop", name });
    {
      await using app = await stage.start();
      await crashes(stage, "shop/delivered");
      expect(brief(await awaitAlerts(app))).toEqual(["Failure PodCrashLooping delivered/app"]);
      expect(brief(await poll(app, "?consumer=observer"))).toHaveLength(1);
      await crashes(stage, "shop/later");
      expect(brief(await poll(app, "?wait=15s&consumer=observer"))).toEqual(["Failure PodCrashLooping later/app"]);
    }
    await using again = await stage.start();
    expect(brief(await awaitAlerts(again))).toEqual(["Failure PodCrashLooping later/app"]);
    expect(await poll(again)).toEqual([]);
  });

  it("loses no alert to kill -9", async () => {
    await using stage = await setStage();
    stage.cluster.createPod({ namespace: "shop", name: "web-0" });
    const serve = await serving({ ...stage.env });
    await crashes(stage, "shop/web-0");
    const seen = await fetch(new URL("pod-restart-alerts?wait=15s&consumer=observer", serve.url));
    expect(brief((await seen.json()) as LegacyEntry[])).toEqual(["Failure PodCrashLooping web-0/app"]);
    serve.process.kill("SIGKILL");
    await once(serve.process, "exit");
    await using app = await stage.start();
    const alerts = await awaitAlerts(app);
    expect(brief(alerts)).toEqual(["Failure PodCrashLooping web-0/app"]);
    expect(alerts[0]!.delivery).toBe(1);
  });

  it("exits with code 0 on SIGTERM, before a consumer has waited for as long as it may", async () => {
    await using stage = await setStage();
    const serve = await serving({ ...stage.env });
    const waiting = fetch(new URL("pod-restart-alerts?wait=30s", serve.url)).then((response) => response.status);
    await fetch(new URL("livez", serve.url));
    serve.process.kill("SIGTERM");
    const [code] = await once(serve.process, "exit", { signal: AbortSignal.timeout(25_000) });
    expect(code).toBe(0);
    expect(await waiting.catch(() => "cut")).toBe(200);
  });
});

describe("under a fault", () => {
  it("watches the permitted namespaces, and reports what permission another one lacks", async () => {
    await using stage = await setStage({ namespaces: ["shop", "batch", "payroll"], permitted: ["shop", "batch"] });
    stage.cluster.createPod({ namespace: "shop", name: "web-0" });
    await using app = await stage.start();
    expect(brief(await awaitAlerts(app))).toEqual(["Failure NamespaceNotWatched /"]);
    const { body } = await app.get<Status>("status");
    const states = Object.fromEntries(body.namespaces.map(({ namespace, state }) => [namespace, state]));
    expect(states).toEqual({ shop: "live", batch: "live", payroll: "forbidden" });
    await crashes(stage, "shop/web-0");
    expect(brief(await awaitAlerts(app))).toEqual(["Failure PodCrashLooping web-0/app"]);
  });

  it("reports a rejected token in an alert and in the status", async () => {
    await using stage = await setStage();
    await using app = await stage.start({ OPENSHIFT_TOKEN: "not-a-token" });
    expect(brief(await awaitAlerts(app))).toEqual(["Failure ClusterUnreachable /", "Failure NamespaceNotWatched /"]);
    const status = JSON.stringify((await app.get("status")).body);
    expect(status).toMatch(/rejects the credentials.*401/s);
    expect(status).not.toContain("not-a-token");
  });

  it("stays alive but is not ready while the API server refuses connections, and reports that", async () => {
    await using stage = await setStage();
    await using app = await stage.start({ OPENSHIFT_HOST: "127.0.0.1:1" });
    await expect
      .poll(async () => JSON.stringify((await app.get("status")).body))
      .toMatch(/127\.0\.0\.1:1.*(ECONNREFUSED|refused)|(ECONNREFUSED|refused).*127\.0\.0\.1:1/s);
    expect((await app.get("livez")).status).toBe(200);
    expect((await app.get("readyz")).status).toBe(503);
  });

  it("sends nothing to a server whose certificate is signed by another authority", async () => {
    await using stage = await setStage();
    const other = join(stage.folder, "other-ca.pem");
    writeFileSync(other, createCertificateAuthority("another-authority").certPem);
    await using app = await stage.start({ OPENSHIFT_CA_FILE: other });
    await expect.poll(async () => JSON.stringify((await app.get("status")).body)).toMatch(/certificate/);
    expect((await app.get("readyz")).status).toBe(503);
  });

  it("rejects a second process on the same state, with the path of the file", async () => {
    await using stage = await setStage();
    await using _first = await stage.start();
    await expect(stage.start()).rejects.toThrow(/pod-watcher\.db.*(in use|another)/s);
  });

  it("reports the port that is in use", async () => {
    await using stage = await setStage();
    await using first = await stage.start();
    const port = new URL(first.url).port;
    const folder = join(stage.folder, "second");
    await expect(stage.start({ PORT: port, PODMONITOR_FILEPATH: folder })).rejects.toThrow(
      new RegExp(`Port ${port} at 127.0.0.1 is in use`),
    );
  });
});

/** Starts the program as its own process; resolves when it prints its address. */
async function serving(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../bin/pod-watcher.js"), "serve"], {
    env: { ...env, PATH: process.env.PATH ?? "" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const url = /https?:\/\/[^\s"]+\//.exec(line)?.[0];
    if (url !== undefined) return { process: child, url };
  }
  throw new Error("serve ended without printing its address");
}
