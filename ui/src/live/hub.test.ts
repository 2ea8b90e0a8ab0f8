import { describe, expect, it } from "vitest";
import type { ConnectionOptions } from "./connection.ts";
import { createHub } from "./hub.ts";
import type { FromWorker } from "./protocol.ts";

type Opened = Omit<ConnectionOptions, "fetch" | "random"> & { closed: boolean; retries: number };

function start() {
  const opened: Opened[] = [];
  const hub = createHub((options) => {
    const connection: Opened = { ...options, closed: false, retries: 0 };
    opened.push(connection);
    return {
      retryNow: () => {
        connection.retries += 1;
      },
      close: () => {
        connection.closed = true;
      },
    };
  });
  const tab = () => {
    const got: FromWorker[] = [];
    return { got, postMessage: (message: FromWorker) => got.push(message) };
  };
  const join = (port: ReturnType<typeof tab>, since: number, who = "jdoe") =>
    hub.receive(port, { type: "join", url: "http://page/api/v1/stream", who, since });
  const push = (seq: number, data = "{}") => opened.at(-1)?.onEvent({ seq, data });
  return { hub, opened, tab, join, push };
}

const eventsOf = (got: readonly FromWorker[]) =>
  got.flatMap((message) => (message.type === "event" ? [message.seq] : []));

describe("one stream for all tabs", () => {
  it("opens one connection, and gives each tab what came after its own state", () => {
    const { opened, tab, join, push } = start();
    const first = tab();
    join(first, 10);
    push(11);
    push(12);
    const second = tab();
    join(second, 11);
    push(13);
    expect(opened).toHaveLength(1);
    expect(opened[0]?.since).toBe(10);
    expect(eventsOf(first.got)).toEqual([11, 12, 13]);
    expect(eventsOf(second.got)).toEqual([12, 13]);
  });

  it("tells a tab to fetch again when its state is older than what is kept", () => {
    const { tab, join, push } = start();
    join(tab(), 0);
    for (let seq = 1; seq <= 400; seq += 1) push(seq);
    const late = tab();
    join(late, 50);
    expect(late.got.map((message) => message.type)).toContain("resync");
    expect(eventsOf(late.got)).toEqual([]);
  });

  it("keeps a bounded amount of text", () => {
    const { tab, join, push } = start();
    join(tab(), 0);
    for (let seq = 1; seq <= 5; seq += 1) push(seq, "x".repeat(1_500_000));
    const late = tab();
    join(late, 3);
    expect(eventsOf(late.got)).toEqual([4, 5]);
    const later = tab();
    join(later, 1);
    expect(later.got.at(-1)).toEqual({ type: "resync" });
  });

  it("opens anew for another person", () => {
    const { opened, tab, join } = start();
    join(tab(), 1);
    join(tab(), 2, "mkrause");
    expect(opened.map((connection) => connection.closed)).toEqual([true, false]);
  });

  it("tries again for a tab that joins after a sign-in", () => {
    const { opened, tab, join } = start();
    join(tab(), 1);
    opened[0]?.onStatus({ name: "signed-out" });
    join(tab(), 1);
    expect(opened[0]?.retries).toBe(1);
  });

  it("closes with the last tab, and opens again with the next", () => {
    const { hub, opened, tab, join } = start();
    const only = tab();
    join(only, 1);
    hub.receive(only, { type: "leave" });
    expect(opened[0]?.closed).toBe(true);
    join(only, 5);
    expect(opened).toHaveLength(2);
    expect(opened[1]?.since).toBe(5);
  });
});
