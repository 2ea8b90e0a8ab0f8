import { describe, expect, it } from "vitest";
import { anAlert } from "../../test/support/alerts.ts";
import type { Transition } from "../core/model/alert.ts";
import { MAX_TRANSITIONS, PendingBatch } from "./pending-batch.ts";

const transition = (at: number): Transition => ({
  at,
  fingerprint: "f",
  episode: 1,
  labels: anAlert().labels,
  from: "pending",
  to: "firing",
  reason: "it lasted",
});

describe("a batch that could not be committed", () => {
  it("is merged under later writes; transitions stay complete and in order", () => {
    const first = new PendingBatch();
    first.alert(anAlert({ fingerprint: "a", severity: "warning" }));
    first.drop(anAlert({ fingerprint: "b" }));
    first.pod("uid", undefined);
    first.transition(transition(1));
    first.termination({ namespace: "shop", workload: "w", container: "c", reason: "Error", count: 2 });
    first.checkpoint("shop", 1);
    const second = new PendingBatch();
    second.alert(anAlert({ fingerprint: "a", severity: "critical" }));
    second.alert(anAlert({ fingerprint: "b" }));
    second.transition(transition(2));
    second.termination({ namespace: "shop", workload: "w", container: "c", reason: "Error", count: 1 });
    second.checkpoint("shop", 2);
    expect(second.restore(first.toBatch(1))).toBe(0);
    const batch = second.toBatch(3);
    expect(batch.alerts.map(({ fingerprint, severity }) => `${fingerprint} ${severity}`)).toEqual([
      "a critical",
      "b critical",
    ]);
    expect(batch.dropped).toEqual([]);
    expect([...batch.pods]).toEqual([["uid", undefined]]);
    expect(batch.transitions.map(({ at }) => at)).toEqual([1, 2]);
    expect(batch.terminations.map(({ count }) => count)).toEqual([3]);
    expect([...batch.checkpoints]).toEqual([["shop", 2]]);
  });

  it("keeps the newest transitions when there are too many", () => {
    const first = new PendingBatch();
    for (let at = 0; at < 150_000; at++) first.transition(transition(at));
    const second = new PendingBatch();
    second.transition(transition(150_000));
    expect(second.restore(first.toBatch(1))).toBe(150_001 - MAX_TRANSITIONS);
    const kept = second.toBatch(2).transitions;
    expect(kept).toHaveLength(MAX_TRANSITIONS);
    expect(kept.at(-1)?.at).toBe(150_000);
  });
});
