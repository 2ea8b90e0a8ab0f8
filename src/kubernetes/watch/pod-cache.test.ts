import { describe, expect, it } from "vitest";
import { aPod } from "../../../test/support/pods.ts";
import { createPodCache } from "./pod-cache.ts";

function createStory() {
  const told: string[] = [];
  const store = createPodCache((change) => {
    const previous =
      change.type === "updated" ? `after ${change.previous?.resourceVersion ?? "nothing"}` : change.reason;
    const rolledBack = change.type === "updated" && change.rolledBack ? " rolledBack" : "";
    told.push(`${change.type} ${change.pod.uid}@${change.pod.resourceVersion} ${previous}${rolledBack}`);
  });
  const pod = (name: string, resourceVersion: string, uid = name) => aPod({ name, uid, resourceVersion });
  return { store, pod, told: () => told.splice(0) };
}

describe("what a watch tells", () => {
  it("is told on with the state before, and only once", () => {
    const { store, pod, told } = createStory();
    expect(store.put(pod("a", "5"))).toBe("added");
    expect(store.put(pod("a", "6"))).toBe("changed");
    expect(store.put(pod("a", "6"))).toBe("same");
    expect(told()).toEqual(["updated a@5 after nothing", "updated a@6 after 5"]);
  });

  it("is ignored when it is older than what is known", () => {
    const { store, pod, told } = createStory();
    store.put(pod("a", "10"));
    told();
    expect(store.put(pod("a", "9"))).toBe("older");
    expect(told()).toEqual([]);
    expect(store.get("a")?.resourceVersion).toBe("10");
  });

  it("makes two pods of one name, the first gone before the second is seen", () => {
    const { store, pod, told } = createStory();
    store.put(pod("web-0", "5", "first"));
    told();
    store.put(pod("web-0", "8", "second"));
    expect(told()).toEqual(["removed first@5 missing", "updated second@8 after nothing"]);
    expect(store.size).toBe(1);
  });

  it("tells a deletion with the final state, and ignores that of a pod not known", () => {
    const { store, pod, told } = createStory();
    store.put(pod("a", "5"));
    told();
    expect(store.delete(pod("a", "7", "another"))).toBe(false);
    expect(store.delete(pod("b", "7"))).toBe(false);
    expect(store.delete(pod("a", "7"))).toBe(true);
    expect(told()).toEqual(["removed a@7 deleted"]);
  });
});

describe("a full sync", () => {
  it("deletes what it did not bring, and only when it is complete", () => {
    const { store, pod, told } = createStory();
    for (const name of ["a", "b", "c"]) store.put(pod(name, "5"));
    told();
    const replacement = store.beginReplacement();
    store.put(pod("a", "5"));
    store.put(pod("d", "6"));
    store.delete(pod("b", "7"));
    expect(told()).toEqual(["updated d@6 after nothing", "removed b@7 deleted"]);
    expect(replacement.complete(false)).toBe(1);
    expect(told()).toEqual(["removed c@5 missing"]);
  });

  it("deletes nothing when it was cut, and the next one sweeps what the cut one brought", () => {
    const { store, pod, told } = createStory();
    store.put(pod("a", "5"));
    const cut = store.beginReplacement();
    store.put(pod("b", "6"));
    cut.abandon();
    expect(cut.complete(false)).toBe(0);
    expect(store.size).toBe(2);
    told();
    const next = store.beginReplacement();
    store.put(pod("a", "5"));
    next.complete(false);
    expect(told()).toEqual(["removed b@6 missing"]);
  });

  it("takes older states for true when the cluster went back in time, and not otherwise", () => {
    for (const rolledBack of [true, false]) {
      const { store, pod, told } = createStory();
      store.put(pod("a", "50"));
      const replacement = store.beginReplacement();
      store.put(pod("a", "20"));
      told();
      expect(replacement.complete(rolledBack)).toBe(0);
      expect(told()).toEqual(rolledBack ? ["updated a@20 after 50 rolledBack"] : []);
    }
  });

  it("says of all that changes by it that the cluster was rolledBack, and of nothing else", () => {
    const { store, pod, told } = createStory();
    for (const [name, version] of [
      ["a", "50"],
      ["made-since", "60"],
      ["replaced", "70"],
    ] as const) {
      store.put(pod(name, version));
    }
    const replacement = store.beginReplacement();
    store.put(pod("a", "20"));
    store.put(pod("replaced", "30", "before"));
    store.put(pod("newer", "80"));
    told();
    replacement.complete(true);
    expect(told()).toEqual([
      "updated a@20 after 50 rolledBack",
      "removed replaced@70 rolledBack",
      "updated before@30 after nothing rolledBack",
      "removed made-since@60 rolledBack",
    ]);
    store.correct(pod("a", "10"));
    store.correct(pod("a", "90"));
    expect(told()).toEqual(["updated a@10 after 20 rolledBack", "updated a@90 after 10"]);
  });
});

it("reports every pod gone when the namespace is no longer watched", () => {
  const { store, pod, told } = createStory();
  for (const name of ["a", "b"]) store.put(pod(name, "5"));
  told();
  store.clear();
  expect(told()).toEqual(["removed a@5 unwatched", "removed b@5 unwatched"]);
  expect(store.size).toBe(0);
});
