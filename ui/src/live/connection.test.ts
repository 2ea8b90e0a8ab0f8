import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ConnectionOptions, connect, IDLE_TIMEOUT, type LinkStatus, retryDelay } from "./connection.ts";

interface Call {
  readonly headers: Record<string, string>;
  /** Responds with a stream. */
  readonly open: () => { readonly send: (text: string) => void; readonly end: () => void };
  readonly answer: (response: Response) => void;
  readonly refuse: (error: Error) => void;
}

/** A fetch whose answers the test gives, and a record of what the connection reported. */
function start(options: Partial<ConnectionOptions> = {}) {
  const calls: Call[] = [];
  const statuses: LinkStatus["name"][] = [];
  const events: { seq: number; data: string }[] = [];
  let activity = 0;
  const fetch = (_url: unknown, init: RequestInit = {}) =>
    new Promise<Response>((resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      calls.push({
        headers: init.headers as Record<string, string>,
        answer: resolve,
        refuse: reject,
        open() {
          let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
          const body = new ReadableStream<Uint8Array>({
            start(given) {
              controller = given;
            },
          });
          init.signal?.addEventListener("abort", () => controller?.error(init.signal?.reason));
          resolve(new Response(body, { status: 200 }));
          return {
            send: (text) => controller?.enqueue(new TextEncoder().encode(text)),
            end: () => controller?.close(),
          };
        },
      });
    });
  const connection = connect({
    url: "http://page/api/v1/stream",
    since: 4,
    onMessage: (event) => events.push(event),
    onActivity: () => {
      activity += 1;
    },
    onStatus: (status) => statuses.push(status.name),
    fetch: fetch as typeof globalThis.fetch,
    random: () => 1,
    ...options,
  });
  return { connection, calls, statuses, events, activity: () => activity };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the stream's connection", () => {
  it("requests the changes after the last one received and passes events on", async () => {
    const { calls, statuses, events } = start();
    expect(calls[0]?.headers["last-event-id"]).toBe("4");
    const stream = calls[0]?.open();
    await settle();
    expect(statuses).toEqual(["connecting"]);
    stream?.send('id: 5\ndata: {"type":"patch"}\n\n');
    await settle();
    expect(statuses).toEqual(["connecting", "live"]);
    expect(events).toEqual([{ seq: 5, data: '{"type":"patch"}' }]);
  });

  it("reconnects after the server closed, and resumes after the last event", async () => {
    const { calls, statuses } = start();
    const stream = calls[0]?.open();
    await settle();
    stream?.send("id: 9\ndata: {}\n\n");
    await settle();
    stream?.end();
    await settle();
    expect(statuses.at(-1)).toBe("lost");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toHaveLength(2);
    expect(calls[1]?.headers["last-event-id"]).toBe("9");
  });

  it("backs off while every response ends at once", async () => {
    const { calls } = start();
    for (let answer = 0; answer < 5; answer += 1) {
      const stream = calls.at(-1)?.open();
      await settle();
      stream?.send(": hello\n\n");
      await settle();
      stream?.end();
      await settle();
      await vi.advanceTimersByTimeAsync(1_000 * 2 ** answer - 1);
      expect(calls).toHaveLength(answer + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(calls).toHaveLength(answer + 2);
    }
  });

  it("retries soon after a connection that lasted", async () => {
    const { calls } = start();
    for (let answer = 0; answer < 3; answer += 1) {
      const stream = calls.at(-1)?.open();
      await settle();
      stream?.send(": hello\n\n");
      await vi.advanceTimersByTimeAsync(15_000);
      stream?.end();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(calls).toHaveLength(answer + 2);
    }
  });

  it.each([500, 502, 503, 504])("retries after HTTP %i, which EventSource would not", async (status) => {
    const { calls, statuses } = start();
    calls[0]?.answer(new Response("", { status }));
    await settle();
    expect(statuses.at(-1)).toBe("lost");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(calls).toHaveLength(2);
  });

  it.each([
    ["401", () => new Response("", { status: 401 })],
    ["a proxy's sign-in page", () => new Response("<html>", { status: 403, headers: { "content-type": "text/html" } })],
    ["a redirect", () => Object.defineProperty(new Response(), "type", { value: "opaqueredirect" })],
  ])("treats %s as a lost session and waits for a sign-in", async (_what, answer) => {
    const { connection, calls, statuses } = start();
    calls[0]?.answer(answer());
    await settle();
    expect(statuses.at(-1)).toBe("signed-out");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(calls).toHaveLength(1);
    connection.retryNow();
    await settle();
    expect(calls).toHaveLength(2);
  });

  it.each([
    [
      `{"detail":"You have access to none of the watched namespaces."}`,
      "You have access to none of the watched namespaces.",
    ],
    ["{}", "The server denied access (HTTP 403)."],
    ["null", "The server denied access (HTTP 403)."],
    ["RBAC: access denied", "The server denied access (HTTP 403)."],
  ])("ends after 403 with %s until someone retries", async (body, reason) => {
    const onStatus = vi.fn();
    const { connection, calls } = start({ onStatus });
    calls[0]?.answer(new Response(body, { status: 403, headers: { "content-type": "application/problem+json" } }));
    await settle();
    expect(onStatus).toHaveBeenLastCalledWith({ name: "denied", reason });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(calls).toHaveLength(1);
    connection.retryNow();
    await settle();
    expect(calls).toHaveLength(2);
  });

  it("drops a connection without heartbeats", async () => {
    const { calls, statuses, activity } = start();
    const stream = calls[0]?.open();
    await settle();
    await vi.advanceTimersByTimeAsync(IDLE_TIMEOUT - 1_000);
    stream?.send(": beat\n\n");
    await settle();
    expect(activity()).toBe(1);
    await vi.advanceTimersByTimeAsync(IDLE_TIMEOUT - 1_000);
    expect(statuses.at(-1)).toBe("live");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(statuses.at(-1)).toBe("lost");
  });

  it("retries at once on request, and only once", async () => {
    const { connection, calls } = start();
    calls[0]?.refuse(new TypeError("no network"));
    await settle();
    connection.retryNow();
    await settle();
    expect(calls).toHaveLength(2);
    // Longer than the pause that was cut short, shorter than the idle timeout of the second call.
    await vi.advanceTimersByTimeAsync(20_000);
    expect(calls).toHaveLength(2);
  });

  it("does nothing once closed", async () => {
    const { connection, calls, statuses } = start();
    connection.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toHaveLength(1);
    expect(statuses).toEqual(["connecting"]);
  });
});

describe("the retry delay", () => {
  it("doubles from one second to thirty, with up to half of it as jitter", () => {
    const longest = [1, 2, 3, 4, 5, 6, 20].map((attempts) => retryDelay(attempts, () => 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(retryDelay(3, () => 0)).toBe(2_000);
  });
});
