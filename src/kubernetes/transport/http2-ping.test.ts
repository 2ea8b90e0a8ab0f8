import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { watchWithPings } from "./http2-ping.ts";

const HOUR = 3_600_000;

/** A connection of which the test says what it brings, and when. */
function createStory() {
  const clock = createFakeClock();
  const socket = { bytesRead: 0 };
  const asked: ((error: Error | null) => void)[] = [];
  const dead: string[] = [];
  const session = {
    ping: (callback: (error: Error | null) => void) => {
      asked.push(callback);
      return true;
    },
  };
  const pings = watchWithPings({
    clock,
    socket: socket as unknown as Socket,
    session: session as unknown as ClientHttp2Session,
    onDead: ({ code }) => void dead.push(code),
  });
  const answer = () => {
    socket.bytesRead += 17;
    asked.shift()?.(null);
  };
  return { clock, socket, pings, asked, dead, answer };
}

it("sends a PING after 20 s of silence, and reports a dead peer after 12 s without an acknowledgement", async () => {
  const { clock, pings, asked, dead, answer } = createStory();
  pings.start();
  await clock.advance(19_999);
  expect(asked).toHaveLength(0);
  await clock.advance(1);
  expect(asked).toHaveLength(1);
  answer();
  await clock.advance(20_000);
  expect(asked).toHaveLength(1);
  await clock.advance(11_999);
  expect(dead).toEqual([]);
  await clock.advance(1);
  expect(dead).toEqual(["PING_TIMEOUT"]);
});

it("sends no PING while bytes arrive, and reports when the last ones did", async () => {
  const { clock, socket, pings, asked } = createStory();
  pings.start();
  for (let time = 0; time < 100; time++) {
    socket.bytesRead++;
    await clock.advance(1_000);
  }
  expect(asked).toHaveLength(0);
  expect(clock.monotonic() - pings.lastActivityAt).toBeLessThanOrEqual(10_000);
});

it("reads a pending acknowledgement after a blocked event loop before it reports a dead peer", async () => {
  const { clock, socket, pings, asked, dead } = createStory();
  clock.after(32_000, () => setImmediate(() => socket.bytesRead++));
  pings.start();
  clock.block(32_000);
  await clock.settle();
  expect(asked).toHaveLength(1);
  expect(dead).toEqual([]);
});

it.each([HOUR, -HOUR])("ignores a wall clock that jumps by %i ms", async (jump) => {
  const { clock, pings, asked, dead } = createStory();
  pings.start();
  await clock.advance(5_000);
  clock.jump(jump);
  await clock.advance(14_999);
  expect(asked).toHaveLength(0);
  await clock.advance(1);
  expect(asked).toHaveLength(1);
  await clock.advance(12_000);
  expect(dead).toHaveLength(1);
});

it("does not take a PING that failed for silence", async () => {
  const { clock, pings, asked, dead } = createStory();
  pings.start();
  await clock.advance(20_000);
  // Node cancels the PINGs of a session that is closing.
  asked.shift()?.(new Error("HTTP2 ping cancelled"));
  await clock.advance(12_000);
  expect(dead).toEqual([]);
  expect(asked).toHaveLength(1);
});

it("sends no PING once the connection is draining, and still notes its activity", async () => {
  const { clock, socket, pings, asked, dead } = createStory();
  pings.start();
  await clock.advance(20_000);
  pings.drain();
  await clock.advance(HOUR);
  expect([asked.length, dead.length]).toEqual([1, 0]);
  socket.bytesRead++;
  expect(pings.lastActivityAt).toBe(clock.monotonic());
});

it("sends no PING once it is stopped", async () => {
  const { clock, pings, asked, dead } = createStory();
  pings.start();
  await clock.advance(20_000);
  pings.stop();
  await clock.advance(HOUR);
  expect([asked.length, dead.length, clock.timers]).toEqual([1, 0, 0]);
});
