import { describe, expect, it } from "vitest";
import { aPod } from "../../../test/support/pods.ts";
import { createPodCache } from "./pod-cache.ts";

function createStory() {
  const reported: string[] = [];
  const store = createPodCache((change) => {
    const previous =
      change.type === "updated" ? `after ${change.previous?.resourceVersion ?? "nothing"}` : change.reason;
    const rolledBack = change.type === "updated" && change.rolledBack ? " rolledBack" : "";
    reported.push(`${change.type} ${change.pod.uid}@${change.pod.resourceVersion} ${previous}${rolledBack}`);
  });
  const pod = (name: string, resourceVersion: string, uid = name) => aPod({ name, uid, resourceVersion });
  return { store, pod, reported: () => reported.splice(0) };
}

describe("a watch event", () => {
  it("is passed on once, with the previous state", () => {
    const { store, pod, reported } = createStory();
    expect(store.put(pod("a", "5"))).toBe("added");
    expect(store.put(pod("a", "6"))).toBe("changed");
    expect(store.put(pod("a", "6"))).toBe("same");
    expect(reported()).toEqual(["updated a@5 after nothing", "updated a@6 after 5"]);
  });

  it("is ignored when it is older than the cached state", () => {
    const { store, pod, reported } = createStory();
    store.put(pod("a", "10"));
    reported();
    expect(store.put(pod("a", "9"))).toBe("older");
    expect(reported()).toEqual([]);
    expect(store.get("a")?.resourceVersion).toBe("10");
  });

  it("with a new UID under the same name removes the first pod before it adds the second", () => {
    const { store, pod, reported } = createStory();
    store.put(pod("web-0", "5", "first"));
    reported();
    store.put(pod("web-0", "8", "second"));
    expect(reported()).toEqual(["removed first@5 missing", "updated second@8 after nothing"]);
    expect(store.size).toBe(1);
  });

  it("passes on a deletion with the final state, and ignores the deletion of an unknown pod", () => {
    const { store, pod, reported } = createStory();
    store.put(pod("a", "5"));
    reported();
    expect(store.delete(pod("a", "7", "another"))).toBe(false);
    expect(store.delete(pod("b", "7"))).toBe(false);
    expect(store.delete(pod("a", "7"))).toBe(true);
    expect(reported()).toEqual(["removed a@7 deleted"]);
  });
});

describe("a full sync", () => {
  it("removes the pods that it did not contain, once it is complete", () => {
    const { store, pod, reported } = createStory();
    for (const name of ["a", "b", "c"]) store.put(pod(name, "5"));
    reported();
    const replacement = store.beginReplacement();
    store.put(pod("a", "5"));
    store.put(pod("d", "6"));
    store.delete(pod("b", "7"));
    expect(reported()).toEqual(["updated d@6 after nothing", "removed b@7 deleted"]);
    expect(replacement.complete(false)).toBe(1);
    expect(reported()).toEqual(["removed c@5 missing"]);
  });

  it("removes nothing when it is truncated; the next one removes what the truncated one added", () => {
    const { store, pod, reported } = createStory();
    store.put(pod("a", "5"));
    const cut = store.beginReplacement();
    store.put(pod("b", "6"));
    cut.abandon();
    expect(cut.complete(false)).toBe(0);
    expect(store.size).toBe(2);
    reported();
    const next = store.beginReplacement();
    store.put(pod("a", "5"));
    next.complete(false);
    expect(reported()).toEqual(["removed b@6 missing"]);
  });

  it("accepts older states only when the cluster was rolled back", () => {
    for (const rolledBack of [true, false]) {
      const { store, pod, reported } = createStory();
      store.put(pod("a", "50"));
      const replacement = store.beginReplacement();
      store.put(pod("a", "20"));
      reported();
      expect(replacement.complete(rolledBack)).toBe(0);
      expect(reported()).toEqual(rolledBack ? ["updated a@20 after 50 rolledBack"] : []);
    }
  });

  it("marks every change that a rollback causes as rolled back, and no other change", () => {
    const { store, pod, reported } = createStory();
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
    reported();
    replacement.complete(true);
    expect(reported()).toEqual([
      "updated a@20 after 50 rolledBack",
      "removed replaced@70 rolledBack",
      "updated before@30 after nothing rolledBack",
      "removed made-since@60 rolledBack",
    ]);
    store.correct(pod("a", "10"));
    store.correct(pod("a", "90"));
    expect(reported()).toEqual(["updated a@10 after 20 rolledBack", "updated a@90 after 10"]);
  });
});

it("reports every pod gone when the namespace is no longer watched", () => {
  const { store, pod, reported } = createStory();
  for (const name of ["a", "b"]) store.put(pod(name, "5"));
  reported();
  store.clear();
  expect(reported()).toEqual(["removed a@5 unwatched", "removed b@5 unwatched"]);
  expect(store.size).toBe(0);
});
