import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { watchLiveness } from "./watch-liveness.ts";

function createStory(options: { readonly deadline?: number; readonly minBytes?: number } = {}) {
  const clock = createFakeClock();
  const response = { bytesRead: 0, connectionBytesRead: 0 };
  const dead: string[] = [];
  /** Data that is unread when the timers run: they run before the sockets are read. */
  const arriveAt = (time: number, arrive: () => void) => clock.after(time, () => setImmediate(arrive));
  const listen = () =>
    watchLiveness({ clock, response, silence: 100_000, ...options, onDead: ({ label }) => void dead.push(label) });
  return { clock, response, dead, arriveAt, listen };
}

it("ends a body that has sent nothing for the whole timeout", async () => {
  const { clock, response, dead, listen } = createStory();
  listen();
  await clock.advance(60_000);
  response.bytesRead = 1;
  await clock.advance(100_000);
  expect(dead).toEqual([]);
  await clock.advance(100_000);
  expect(dead).toEqual(["silent"]);
  await clock.advance(1_000_000);
  expect(dead).toEqual(["silent"]);
});

it("reads waiting data before it judges, after the event loop was blocked", async () => {
  const { clock, response, dead, arriveAt, listen } = createStory();
  arriveAt(100_000, () => {
    response.bytesRead = 5;
  });
  listen();
  clock.block(100_000);
  await clock.settle();
  expect(dead).toEqual([]);
  await clock.advance(100_000);
  expect(dead).toEqual(["silent"]);
});

it("waits while the connection still delivers earlier data", async () => {
  const { clock, response, dead, arriveAt, listen } = createStory();
  const read = (times: number) => {
    response.connectionBytesRead += 65_536;
    if (times > 0) setImmediate(read, times - 1);
    else response.bytesRead = 5;
  };
  arriveAt(100_000, () => read(10));
  listen();
  await clock.advance(100_000);
  for (let turn = 0; turn < 20; turn++) await clock.settle();
  expect(dead).toEqual([]);
});

it("ignores the bytes of other streams on the same connection", async () => {
  const { clock, response, dead, listen } = createStory();
  Object.defineProperty(response, "connectionBytesRead", { get: () => performance.now() });
  listen();
  await clock.advance(100_000);
  for (let turn = 0; turn < 50; turn++) await clock.settle();
  expect(dead).toEqual(["silent"]);
});

it("ends a body that arrives too slowly", async () => {
  const { clock, response, dead, listen } = createStory({ minBytes: 1_000 });
  listen();
  response.bytesRead = 1_000;
  await clock.advance(100_000);
  expect(dead).toEqual([]);
  response.bytesRead = 1_999;
  await clock.advance(100_000);
  expect(dead).toEqual(["silent"]);
});

it("uses a new timeout from now on, and ends at its deadline regardless of data", async () => {
  const { clock, response, dead, listen } = createStory({ deadline: 330_000 });
  const liveness = listen();
  await clock.advance(50_000);
  liveness.setSilence(300_000);
  await clock.advance(279_000);
  response.bytesRead = 9;
  expect(dead).toEqual([]);
  await clock.advance(1_000);
  expect(dead).toEqual(["overdue"]);
});

it("reports nothing once it is stopped", async () => {
  const { clock, dead, listen } = createStory({ deadline: 1_000 });
  const liveness = listen();
  liveness.stop();
  await clock.advance(1_000_000);
  expect([dead, clock.timers]).toEqual([[], 0]);
});
