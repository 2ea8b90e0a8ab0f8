import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import type { ApiRequest } from "./api-request.ts";
import { watchClusterFacts } from "./cluster-facts.ts";

function setUp(changes: { status?: number; groupStatus?: number } = {}) {
  const clock = createFakeClock();
  const server = {
    ...{ status: 200, groupStatus: 404, gitVersion: "v1.34.2", ahead: 0, date: true, takes: 0, requests: 0 },
    ...changes,
  };
  const request: ApiRequest = async ({ path }) => {
    if (path === "/apis/project.openshift.io") {
      return { status: server.groupStatus, contentType: "application/json", body: Buffer.from("{}"), isCut: false };
    }
    expect(path).toBe("/version");
    server.requests++;
    const date = new Date(clock.now() + server.ahead).toUTCString();
    if (server.takes > 0) await new Promise<void>((resolve) => clock.after(server.takes, resolve));
    const body = Buffer.from(JSON.stringify({ gitVersion: server.gitVersion }));
    const { status } = server;
    return { status, contentType: "application/json", body, isCut: false, ...(server.date && { date }) };
  };
  return { clock, server, facts: watchClusterFacts({ request, clock }) };
}

it("reads the version of the cluster, and reads it again after an upgrade", async () => {
  const { clock, server, facts } = setUp();
  expect(facts.version()).toBeUndefined();
  await clock.settle();
  expect([facts.version(), facts.clockSkew()]).toEqual(["v1.34.2", 0]);
  server.gitVersion = "v1.35.0";
  await clock.advance(600_000);
  expect(facts.version()).toBe("v1.35.0");
});

it("retries after a minute when the API server did not answer", async () => {
  const { clock, server, facts } = setUp({ status: 503 });
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
])("when the API server's clock is %i ms ahead, the clock skew is %i ms", async (ahead, skew) => {
  const { clock, server, facts } = setUp();
  server.ahead = ahead;
  await clock.advance(600_000);
  expect(facts.clockSkew()).toBe(skew);
});

it("reports no clock skew without a Date header, or after a slow response", async () => {
  const { clock, server, facts } = setUp();
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

it("sends no requests once it is disposed", async () => {
  const { clock, server, facts } = setUp();
  await clock.settle();
  facts[Symbol.dispose]();
  await clock.advance(3_600_000);
  expect(server.requests).toBe(1);
});

it.each([
  [200, "oc"],
  [404, "kubectl"],
])("an OpenShift API group that is answered with %i makes %s the suggested command-line tool", async (status, cli) => {
  const { clock, facts } = setUp({ groupStatus: status });
  expect(facts.cli()).toBe("kubectl");
  await clock.settle();
  expect(facts.cli()).toBe(cli);
});

it("keeps the command-line tool while the API server cannot list its groups, and retries after a minute", async () => {
  const { clock, server, facts } = setUp({ groupStatus: 200 });
  await clock.settle();
  server.groupStatus = 503;
  await clock.advance(600_000);
  expect(facts.cli()).toBe("oc");
  server.groupStatus = 404;
  await clock.advance(60_000);
  expect(facts.cli()).toBe("kubectl");
});
