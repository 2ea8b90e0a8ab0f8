import { beforeEach, expect, it } from "vitest";
import { makeAlert } from "../../test/support/batches.ts";
import { cpuTime } from "../../test/support/cpu-time.ts";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { createFakeLiveState } from "../../test/support/fake-live-state.ts";
import { createFakeActionStore, createFakeSilenceStore } from "../../test/support/fake-silence-store.ts";
import { DAY, HOUR, MINUTE } from "../core/model/time.ts";
import type { Action } from "../ports/activity.ts";
import type { SilenceRequest } from "../ports/silences.ts";
import { createSilences, type Silences } from "./silences.ts";

let count = 0;
const clock = createFakeClock();
let changes: number;
let silences: Silences;
let written: Action[];
let fail: string | undefined;
let store: ReturnType<typeof createFakeSilenceStore>;

beforeEach(() => {
  store = createFakeSilenceStore(createFakeActionStore());
  changes = 0;
  written = [];
  fail = undefined;
  silences = createSilences({
    clock,
    store: {
      ...store,
      put: async (silence, action) => {
        if (fail !== undefined) throw new Error(fail);
        written.push(action);
        await store.put(silence, action);
      },
    },
    state: createFakeLiveState(),
    events: { silenceEnded: () => {} },
    normalFor: HOUR,
    changed: () => changes++,
  });
  return () => silences[Symbol.asyncDispose]();
});

const wish = (pod: number, by = "eva"): SilenceRequest => ({
  id: `s-test-${++count}`,
  scope: { kind: "pod", namespace: "shop", pod: `web-${pod}` },
  until: clock.now() + HOUR,
  reason: "deploying",
  by,
  endWhenNormal: false,
});
const createMany = (length: number, by?: string) =>
  Promise.all(Array.from({ length }, (_, pod) => silences.create(wish(pod, by))));

it("creates one silence for an id, however often and however concurrently it is requested", async () => {
  const request = wish(1);
  const created = await Promise.all([silences.create(request), silences.create(request)]);
  created.push(await silences.create(request));
  expect(new Set(created).size).toBe(1);
  expect([changes, silences.list().length, written.length]).toEqual([1, 1, 1]);
});

it("does not keep a silence that could not be stored", async () => {
  await expect(silences.create({ ...wish(2), until: clock.now() - 1 })).rejects.toThrow(RangeError);
  fail = "disk full";
  const request = wish(3);
  await expect(silences.create(request)).rejects.toThrow("disk full");
  expect([changes, silences.list().length]).toEqual([0, 0]);
  fail = undefined;
  expect(await silences.create(request)).toMatchObject({ id: request.id });
});

it("limits the silences in total and per person, even if they are created concurrently", async () => {
  await createMany(900);
  const both = await Promise.allSettled([createMany(60), createMany(60)]);
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(silences.list()).toHaveLength(1_000);
  await expect(silences.create(wish(0))).rejects.toThrow("eva already has 1000 silences");
  await createMany(1_000, "ed");
  await expect(silences.create(wish(0, "ann"))).rejects.toThrow("There are already 2000 silences");
  await clock.advance(DAY);
  await createMany(60, "ann");
});

it("lists a limited number of expired silences", async () => {
  for (let round = 0; round < 3; round++) {
    await createMany(1_000);
    await clock.advance(DAY);
  }
  await silences.create(wish(0));
  expect(silences.list()).toHaveLength(2_001);
});

it("ends a stored silence whose matchers are not valid anymore, and loads the others", async () => {
  const times = { from: clock.now(), until: clock.now() + HOUR, createdAt: clock.now() };
  const common = { ...times, reason: "deploying", by: "eva", endWhenNormal: false };
  const scopeOf = (value: string) =>
    ({ kind: "matchers", matchers: [{ name: "pod", operator: "=~", value }] }) as const;
  const action: Action = { by: "eva", action: "silence", note: "", at: clock.now(), about: [] };
  await store.put({ id: "s-lookahead", scope: scopeOf("a(?=b)"), ...common }, action);
  await store.put({ id: "s-expensive", scope: scopeOf("(\\pL|a){1000}"), ...common }, action);
  await store.put({ id: "s-valid", scope: scopeOf("web-.*"), ...common }, action);
  await silences.start();
  const labels = { alertname: "PodNotReady", namespace: "shop", pod: "web-0" } as const;
  expect(silences.silenceOf(labels)?.id).toBe("s-valid");
  expect(silences.find("s-lookahead")?.endedBecause).toMatch(/cannot evaluate its matchers: .*Perl syntax/);
  expect(silences.find("s-expensive")?.endedBecause).toMatch(/cannot evaluate its matchers: .*too long/);
  expect(written.map(({ action: what, by }) => [what, by])).toEqual([
    ["silence-ended", "Pod Watcher"],
    ["silence-ended", "Pod Watcher"],
  ]);
});

it("compares thousands of alerts with hundreds of silences without holding up other work, and ends those without alerts", async () => {
  const state = createFakeLiveState();
  const WORKLOADS = 500;
  for (let pod = 0; pod < 10 * WORKLOADS; pod++) {
    state.commit(makeAlert({ pod: `web-${pod}`, workload: `Deployment/w${pod % WORKLOADS}` }));
  }
  const ended: string[] = [];
  await using many = createSilences({
    clock,
    store: createFakeSilenceStore(createFakeActionStore()),
    state,
    events: { silenceEnded: (id) => ended.push(id) },
    normalFor: HOUR,
    changed: () => {},
  });
  await many.start();
  const before = cpuTime();
  for (let number = 0; number < WORKLOADS; number++) {
    const scope = { kind: "workload", namespace: "shop", workload: `Deployment/w${number}` } as const;
    await many.create({ ...wish(0), scope, until: clock.now() + DAY, endWhenNormal: true });
  }
  const unused = await many.create({ ...wish(99_999, "zoe"), until: clock.now() + DAY, endWhenNormal: true });
  // Each silence was compared with each alert at each change: minutes.
  expect(cpuTime() - before).toBeLessThan(15_000);
  await expect
    .poll(async () => {
      await clock.advance(10 * MINUTE);
      return ended;
    })
    .toEqual([unused.id]);
});
