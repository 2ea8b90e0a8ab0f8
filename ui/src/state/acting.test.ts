import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createActing } from "./acting.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const action = { what: "acknowledge", retry: () => {} } as const;
const phases = (acting: ReturnType<typeof createActing>) =>
  [...acting.get()].map(([id, { phase }]) => `${id} ${phase}`);

it("is started, waiting after 2 s, and silent after 10 s", () => {
  const acting = createActing();
  acting.begin(["a", "b"], action);
  expect(phases(acting)).toEqual(["a started", "b started"]);
  vi.advanceTimersByTime(2_000);
  expect(phases(acting)).toEqual(["a waiting", "b waiting"]);
  vi.advanceTimersByTime(8_000);
  expect(phases(acting)).toEqual(["a silent", "b silent"]);
});

it("can be undone for 10 s when it is done", () => {
  const acting = createActing();
  acting.begin(["a"], action);
  acting.done(["a"], { ...action, undo: () => {} });
  vi.advanceTimersByTime(9_900);
  expect(phases(acting)).toEqual(["a done"]);
  vi.advanceTimersByTime(100);
  expect(phases(acting)).toEqual([]);
});

it("ends when the reader stops waiting, or when it failed", () => {
  const acting = createActing();
  acting.begin(["a", "b"], action);
  acting.end(["a"]);
  vi.advanceTimersByTime(10_000);
  expect(phases(acting)).toEqual(["b silent"]);
});
