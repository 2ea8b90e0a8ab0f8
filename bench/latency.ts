/**
 * Time from the API server's write until an alert is visible: `npm run bench -- latency`. The whole program
 * runs as it is deployed; while other pods change at a rate, one after the other pod falls into a crash loop, and is
 * waited for in `/status` and in `/pod-restart-alerts` (which is asked with `?wait=`, as a monitoring service would).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pod } from "@pod-watcher/simulator/model/objects";
import { startCli } from "../test/support/cli-process.ts";
import { startSimulatorProcess } from "./support/simulator.ts";

const NAMESPACES = ["load", "probes"];
const PODS = 500;
const PROBES = 40;
const BETWEEN_PROBES = 150;
const POLL = 5;

for (const rate of [100, 1_000]) await measure(rate);

async function measure(rate: number): Promise<void> {
  await using simulator = await startSimulatorProcess("--namespaces", NAMESPACES.join(","));
  for (let probe = 0; probe < PROBES; probe++) {
    await simulator.call("cluster.createPod", { namespace: "probes", name: nameOf(probe) });
  }
  await sleep(5_000);
  await simulator.call("populate", { namespaces: ["load"], pods: PODS, crashLooping: 0 });

  const folder = mkdtempSync(join(tmpdir(), "pod-watcher-bench-"));
  writeFileSync(join(folder, "ca.crt"), simulator.caPem);
  await using app = startCli(["serve", "--port", "0"], {
    OPENSHIFT_HOST: new URL(simulator.url).host,
    OPENSHIFT_NAMESPACE: NAMESPACES.join(","),
    OPENSHIFT_TOKEN: await simulator.call<string>("token", NAMESPACES),
    OPENSHIFT_CA_FILE: join(folder, "ca.crt"),
    PODMONITOR_FILEPATH: folder,
    PODMONITOR_INCLUDE_EVENTS: "false",
    PODMONITOR_LOGLEVEL: "error",
    BIND_ADDRESS: "127.0.0.1",
  });
  const [, url = ""] = await app.prints(/Pod Watcher is running at (\S+)/);
  await until(async () => (await fetch(new URL("/readyz", url))).ok);
  await simulator.call("churn", rate);
  await sleep(2_000);

  const confirmedDeliveries = new Map<string, number>();
  const stop = new AbortController();
  const polling = pollAlerts(url, confirmedDeliveries, stop.signal);
  const shown: number[] = [];
  const delivered: number[] = [];
  for (let probe = 0; probe < PROBES; probe++) {
    const name = nameOf(probe);
    const pod = await simulator.call<Pod>("cluster.pod", name);
    const written = await simulator.timed("cluster.put", inCrashLoop(pod));
    await until(async () => showsFailure(await (await fetch(new URL("/status", url))).json(), name));
    shown.push(now() - written);
    await until(async () => confirmedDeliveries.has(name));
    delivered.push((confirmedDeliveries.get(name) ?? 0) - written);
    await sleep(BETWEEN_PROBES);
  }
  stop.abort();
  await polling;
  rmSync(folder, { recursive: true, force: true });
  console.log(`${rate.toLocaleString("en")} changes/s, ${PROBES} crash loops`);
  console.log(`  visible in /status   ${quantiles(shown)}`);
  console.log(`  delivered            ${quantiles(delivered)}`);
}

function nameOf(probe: number): string {
  return `probe-${String(probe).padStart(3, "0")}`;
}

function inCrashLoop(pod: Pod): Pod {
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  const containerStatuses = (pod.status.containerStatuses ?? []).map((status) => ({
    ...status,
    ready: false,
    restartCount: status.restartCount + 1,
    state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" } },
    lastState: {
      terminated: {
        exitCode: 1,
        reason: "Error",
        startedAt: at,
        finishedAt: at,
        containerID: `containerd://${pod.metadata.uid}`,
      },
    },
  }));
  return { ...pod, status: { ...pod.status, containerStatuses } };
}

/** Polls for alerts, and records when each pod's alert arrived. */
async function pollAlerts(url: string, seen: Map<string, number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const answer = await fetch(new URL("/pod-restart-alerts?consumer=bench&wait=10s", url), { signal });
      for (const { podLongName } of (await answer.json()) as { podLongName: string }[]) seen.set(podLongName, now());
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

interface StatusBody {
  readonly namespaces: readonly { readonly pods: readonly { podLongName: string; alertStatus: string }[] }[];
}

function showsFailure(body: unknown, name: string): boolean {
  const { namespaces } = body as StatusBody;
  return namespaces.some(({ pods }) =>
    pods.some(({ podLongName, alertStatus }) => podLongName === name && alertStatus !== "None"),
  );
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = now() + 60_000;
  while (!(await condition().catch(() => false))) {
    if (now() > deadline) throw new Error("no alert within a minute");
    await sleep(POLL);
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  return `p50 ${at(0.5).padStart(5)} ms   p99 ${at(0.99).padStart(5)} ms`;
}
