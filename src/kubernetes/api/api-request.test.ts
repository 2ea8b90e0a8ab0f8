import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { createTransport } from "../transport/transport.ts";
import { createApiRequest } from "./api-request.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A real server on loop-back, and requests to it through the real transport. */
async function served(respond: RequestListener) {
  const server = createServer(respond);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const clock = createFakeClock();
  const access = {
    server: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ca: async () => undefined,
    clientCertificate: async () => undefined,
    insecureSkipTlsVerify: false,
    authorization: async () => "Bearer ours",
    invalidate: () => {},
    namespace: undefined,
    description: "a test",
  };
  const transport = createTransport({ access, clock });
  closing.push(async () => {
    await transport[Symbol.asyncDispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { clock, request: createApiRequest(transport, clock) };
}

it("sends JSON with our token or another, and returns the whole response", async () => {
  const { request } = await served((incoming, outgoing) => {
    let body = "";
    incoming.on("data", (chunk) => (body += chunk));
    incoming.on("end", () => {
      outgoing.writeHead(201, { "content-type": "application/json" });
      outgoing.end(
        JSON.stringify([incoming.url, incoming.headers.authorization, incoming.headers["content-type"], body]),
      );
    });
  });
  const answer = await request({ method: "POST", path: "/x?y=1", json: { a: "ü" } });
  expect([answer.status, answer.contentType, answer.isCut]).toEqual([201, "application/json", false]);
  expect(JSON.parse(answer.body.toString())).toEqual(["/x?y=1", "Bearer ours", "application/json", '{"a":"ü"}']);
  const other = await request({ method: "GET", path: "/", token: "theirs" });
  expect(JSON.parse(other.body.toString())[1]).toBe("Bearer theirs");
});

it.each([
  ["beginning", "0123"],
  ["end", "6789"],
] as const)("keeps the %s of an oversized body", async (keep, kept) => {
  const { request } = await served((_incoming, outgoing) => {
    outgoing.write("01234");
    setImmediate(() => outgoing.end("56789"));
  });
  const answer = await request({ method: "GET", path: "/", limit: 4, keep });
  expect([answer.body.toString(), answer.isCut]).toEqual([kept, true]);
});

it("times out when the response is not complete in time", async () => {
  const begun = Promise.withResolvers<void>();
  const { clock, request } = await served((_incoming, outgoing) => {
    outgoing.write("x");
    begun.resolve();
  });
  const answer = expect(request({ method: "GET", path: "/", deadline: 3_000 })).rejects.toThrow(
    "did not answer within 3 s",
  );
  await begun.promise;
  await clock.advance(3_000);
  await answer;
});
