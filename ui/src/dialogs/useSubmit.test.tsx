// @vitest-environment jsdom
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useSubmit } from "./useSubmit.ts";

afterEach(cleanup);

it("repeats the key for the same input, and uses a new one for other input", async () => {
  const keys: string[] = [];
  const send = vi.fn(async (key: string) => {
    keys.push(key);
    throw new Error("no answer");
  });
  const { result, rerender } = renderHook(({ body }) => useSubmit(send, body), { initialProps: { body: "2h" } });
  await act(async () => result.current.run());
  expect(result.current.error).toEqual(new Error("no answer"));
  await act(async () => result.current.run());
  rerender({ body: "8h" });
  await act(async () => result.current.run());
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

it("is pending while it sends, and clears the last error", async () => {
  let finish: () => void = () => {};
  const { result } = renderHook(() =>
    useSubmit(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
      "",
    ),
  );
  act(() => result.current.run());
  expect(result.current.isPending).toBe(true);
  await act(async () => finish());
  expect(result.current).toMatchObject({ isPending: false, error: undefined });
});
