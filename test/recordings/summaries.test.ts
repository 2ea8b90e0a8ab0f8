import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { recordedObservations } from "../../src/cli/recorded-observations.ts";
import { replay } from "../../src/core/evaluate/replay.ts";
import { defaultPolicy } from "../../src/core/model/policy.ts";
import { MAX_SUMMARY } from "../../src/core/text/text.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");
const RECORDINGS = [
  join(FIXTURES, "recordings/pods.watch.ndjson.gz"),
  ...readdirSync(join(FIXTURES, "cases")).map((name) => join(FIXTURES, "cases", name)),
];

/** The summaries of every alert that fires in a recording, by alert. */
const summaries = new Map<string, Set<string>>();
for (const path of RECORDINGS.filter((name) => /ndjson(\.gz)?$/.test(name))) {
  const { observations } = await recordedObservations(path, undefined);
  for (const { transition, alert } of replay(observations, defaultPolicy)) {
    if (transition.to !== "firing") continue;
    const { alertname } = transition.labels;
    summaries.set(alertname, (summaries.get(alertname) ?? new Set()).add(alert.annotations.summary));
  }
}

it("each summary is one line of at most 120 characters that contains a time", () => {
  const all = [...summaries.values()].flatMap((texts) => [...texts]);
  expect(all.length).toBeGreaterThan(50);
  expect(all.filter((text) => [...text].length > MAX_SUMMARY)).toEqual([]);
  expect(all.filter((text) => !/\b\d{4}-\d\d-\d\d \d\d:\d\d/.test(text))).toEqual([]);
  expect(all.filter((text) => /\p{Cc}/u.test(text))).toEqual([]);
});

/** The alerts of these are in the recordings; the others are about things that a watch of pods does not contain. */
it.each([
  "PodRestartingTooOften",
  "PodCrashLooping",
  "PodImagePullFailing",
  "ContainerCannotStart",
  "ContainerOOMKilled",
  "PodUnschedulable",
  "PodPendingTooLong",
  "PodNotReady",
])("the example of %s in docs/alerts.md is from a recording", (alertname) => {
  const alerts = readFileSync(join(import.meta.dirname, "../../docs/alerts.md"), "utf8");
  const example = new RegExp(`^## ${alertname}\n\nExample: \`(.+)\`$`, "m").exec(alerts)?.[1];
  expect([...(summaries.get(alertname) ?? [])]).toContain(example);
});
