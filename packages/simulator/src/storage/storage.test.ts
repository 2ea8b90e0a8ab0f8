import { expect, it } from "vitest";
import { createFakeClock } from "../../../../test/support/fake-clock.ts";
import type { Pod } from "../model/objects.ts";
import { buildPod } from "../model/pod-template.ts";
import { createStorage, type StorageOptions } from "./storage.ts";

function world(options: Partial<StorageOptions> = {}) {
  const clock = createFakeClock();
  const storage = createStorage({ clock, historyMinimum: 0, ...options });
  const pod = (name: string): Pod => buildPod({ namespace: "shop", name }, {}, clock.now(), clock.random);
  const names = () => storage.pods.entries().map((entry) => entry.name);
  return { clock, storage, pod, names };
}

it("counts one revision for every write of any resource", () => {
  const { storage, pod } = world();
  const first = storage.pods.put(pod("a"));
  storage.advance(3);
  const second = storage.pods.put(first.object);
  storage.pods.remove("shop", "a");
  expect([first.revision, second.revision, storage.revision()]).toEqual([2, 6, 7]);
});

it("keeps changes for a time and reports which are gone", async () => {
  const { clock, storage, pod } = world({ historyAge: 1_000 });
  storage.pods.put(pod("a"));
  await clock.advance(2_000);
  storage.pods.put(pod("b"));
  expect(storage.pods.since(1)).toBeUndefined();
  expect(storage.pods.since(2)?.map(({ type, entry }) => `${type} ${entry.name}`)).toEqual(["ADDED b"]);
  storage.compact();
  expect(storage.pods.since(2)).toBeUndefined();
  expect(storage.pods.since(storage.revision())).toEqual([]);
});

it("keeps a minimum number of changes regardless of age", async () => {
  const { clock, storage, pod } = world({ historyAge: 1_000, historyMinimum: 2 });
  for (const name of ["a", "b", "c"]) storage.pods.put(pod(name));
  await clock.advance(60_000);
  storage.pods.put(pod("d"));
  expect(storage.pods.since(3)?.map(({ entry }) => entry.name)).toEqual(["c", "d"]);
});

it("returns snapshots that later writes do not change", () => {
  const { storage, pod, names } = world();
  storage.pods.put(pod("b"));
  const before = storage.pods.entries();
  storage.pods.put(pod("a"));
  expect([before.map(({ name }) => name), names()]).toEqual([["b"], ["a", "b"]]);
});

it("returns the entries of one namespace", () => {
  const { clock, storage, pod } = world();
  storage.pods.put(pod("b"));
  storage.pods.put(buildPod({ namespace: "batch", name: "c" }, {}, clock.now(), clock.random));
  const inShop = () => storage.pods.entries("shop").map(({ name }) => name);
  expect(inShop()).toEqual(["b"]);
  storage.pods.put(pod("a"));
  expect([inShop(), storage.pods.entries("none")]).toEqual([["a", "b"], []]);
  storage.pods.remove("shop", "b");
  expect(inShop()).toEqual(["a"]);
});

it("restores a backup including revisions", () => {
  const { storage, pod, names } = world();
  storage.pods.put(pod("a"));
  const backup = storage.backup();
  storage.pods.put(pod("b"));
  storage.restore(backup);
  expect([names(), storage.revision(), storage.pods.put(pod("c")).revision]).toEqual([["a"], 2, 3]);
});
