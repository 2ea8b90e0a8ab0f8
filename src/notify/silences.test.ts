import { beforeEach, expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createFakeLiveState } from "../../test/support/fake-live-state.ts";
import { createFakeActionStore, createFakeSilenceStore } from "../../test/support/fake-telling.ts";
import { DAY, HOUR } from "../core/model/time.ts";
import type { Action } from "../ports/activity.ts";
import { createSilences, type SilenceRequest, type Silences } from "./silences.ts";

let random = 0;
const clock = createFakeClock({ random: () => (random++ % 40_000) / 40_000 });
let transactions: number;
let changes: number;
let silences: Silences;
let written: readonly Action[];
let fail: string | undefined;
let store: ReturnType<typeof createFakeSilenceStore>;
let unusable: string[];

beforeEach(() => {
  store = createFakeSilenceStore(createFakeActionStore());
  unusable = [];
  transactions = 0;
  changes = 0;
  written = [];
  fail = undefined;
  silences = createSilences({
    clock,
    store: {
      ...store,
      putAll: async (all) => {
        if (fail !== undefined) throw new Error(fail);
        transactions++;
        written = all.map(({ action }) => action);
        await store.putAll(all);
      },
    },
    state: createFakeLiveState(),
    events: { silenceEnded: () => {}, silenceUnusable: (id, reason) => void unusable.push(`${id}: ${reason}`) },
    normalFor: HOUR,
    changed: () => changes++,
  });
  return () => silences[Symbol.asyncDispose]();
});

const wish = (pod: number, by = "eva"): SilenceRequest => ({
  scope: { kind: "pod", namespace: "shop", pod: `web-${pod}` },
  until: clock.now() + HOUR,
  reason: "deploying",
  by,
  endWhenNormal: false,
});
const many = (count: number, by?: string) => Array.from({ length: count }, (_, pod) => wish(pod, by));

it("makes many as one change: one transaction, and everybody looks again once", async () => {
  const made = await silences.createAll(many(200));
  expect([transactions, changes, silences.list().length, written.length]).toEqual([1, 1, 200, 200]);
  expect(new Set(made.map(({ id }) => id)).size).toBe(200);
});

it("makes all or none", async () => {
  await expect(silences.createAll([wish(1), { ...wish(2), until: clock.now() - 1 }])).rejects.toThrow(RangeError);
  fail = "disk full";
  await expect(silences.createAll(many(2))).rejects.toThrow("disk full");
  expect([transactions, changes, silences.list().length]).toEqual([0, 0, 0]);
});

it("has room for so many in all and of one person, also when they come at the same time", async () => {
  await silences.createAll(many(900));
  await expect(silences.createAll(many(101))).rejects.toThrow("eva would have more than 1000 silences: end some");
  const both = await Promise.allSettled([silences.createAll(many(60)), silences.createAll(many(60))]);
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  await silences.createAll(many(1_000, "ed"));
  await expect(silences.createAll(many(60, "ann"))).rejects.toThrow("there would be more than 2000 silences");
  await clock.advance(DAY);
  await silences.createAll(many(60, "ann"));
});

it("lists no more of those that are over than anybody would read", async () => {
  for (let round = 0; round < 3; round++) {
    await silences.createAll(many(1_000));
    await clock.advance(DAY);
  }
  await silences.createAll([wish(0)]);
  expect(silences.list()).toHaveLength(2_001);
});

it("starts with a silence that an earlier version took and this one refuses: it silences nothing, and is told of", async () => {
  const scope = { kind: "matchers", matchers: [{ name: "pod", operator: "=~", value: "a?".repeat(40) }] } as const;
  const from = clock.now();
  const stored = { ...wish(1), id: "s-old", scope, from, createdAt: from };
  await store.put(stored, { at: from, by: "eva", action: "silence", about: ["s-old"] });
  await silences.start();
  expect(silences.list().map(({ id }) => id)).toEqual(["s-old"]);
  expect(silences.silenceOf({ alertname: "PodCrashLooping", namespace: "shop", pod: "aaaa" })).toBeUndefined();
  expect(unusable).toEqual([expect.stringMatching(/^s-old: .* too many choices/)]);
});
