/**
 * The list of incidents of a large cluster: time of a page of 40, of a search, and from a change to its event, and the
 * memory of the index. `npm run bench -- incidents [PODS] [INCIDENTS]`. The goals are in bench/README.md.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import type { Alert } from "../src/core/model/alert.ts";
import type { PodSnapshot, Workload } from "../src/core/model/pod.ts";
import { MINUTE } from "../src/core/model/time.ts";
import { createContainers } from "../src/http/rows/containers.ts";
import { createIncidentIndex } from "../src/http/rows/incident-index.ts";
import { anAlert } from "../test/support/alerts.ts";
import { createFakeClock } from "../test/support/fake-clock.ts";
import { createFakeLiveState, type FakeLiveState } from "../test/support/fake-live-state.ts";
import { A_POLICY, startHttpApp } from "../test/support/http-app.ts";
import { aContainer, aPod } from "../test/support/pods.ts";
import { healthOf } from "../test/support/scripted-pod-source.ts";

const [podCount = 100_000, incidentCount = 5_000] = process.argv.slice(2).map(Number);
const NAMESPACES = 100;
const ROUNDS = 30;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const heap = () => {
  collect();
  return process.memoryUsage().heapUsed;
};

const namespaceOf = (index: number) => `team-${index % NAMESPACES}`;
const workloadOf = (index: number): Workload => ({ kind: "Deployment", name: `service-${index % (podCount / 4)}` });

/** Pods by namespace and workload, as the watcher has them. */
function cluster(): FakeLiveState {
  const live = createFakeLiveState();
  const byNamespace = new Map<string, PodSnapshot[]>();
  const byWorkload = new Map<string, PodSnapshot[]>();
  for (let index = 0; index < podCount; index++) {
    const namespace = namespaceOf(index);
    const workload = workloadOf(index);
    const name = `${workload.name}-${index}`;
    const state = { name: "running", startedAt: 1 } as const;
    const pod = aPod({ uid: name, namespace, name, workload, containers: [aContainer({ state })] });
    const key = `${namespace}/${workload.name}`;
    const neighbours = byNamespace.get(namespace);
    if (neighbours === undefined) byNamespace.set(namespace, [pod]);
    else neighbours.push(pod);
    const own = byWorkload.get(key);
    if (own === undefined) byWorkload.set(key, [pod]);
    else own.push(pod);
  }
  const all = new Map([...byNamespace.values()].flat().map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  return {
    ...live,
    source: {
      ...live.source,
      pods: (namespace) => (namespace === undefined ? all.values() : (byNamespace.get(namespace) ?? [])),
      pod: (namespace, name) => all.get(`${namespace}/${name}`),
    },
    podsOf: (namespace, { name }) => byWorkload.get(`${namespace}/${name}`) ?? [],
  };
}

function alertOf(index: number, now: number, minutes: number): Alert {
  const workload = workloadOf(index);
  const pod = `${workload.name}-${index}`;
  const firedAt = now - minutes * MINUTE;
  const terminated = {
    exitCode: 1,
    signal: undefined,
    reason: "Error",
    message: "FATAL cannot reach database orders-db:5432",
    startedAt: firedAt - 4_000,
    finishedAt: firedAt,
    containerID: undefined,
  };
  return anAlert({
    labels: { namespace: namespaceOf(index), workload: `Deployment/${workload.name}`, pod },
    state: { name: "firing", activeAt: firedAt, firedAt, lastSeenAt: firedAt },
    sources: [pod],
    subject: {
      workload,
      pod,
      podUid: pod,
      node: `worker-${index % 50}`,
      container: {
        name: "app",
        type: "main",
        image: `registry.example/${workload.name}:1`,
        restartCount: 7,
        restarts: [],
        state: { name: "waiting", reason: "CrashLoopBackOff", message: "back-off 5m0s restarting failed container" },
        lastTerminated: terminated,
      },
    },
  });
}

const clock = createFakeClock();
const live = cluster();
live.watch(
  ...Array.from({ length: NAMESPACES }, (_, index) =>
    healthOf(namespaceOf(index), { syncedSince: 1, lastSyncedAt: 1 }),
  ),
);
for (let index = 0; index < incidentCount; index++) live.commit(alertOf(index, clock.now(), 1 + (index % 600)));

await using http = await startHttpApp({ requestsPerMinute: 1_000_000 }, { live, clock });

/** The index alone, for its memory. */
async function memoryOfIndex(): Promise<number> {
  const containers = createContainers({ live, clock, policyFor: () => A_POLICY });
  const before = heap();
  const index = createIncidentIndex({
    live,
    store: http.store,
    containers,
    clock,
    silenceOf: () => undefined,
    join: () => 30 * MINUTE,
    readWantedPods: async () => undefined,
  });
  const { incidents } = await index.read();
  const used = heap() - before;
  if (incidents.length !== incidentCount) throw new Error(`${incidents.length} incidents`);
  index[Symbol.dispose]();
  return used;
}

async function timesOf(
  query: string,
): Promise<{ readonly median: number; readonly worst: number; readonly bytes: number }> {
  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const { body, statusCode } = await http.app.inject(`/api/v1/incidents?${query}`);
    times.push(performance.now() - started);
    if (statusCode !== 200) throw new Error(body);
    bytes = gzipSync(body).length;
  }
  times.sort((a, b) => a - b);
  return { median: times[ROUNDS / 2] ?? 0, worst: times.at(-1) ?? 0, bytes };
}

const ms = (time: number) => `${time.toFixed(1)} ms`;
console.log(`${podCount} pods, ${incidentCount} incidents`);
console.log(`index: ${((await memoryOfIndex()) / 2 ** 20).toFixed(1)} MB (goal 40)`);
const started = performance.now();
await http.app.inject("/api/v1/incidents");
console.log(`first list, which builds the index: ${ms(performance.now() - started)}`);
for (const [what, query] of [
  ["a page of 40", ""],
  ["a search", "q=service-12%20orders"],
  ["grouped by node", "group=node&view=open"],
] as const) {
  const { median, worst, bytes } = await timesOf(query);
  console.log(
    `${what}: median ${ms(median)}, worst ${ms(worst)} (goal 100), ${(bytes / 1_024).toFixed(1)} KB compressed (goal 25)`,
  );
}
const changed = performance.now();
live.commit(...Array.from({ length: 50 }, (_, index) => alertOf(index, clock.now(), 0)));
await clock.advance(250);
await new Promise((resolve) => setImmediate(resolve));
console.log(
  `a change of 50 alerts: ${ms(performance.now() - changed)} after the 250 ms in which changes are collected`,
);
