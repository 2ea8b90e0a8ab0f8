import { expect, it } from "vitest";
import { onAbort } from "./on-abort.ts";

it("calls back once, when the first of the signals aborts", () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const calls: string[] = [];
  onAbort([first.signal, second.signal], () => calls.push("aborted"));
  expect(calls).toEqual([]);
  second.abort();
  first.abort();
  expect(calls).toEqual(["aborted"]);
});

it("calls back at once when a signal is aborted already", () => {
  const calls: string[] = [];
  onAbort([new AbortController().signal, AbortSignal.abort()], () => calls.push("aborted"));
  expect(calls).toEqual(["aborted"]);
});

it("calls every callback of a signal in order, apart from those taken off, also by another callback", () => {
  const controller = new AbortController();
  const calls: number[] = [];
  const releases = [0, 1, 2, 3].map((index) =>
    onAbort([controller.signal], () => {
      calls.push(index);
      if (index === 2) releases[3]?.();
    }),
  );
  releases[1]?.();
  controller.abort();
  expect(calls).toEqual([0, 2]);
});

it("leaves one listener on a signal that many wait for, and none when no one does", () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  const releases = Array.from({ length: 2_000 }, () => onAbort([signal], () => {}));
  expect(listeners).toBe(1);
  for (const release of releases) release();
  expect(listeners).toBe(0);
});
