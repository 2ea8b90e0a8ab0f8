import type { PodHistory } from "../../src/core/model/history.ts";
import type { AlertStore, Batch } from "../../src/ports/store.ts";
import { makeAlert, makeBatch, makeTransition } from "./batches.ts";

const PARTS = 3;

/** Batch `number` of a process that may be killed at any moment: three pods, three alerts, three transitions, one count. */
export function crashBatch(number: number, payloadBytes: number): Batch {
  const names = Array.from({ length: PARTS }, (_, part) => `batch-${number}-${part}`);
  const alerts = names.map((pod) => makeAlert({ pod, firedAt: number }));
  return makeBatch({
    at: number,
    pods: new Map(names.map((name) => [name, history(name, payloadBytes)])),
    alerts,
    transitions: alerts.map((alert) => makeTransition(alert, number)),
    terminations: [{ namespace: "shop", workload: "w", container: "c", reason: "Error", count: 1 }],
  });
}

function history(uid: string, payloadBytes: number): PodHistory {
  return { uid, namespace: "shop", pod: "x".repeat(payloadBytes), containers: {} };
}

/** Number of committed batches; throws if one is incomplete or missing before the last one. */
export async function countBatches(store: AlertStore): Promise<number> {
  const { pods, alerts, terminations } = await store.load();
  const transitions = await store.transitions({});
  const batches = terminations[0]?.count ?? 0;
  const expected = Array.from({ length: batches }, (_, index) => index + 1).flatMap((number) => [
    ...crashBatch(number, 0).pods.keys(),
  ]);
  const found = {
    pods: pods.map((pod) => pod.uid),
    alerts: alerts.map((alert) => alert.labels.pod ?? ""),
    transitions: transitions.map((transition) => transition.labels.pod ?? ""),
  };
  for (const [what, names] of Object.entries(found)) {
    if (names.toSorted().join() !== expected.toSorted().join()) {
      throw new Error(`${batches} batches were counted, but the ${what} are those of ${names.length / PARTS}`);
    }
  }
  return batches;
}
