import type { RowState } from "../../../src/core/model/row-state.ts";
import type { Ack, Health, Row, State } from "../../../src/http/base/api-types.ts";

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** 2026-11-22T10:00:30Z: the time of every scripted state. */
export const NOW = Date.UTC(2026, 10, 22, 10, 0, 30);

export const NAMESPACES = [
  "billing-batch",
  "checkout-prod",
  "identity",
  "ml-serving",
  "orders-prod",
  "payments-prod",
  "platform-logging",
  "search-prod",
  "shop-web",
  "warehouse",
] as const;

const WORKLOADS = [
  "consumer",
  "api",
  "exporter",
  "tracker",
  "indexer",
  "cron-reconciler",
  "frontend",
  "worker",
  "gateway",
  "scheduler",
];

const ENDINGS: readonly (readonly [exitCode: number, reason: string])[] = [
  [1, "Error"],
  [137, "OOMKilled"],
  [143, "Error"],
  [139, "Error"],
  [1, "Error"],
];

/** mulberry32: the same rows in every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Rows of a typical cluster: nine in ten are normal. */
export function exampleRows(count: number, seed = 1): Row[] {
  const random = randomNumbers(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const letters = (length: number) => Array.from({ length }, () => pick([..."bcdfghjklmnpqrstvwxz2456789"])).join("");
  return Array.from({ length: count }, (_, number) => {
    const namespace = NAMESPACES[number % NAMESPACES.length] as string;
    const workload = pick(WORKLOADS);
    const container = random() < 0.08 ? "istio-proxy" : workload;
    const luck = random();
    const state: RowState = luck < 0.024 ? "Failure" : luck < 0.045 ? "Sent" : luck < 0.09 ? "Warning" : "Normal";
    return exampleRow({
      namespace,
      pod: `${workload}-${letters(10)}-${letters(5)}`,
      container,
      owner: `Deployment/${workload}`,
      node: `worker-${1 + Math.floor(random() * 9)}.ocp.example`,
      state,
      random,
    });
  });
}

interface ExampleOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly owner: string;
  readonly node: string;
  readonly state: RowState;
  readonly random: () => number;
}

function exampleRow({ namespace, pod, container, owner, node, state, random }: ExampleOptions): Row {
  const base = {
    id: `${namespace}/${pod}/${container}`,
    scope: "container",
    namespace,
    pod,
    podUid: `uid-${pod}`,
    container,
    owner,
    node,
  } as const;
  const sidecar = container === "istio-proxy" ? ({ type: "sidecar" } as const) : {};
  if (state === "Normal") return { ...base, ...sidecar, state };
  const restarts = state === "Warning" ? 2 : 3 + Math.floor(random() * 5);
  const times = Array.from({ length: restarts }, () => Math.floor(NOW - random() * 55 * MINUTE)).sort((a, b) => a - b);
  const [exitCode, reason] = ENDINGS[Math.floor(random() * ENDINGS.length)] as (typeof ENDINGS)[number];
  const looping = state === "Failure";
  const since = times[Math.min(2, times.length - 1)] as number;
  return {
    ...base,
    ...sidecar,
    state,
    since,
    changes: [{ at: since, from: "Normal", to: state }],
    restarts: times,
    lastRestart: { at: times.at(-1) as number, exitCode, reason },
    ...(looping ? { reason: "CrashLoopBackOff" } : {}),
    summary: looping
      ? `Container ${container} of pod ${pod} is crash looping: ${restarts} restarts, last exit ${exitCode}.`
      : `Container ${container} of pod ${pod} restarted ${restarts} times.`,
    alerts: [
      {
        fingerprint: `fp-${pod}-${container}`,
        name: looping ? "PodCrashLooping" : "PodRestartingTooOften",
        severity: looping ? "critical" : "warning",
        firedAt: since,
        summary: looping
          ? `${container} keeps terminating`
          : `${container} restarted ${restarts} times within the window`,
      },
    ],
  };
}

export function healthyNamespaces(names: readonly string[] = NAMESPACES): Health["namespaces"] {
  return names.map((namespace) => ({ namespace, state: "live", pods: 20, lastEventAt: NOW - 4_000 }));
}

/** A state with these rows, and defaults for everything else. */
export function exampleState(rows: readonly Row[], change: Partial<State> = {}): State {
  return {
    seq: 1,
    serverNow: NOW,
    windowMs: HOUR,
    threshold: 3,
    bucketMs: HOUR / 24,
    version: "1.0.0",
    can: { ack: true, silence: true, export: true, testReceivers: true, silenceEverything: true },
    health: { namespaces: healthyNamespaces(), receivers: [], problems: [] },
    selector: `namespaces ${NAMESPACES.join(", ")}`,
    consoleUrl: "https://console.apps.ocp.example",
    cli: "oc",
    confirmSilence: { containers: 50, durationMs: 24 * HOUR },
    rows,
    ...change,
  };
}

export function acknowledged(row: Row, by: string, note?: string): Row {
  const ack: Ack = { by, at: NOW - 12 * MINUTE, notifyOnWorsening: true, ...(note === undefined ? {} : { note }) };
  return { ...row, ack };
}

export function silenced(row: Row, by: string, until = NOW + 2 * HOUR): Row {
  return {
    ...row,
    silenced: { id: `s-${row.namespace}`, by, from: NOW - 10 * MINUTE, until, reason: "Node drain, ticket OPS-4127" },
  };
}
