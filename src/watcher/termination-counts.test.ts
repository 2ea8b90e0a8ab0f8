import { expect, it } from "vitest";
import { createTerminationCounts } from "./termination-counts.ts";

const oneOf = (workload: string) => ({ namespace: "shop", workload, container: "app", reason: "Error", count: 1 });

it("adds up by container and reason, and counts series beyond the limit as other", () => {
  const counts = createTerminationCounts(2);
  expect(counts.add(oneOf("Deployment/a"))).toMatchObject({ workload: "Deployment/a" });
  counts.add(oneOf("Deployment/b"));
  counts.add(oneOf("Deployment/a"));
  expect(counts.add(oneOf("Pod/x"))).toMatchObject({ namespace: "shop", workload: "other", reason: "other" });
  counts.add(oneOf("Pod/y"));
  counts.add(oneOf("Deployment/b"));
  expect(counts.all().map(({ workload, count }) => `${workload} ${count}`)).toEqual([
    "Deployment/a 2",
    "Deployment/b 2",
    "other 2",
  ]);
});

it("continues loaded series, even at the limit", () => {
  const counts = createTerminationCounts(1);
  for (const count of [
    { ...oneOf("Deployment/a"), count: 7 },
    { ...oneOf("other"), container: "other", reason: "other", count: 3 },
  ]) {
    counts.add(count);
  }
  counts.add(oneOf("Pod/x"));
  expect(counts.all().map(({ workload, count }) => `${workload} ${count}`)).toEqual(["Deployment/a 7", "other 4"]);
});
