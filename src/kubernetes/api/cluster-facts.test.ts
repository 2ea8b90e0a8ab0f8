import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import type { ApiRequest } from "./api-request.ts";
import { watchClusterFacts } from "./cluster-facts.ts";

function asking(changes: { status?: number } = {}) {
  const clock = createFakeClock();
  const server = { status: 200, gitVersion: "v1.34.2", ahead: 0, date: true, takes: 0, asked: 0, ...changes };
  const request: ApiRequest = async ({ path }) => {
    expect(path).toBe("/version");
    server.asked++;
    const date = new Date(clock.now() + server.ahead).toUTCString();
    if (server.takes > 0) await new Promise<void>((resolve) => clock.after(server.takes, resolve));
    const body = Buffer.from(JSON.stringify({ gitVersion: server.gitVersion }));
    const { status } = server;
    return { status, contentType: "application/json", body, isCut: false, ...(server.date && { date }) };
  };
  return { clock, server, facts: watchClusterFacts({ request, clock }) };
}

it("says which version the cluster has, and again after an upgrade", async () => {
  const { clock, server, facts } = asking();
  expect(facts.version()).toBeUndefined();
  await clock.settle();
  expect([facts.version(), facts.clockSkew()]).toEqual(["v1.34.2", 0]);
  server.gitVersion = "v1.35.0";
  await clock.advance(600_000);
  expect(facts.version()).toBe("v1.35.0");
});

it("asks a minute later when there was no answer, and keeps what it knows", async () => {
  const { clock, server, facts } = asking({ status: 503 });
  await clock.settle();
  expect(facts.version()).toBeUndefined();
  server.status = 200;
  await clock.advance(60_000);
  expect(facts.version()).toBe("v1.34.2");
});

it.each([
  [90_400, -90_000],
  [-5_000, 5_000],
  [300, 0],
])("the API server's clock is %i ms ahead of ours: %i", async (ahead, skew) => {
  const { clock, server, facts } = asking();
  server.ahead = ahead;
  await clock.advance(600_000);
  expect(facts.clockSkew()).toBe(skew);
});

it("does not know the other clock without a date, or when the answer was long on its way", async () => {
  const { clock, server, facts } = asking();
  server.date = false;
  await clock.advance(600_000);
  expect(facts.clockSkew()).toBeUndefined();
  Object.assign(server, { date: true, takes: 2_100 });
  await clock.advance(610_000);
  expect(facts.clockSkew()).toBeUndefined();
  server.takes = 200;
  await clock.advance(610_000);
  expect(facts.clockSkew()).toBe(0);
});

it("stops asking", async () => {
  const { clock, server, facts } = asking();
  await clock.settle();
  facts[Symbol.dispose]();
  await clock.advance(3_600_000);
  expect(server.asked).toBe(1);
});
