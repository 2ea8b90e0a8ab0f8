import { expect, it } from "vitest";
import { createFakeClock } from "../../test/support/fake-clock.ts";
import { watchLiveness } from "./watch-liveness.ts";

function createStory(deadline?: number) {
  const clock = createFakeClock();
  const response = { bytesRead: 0, connectionBytesRead: 0 };
  const dead: string[] = [];
  const liveness = watchLiveness({
    clock,
    response,
    silence: 100_000,
    ...(deadline === undefined ? {} : { deadline }),
    onDead: ({ label }) => void dead.push(label),
  });
  return { clock, response, liveness, dead };
}

it("gives up a body from which nothing has come for the whole time", async () => {
  const { clock, response, dead } = createStory();
  await clock.advance(60_000);
  response.bytesRead = 1;
  await clock.advance(100_000);
  expect(dead).toEqual([]);
  await clock.advance(100_000);
  expect(dead).toEqual(["silent"]);
  await clock.advance(1_000_000);
  expect(dead).toEqual(["silent"]);
});

it.each(["bytesRead", "connectionBytesRead"] as const)(
  "lets what lies unread after a blocked event loop be read before it judges: %s",
  async (counter) => {
    const { clock, response, dead } = createStory();
    // The timer looks first and sees nothing new; the socket is read in the turn after.
    let looks = 0;
    Object.defineProperty(response, counter, { get: () => (++looks > 1 ? 5 : 0) });
    await clock.advance(100_000);
    expect(looks).toBeGreaterThan(1);
    expect(dead).toEqual([]);
  },
);

it("takes another silence from now on, and ends at its deadline whatever comes", async () => {
  const { clock, response, liveness, dead } = createStory(330_000);
  await clock.advance(50_000);
  liveness.setSilence(300_000);
  await clock.advance(279_000);
  response.bytesRead = 9;
  expect(dead).toEqual([]);
  await clock.advance(1_000);
  expect(dead).toEqual(["overdue"]);
});

it("says nothing once it is stopped", async () => {
  const { clock, liveness, dead } = createStory(1_000);
  liveness.stop();
  await clock.advance(1_000_000);
  expect([dead, clock.timers]).toEqual([[], 0]);
});
