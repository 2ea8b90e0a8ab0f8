import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Row, State, StreamEvent } from "../../../src/http/base/api-types.ts";
import { BATCH_MS, createStore } from "./store.ts";

const row = (id: string, change: Partial<Row> = {}): Row => ({
  id,
  scope: "container",
  namespace: "shop",
  state: "Normal",
  ...change,
});

const state = (rows: readonly Row[], change: Partial<State> = {}): State => ({
  seq: 10,
  serverNow: 1_000_000,
  windowMs: 3_600_000,
  threshold: 3,
  bucketMs: 150_000,
  version: "1.0.0",
  can: { ack: true, silence: true, export: true, testReceivers: true, silenceEverything: true },
  health: { namespaces: [], receivers: [], problems: [] },
  selector: "shop",
  cli: "kubectl",
  confirmSilence: { containers: 50, durationMs: 1 },
  rows,
  ...change,
});

const patch = (seq: number, rows: readonly Row[], removed: readonly string[] = []): StreamEvent => ({
  type: "patch",
  seq,
  serverNow: 1_000_000,
  rows,
  removed,
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("patches", () => {
  it("are collected and applied in one batch", () => {
    const store = createStore();
    store.load(state([row("a"), row("b")]));
    const listener = vi.fn();
    store.subscribe(listener);
    store.apply(patch(11, [row("a", { state: "Warning" })]));
    store.apply(patch(12, [row("a", { state: "Failure" })]));
    expect(listener).not.toHaveBeenCalled();
    vi.advanceTimersByTime(BATCH_MS);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(store.get()?.rows.get("a")?.state).toBe("Failure");
    expect(store.seq()).toBe(12);
  });

  it("keep the objects of rows that did not change", () => {
    const store = createStore();
    const b = row("b");
    store.load(state([row("a"), b]));
    store.apply(patch(11, [row("a", { state: "Warning" })]));
    vi.advanceTimersByTime(BATCH_MS);
    expect(store.get()?.rows.get("b")).toBe(b);
  });

  it("that are older than the state are ignored", () => {
    const store = createStore();
    store.load(state([row("a")]));
    store.apply(patch(10, [row("a", { state: "Failure" })]));
    vi.advanceTimersByTime(BATCH_MS);
    expect(store.get()?.rows.get("a")?.state).toBe("Normal");
  });

  it("remove rows, even one that the same batch had changed", () => {
    const store = createStore();
    store.load(state([row("a"), row("b")]));
    store.apply(patch(11, [row("a", { state: "Warning" })]));
    store.apply(patch(12, [], ["a"]));
    vi.advanceTimersByTime(BATCH_MS);
    expect([...(store.get()?.rows.keys() ?? [])]).toEqual(["b"]);
  });

  it("alternate the tint of a row, and never tint rows of the first state", () => {
    const store = createStore();
    store.load(state([row("a")]));
    expect(store.tint("a")).toBe(0);
    for (const seq of [11, 12]) {
      store.apply(patch(seq, [row("a", { state: "Warning" })]));
      vi.advanceTimersByTime(BATCH_MS);
    }
    expect(store.tint("a")).toBe(2);
  });
});

describe("pausing", () => {
  it("freezes the rows and counts the waiting ones, each once", () => {
    const store = createStore();
    store.load(state([row("a"), row("b")]));
    store.pause();
    store.apply(patch(11, [row("a", { state: "Warning" })]));
    store.apply(patch(12, [row("a", { state: "Failure" }), row("c")]));
    vi.advanceTimersByTime(10 * BATCH_MS);
    expect(store.get()?.rows.get("a")?.state).toBe("Normal");
    expect(store.waiting()).toBe(2);
    store.resume();
    expect(store.get()?.rows.get("a")?.state).toBe("Failure");
    expect(store.waiting()).toBe(0);
  });

  it("holds a reloaded state, and counts its changes", () => {
    const store = createStore();
    store.load(state([row("a"), row("b"), row("c")]));
    store.pause();
    store.apply(patch(11, [row("a", { state: "Warning" })]));
    store.load(state([row("a", { state: "Failure" }), row("c"), row("d")], { seq: 20, threshold: 9 }));
    expect([...(store.get()?.rows.keys() ?? [])]).toEqual(["a", "b", "c"]);
    expect(store.get()?.rows.get("a")?.state).toBe("Normal");
    expect(store.get()?.meta.threshold).toBe(3);
    expect(store.waiting()).toBe(3);
    store.resume();
    expect([...(store.get()?.rows.keys() ?? [])].sort()).toEqual(["a", "c", "d"]);
    expect(store.get()?.rows.get("a")?.state).toBe("Failure");
    expect(store.get()?.meta.threshold).toBe(9);
  });

  it("holds changes of health and configuration", () => {
    const store = createStore();
    store.load(state([row("a")]));
    store.pause();
    const health = { namespaces: [], receivers: [], problems: [{ since: 1, message: "The store is full" }] };
    store.apply({ type: "health", seq: 11, serverNow: 1_000_000, health });
    expect(store.get()?.meta.health.problems).toEqual([]);
    store.resume();
    expect(store.get()?.meta.health.problems).toHaveLength(1);
  });

  it("does not hold the results of the reader's own actions and requests", () => {
    const store = createStore();
    store.load(state([row("a"), row("b")]));
    store.pause();
    store.apply(patch(11, [row("a", { state: "Warning" }), row("b", { state: "Warning" })]));
    const ack = { by: "jdoe", at: 1_000_000, notifyOnWorsening: true };
    store.merge([row("a", { state: "Failure", ack })]);
    expect(store.get()?.rows.get("a")).toMatchObject({ state: "Failure", ack });
    expect(store.get()?.rows.get("b")?.state).toBe("Normal");
    expect(store.waiting()).toBe(1);
    store.load(state([row("c")], { seq: 20 }), { asked: true });
    expect([...(store.get()?.rows.keys() ?? [])]).toEqual(["c"]);
  });
});

describe("a reloaded state", () => {
  it("replaces the rows, and keeps the objects of equal ones", () => {
    const store = createStore();
    store.load(state([row("a"), row("b")]));
    const before = store.get()?.rows.get("a");
    store.load(state([row("a"), row("c")], { seq: 20 }));
    expect([...(store.get()?.rows.keys() ?? [])].sort()).toEqual(["a", "c"]);
    expect(store.get()?.rows.get("a")).toBe(before);
  });

  it("loses no change that arrived while it was loading", () => {
    const store = createStore();
    store.load(state([row("a"), row("b")]));
    const record = store.record();
    store.apply(patch(19, [row("a", { state: "Warning" })]));
    store.apply(patch(21, [row("b", { state: "Failure" })]));
    store.load(state([row("a", { state: "Failure" }), row("b")], { seq: 20 }), { missed: record.stop() });
    vi.advanceTimersByTime(BATCH_MS);
    expect(store.get()?.rows.get("a")?.state).toBe("Failure");
    expect(store.get()?.rows.get("b")?.state).toBe("Failure");
    expect(store.seq()).toBe(21);
  });

  it("is requested when the server asks for a resync", () => {
    const onResync = vi.fn();
    const store = createStore({ onResync });
    store.load(state([]));
    store.apply({ type: "hello", seq: 3, serverNow: 1_000_000, version: "1.0.0", resync: true });
    expect(onResync).toHaveBeenCalledTimes(1);
  });

  it("may have lower sequence numbers, as after a restart of the server", () => {
    const store = createStore();
    store.load(state([row("a")], { seq: 900 }));
    store.load(state([row("a")], { seq: 2 }));
    store.apply(patch(3, [row("a", { state: "Warning" })]));
    vi.advanceTimersByTime(BATCH_MS);
    expect(store.get()?.rows.get("a")?.state).toBe("Warning");
  });
});

describe("versions", () => {
  it("of page and server are separate", () => {
    const store = createStore();
    store.load(state([]));
    store.apply({ type: "hello", seq: 10, serverNow: 1_000_000, version: "1.1.0", resync: false });
    expect(store.get()).toMatchObject({ pageVersion: "1.0.0", serverVersion: "1.1.0" });
    store.load(state([], { version: "1.1.0" }));
    expect(store.get()).toMatchObject({ pageVersion: "1.0.0", serverVersion: "1.1.0" });
  });
});

describe("one page of many rows", () => {
  const change = { Failure: 0, Sent: 0, Warning: 0, Normal: 0 };
  const paging = {
    page: 1,
    perPage: 50,
    matching: 30_000,
    gone: 0,
    total: 30_000,
    unattended: 0,
    severities: { critical: 0, unknown: 0, warning: 0, normal: 0 },
    change,
    namespaces: [],
  };

  it("applies changes of its own rows only, and reports that others may affect it", () => {
    const onPageStale = vi.fn();
    const store = createStore({ onPageStale });
    store.load(state([row("a")], { paging }));
    store.apply(patch(11, [row("a", { state: "Warning" }), row("elsewhere")]));
    vi.advanceTimersByTime(BATCH_MS);
    expect([...(store.get()?.rows.keys() ?? [])]).toEqual(["a"]);
    expect(onPageStale).toHaveBeenCalledTimes(1);
  });

  it("requests the counts again when its own rows change, because the server counts them", () => {
    const onPageStale = vi.fn();
    const store = createStore({ onPageStale });
    store.load(state([row("a")], { paging }));
    store.apply(patch(11, [row("a", { state: "Warning" })]));
    vi.advanceTimersByTime(BATCH_MS);
    expect(onPageStale).toHaveBeenCalledTimes(1);
  });
});

describe("health and configuration", () => {
  it("apply at once and do not affect the rows", () => {
    const store = createStore();
    store.load(state([row("a")]));
    const { version } = store.get() ?? {};
    const health = {
      namespaces: [{ namespace: "shop", state: "stale", pods: 1, staleSince: 5 }],
      receivers: [],
      problems: [],
    } as const;
    store.apply({ type: "health", seq: 11, serverNow: 1_000_000, health });
    const { windowMs, bucketMs, can, selector, cli, confirmSilence } = state([]);
    store.apply({
      type: "config",
      seq: 12,
      serverNow: 1_000_000,
      threshold: 9,
      windowMs,
      bucketMs,
      can,
      selector,
      cli,
      confirmSilence,
    });
    expect(store.get()?.meta).toMatchObject({ health, threshold: 9 });
    expect(store.get()?.meta).not.toHaveProperty("seq");
    expect(store.get()?.version).toBe(version);
  });
});
