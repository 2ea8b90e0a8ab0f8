// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LinkStatus } from "./connection.ts";
import { HIDDEN_INTERVAL, HIDDEN_OPEN, openFeed } from "./feed.ts";

let visibility: DocumentVisibilityState = "visible";
let open = 0;
const asked: string[] = [];

function setVisibility(state: DocumentVisibilityState): void {
  visibility = state;
  document.dispatchEvent(new Event("visibilitychange"));
}

function start() {
  const statuses: LinkStatus["name"][] = [];
  let since = 7;
  const feed = openFeed({
    url: "http://page/api/v1/stream",
    since: () => since++,
    onMessage: () => {},
    onActivity: () => {},
    onStatus: (status) => statuses.push(status.name),
  });
  return { feed, statuses };
}

beforeEach(() => {
  vi.useFakeTimers();
  visibility = "visible";
  open = 0;
  asked.length = 0;
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
  vi.stubGlobal("fetch", (_url: string, { signal, headers }: RequestInit) => {
    open += 1;
    asked.push((headers as Record<string, string>)["last-event-id"] ?? "");
    return new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => {
        open -= 1;
        reject(signal.reason);
      });
    });
  });
});

afterEach(() => {
  vi.useRealTimers();
});

it("holds one connection while the tab can be seen", async () => {
  const { feed } = start();
  setVisibility("visible");
  await vi.advanceTimersByTimeAsync(HIDDEN_OPEN);
  expect(open).toBe(1);
  feed.close();
  expect(open).toBe(0);
});

it("connects only for moments while the tab is hidden, each time from the last change", async () => {
  const { feed, statuses } = start();
  setVisibility("hidden");
  await vi.advanceTimersByTimeAsync(HIDDEN_OPEN);
  expect(open).toBe(0);
  expect(statuses.at(-1)).toBe("suspended");
  await vi.advanceTimersByTimeAsync(HIDDEN_INTERVAL);
  expect(open).toBe(1);
  await vi.advanceTimersByTimeAsync(HIDDEN_OPEN);
  expect(open).toBe(0);
  expect(asked).toEqual(["7", "8"]);
  feed.close();
});

it("connects at once when the tab is shown again, and stays connected", async () => {
  const { feed } = start();
  setVisibility("hidden");
  await vi.advanceTimersByTimeAsync(HIDDEN_OPEN + 1_000);
  setVisibility("visible");
  expect(open).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(open).toBe(1);
  feed.close();
});

it("keeps the connection of a tab that is hidden only for a moment", async () => {
  const { feed } = start();
  setVisibility("hidden");
  await vi.advanceTimersByTimeAsync(HIDDEN_OPEN - 1);
  setVisibility("visible");
  await vi.advanceTimersByTimeAsync(HIDDEN_OPEN);
  expect(asked).toEqual(["7"]);
  expect(open).toBe(1);
  feed.close();
});

it("releases the connection when the page is left, and takes one again when it comes back", async () => {
  const { feed } = start();
  dispatchEvent(new Event("pagehide"));
  expect(open).toBe(0);
  dispatchEvent(new Event("pageshow"));
  expect(open).toBe(1);
  feed.close();
  await vi.advanceTimersByTimeAsync(HIDDEN_INTERVAL);
  expect(open).toBe(0);
});
