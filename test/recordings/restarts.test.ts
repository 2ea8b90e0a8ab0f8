import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recordedObservations } from "../../src/cli/recorded-observations.ts";
import {
  createReplayEvaluator,
  type RecordedObservation,
  type ReplayEvaluator,
} from "../../src/core/evaluate/replay.ts";
import type { PodSnapshot } from "../../src/core/model/pod.ts";
import { defaultPolicy } from "../../src/core/model/policy.ts";
import type { Instant } from "../../src/core/model/time.ts";

/** A restart of Pod Watcher neither fires nor resolves an alert: it changes nothing in the cluster. */
const FIXTURES = join(import.meta.dirname, "../fixtures");
const RECORDINGS = [
  ...readdirSync(join(FIXTURES, "cases")).map((name) => join("cases", name)),
  join("recordings", "pods.watch.ndjson.gz"),
].filter((name) => /\.ndjson(\.gz)?$/.test(name));

/** Starts with the stored state, as the store would return it, and with a list of the pods in the order of their names. */
function restarted(evaluator: ReplayEvaluator, pods: Iterable<PodSnapshot>, now: Instant): ReplayEvaluator {
  const stored = { alerts: evaluator.alerts, histories: evaluator.histories, workloads: evaluator.workloads };
  const next = createReplayEvaluator(defaultPolicy, JSON.parse(JSON.stringify(stored, asEntries)));
  const listed = [...pods].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const changes = listed.flatMap((pod) =>
    next.evaluate({ type: "updated", pod, resumedFrom: now, listing: true }, now),
  );
  changes.push(...next.listed(now));
  expect(
    changes.map(({ transition }) => `${transition.labels.alertname} ${transition.to} ${transition.reason}`),
  ).toEqual([]);
  return next;
}

function asEntries(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}

function run(observations: readonly RecordedObservation[], restartEvery: number): readonly string[] {
  let evaluator = createReplayEvaluator(defaultPolicy);
  let now = Number.NEGATIVE_INFINITY;
  const pods = new Map<string, PodSnapshot>();
  const log: string[] = [];
  observations.forEach(({ at, observation }, index) => {
    now = Math.max(at, now);
    const { pod, type } = observation;
    const isListing = type === "updated" && observation.listing;
    const replayed = [...(isListing ? [] : evaluator.listed(now)), ...evaluator.advance(now)];
    replayed.push(...evaluator.evaluate(observation, now));
    for (const { transition } of replayed) {
      const { alertname, workload, pod: name, container } = transition.labels;
      log.push([new Date(transition.at).toISOString(), transition.to, alertname, workload, name, container].join(" "));
    }
    if (type === "updated") pods.set(pod.uid, pod);
    else pods.delete(pod.uid);
    if (index % restartEvery === restartEvery - 1 && !isListing) evaluator = restarted(evaluator, pods.values(), now);
  });
  // Evaluations at the same time have no order.
  return log.toSorted();
}

describe("a restart at every tenth event", () => {
  it.each(RECORDINGS)("changes nothing in %s", async (name) => {
    const { observations } = await recordedObservations(join(FIXTURES, name), undefined);
    expect(observations.length).toBeGreaterThan(1);
    expect(run(observations, 10)).toEqual(run(observations, Number.POSITIVE_INFINITY));
  });
});
