import { expect, it } from "vitest";
import { createFakeClock } from "../../../../test/support/fake-clock.ts";
import { joined } from "../encode/pieces.ts";
import { protobufBytes } from "../encode/protobuf.ts";
import type { Pod } from "../model/objects.ts";
import { createStorage } from "../storage/storage.ts";
import { populate } from "./population.ts";

function world(pods: number) {
  const clock = createFakeClock();
  const storage = createStorage({ clock });
  return { storage, population: populate(storage, clock, { namespaces: ["a", "b"], pods, crashLooping: 0.1 }) };
}

it("generates pods with different names and IDs, spread evenly over the namespaces", () => {
  const { storage } = world(200);
  const pods = storage.pods.entries().map(({ object }) => object);
  expect(new Set(pods.map(({ metadata }) => metadata.uid)).size).toBe(200);
  expect(new Set(pods.map(({ metadata }) => metadata.name)).size).toBe(200);
  expect(new Set(pods.map(({ metadata }) => metadata.resourceVersion)).size).toBe(200);
  expect(pods.filter(({ metadata }) => metadata.namespace === "a")).toHaveLength(100);
  const looping = pods.filter(({ status }) => status.containerStatuses?.[0]?.state.waiting !== undefined);
  expect(looping).toHaveLength(20);
});

it("generates the same pod in both encodings, except for times", () => {
  const { storage } = world(20);
  // In protobuf, times are numbers and stay those of the prototype.
  const withItsTimes = (text: string) => text.replaceAll(/"\d{4}-\d\d-\d\dT[\d:]{8}Z"/g, '"2001-02-03T04:05:06Z"');
  for (const entry of storage.pods.entries()) {
    const object = JSON.parse(withItsTimes(`{${joined([entry.json()])}`)) as Pod;
    expect(joined([entry.protobuf()]).equals(protobufBytes("pods", object))).toBe(true);
    expect(entry.name).toBe(entry.object.metadata.name);
  }
});

it("generates pods as large as those of a real OpenShift cluster", () => {
  const { storage } = world(30);
  const sizes = storage.pods.entries().map((entry) => entry.json().length);
  expect(Math.min(...sizes)).toBeGreaterThan(7_000);
  expect(Math.max(...sizes)).toBeLessThan(16_000);
});

it("changes a pod like a kubelet: its readiness flips", () => {
  const { storage, population } = world(20);
  const received: string[] = [];
  storage.pods.subscribe(({ type, entry }) => {
    const ready = entry.object.status.conditions?.find((condition) => condition.type === "Ready")?.status;
    received.push(`${type} ${entry.object.metadata.resourceVersion} ${ready}`);
  });
  const first = population.touch(3);
  population.touch(3);
  expect(received).toEqual([`MODIFIED ${first} False`, `MODIFIED ${Number(first) + 1} True`]);
});
