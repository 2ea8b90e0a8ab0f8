import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "../../src/core/model/time.ts";
import { anAlert } from "../support/alerts.ts";
import { type HttpApp, NO_AUTH, startHttpApp } from "../support/http-app.ts";
import { aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";
import { isThorough } from "../support/thorough.ts";

interface Operation {
  readonly method: InjectOptions["method"];
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly properties: readonly string[];
}

const LOOSE = { requestsPerMinute: 10_000_000, failedLoginsPerMinute: 10_000_000, maxStreams: 1_000 };
const tokens = [
  { name: "shop", token: { source: "shop", read: async () => "shop-token" }, namespaces: ["shop"], rights: ["read"] },
  {
    name: "ops",
    token: { source: "ops", read: async () => "ops-token" },
    namespaces: undefined,
    rights: ["read", "write"],
  },
] as const;

// Every operation of the OpenAPI document, so that new operations are fuzzed automatically.
const open: HttpApp = await startHttpApp(LOOSE);
const guarded: HttpApp = await startHttpApp({
  ...LOOSE,
  auth: { ...NO_AUTH, mode: "token", tokens: [...tokens] },
  bind: "0.0.0.0",
});
const MODES = [
  { mode: "none", http: open, credentials: [{}] },
  {
    mode: "token",
    http: guarded,
    credentials: [
      { authorization: "Bearer ops-token" },
      { authorization: "Bearer shop-token" },
      { authorization: "Bearer wrong" },
      {},
    ],
  },
] as const;
const operations = await readOperations();

async function readOperations(): Promise<Operation[]> {
  const { paths } = (await open.app.inject("/api/v1/openapi.json")).json();
  return Object.entries<Record<string, DescribedCall>>(paths).flatMap(([path, calls]) =>
    Object.entries(calls).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase() as InjectOptions["method"],
      path,
      parameters,
      properties: Object.keys(requestBody?.content?.["application/json"]?.schema?.properties ?? {}),
    })),
  );
}

interface DescribedCall {
  readonly parameters?: Operation["parameters"];
  readonly requestBody?: {
    readonly content?: Readonly<Record<string, { readonly schema?: { readonly properties?: object } }>>;
  };
}

beforeAll(() => {
  for (const { http } of MODES) {
    http.live.watch(
      healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }),
      healthOf("pay", { syncedSince: 1, lastSyncedAt: 1 }),
    );
    http.live.see(aPod(), aPod({ namespace: "pay", name: "payments-0" }));
    http.raise(anAlert(), anAlert({ labels: { namespace: "pay", pod: "payments-0" } }));
  }
});
afterAll(async () => {
  for (const { http } of MODES) await http[Symbol.asyncDispose]();
});

const odd = fc.oneof(
  fc.constantFrom(
    "",
    "0",
    "-1",
    "1e999",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "__proto__",
    "constructor",
    "../../etc/passwd",
    "..%2f..%2f",
    "%00",
    "%",
    "%E0%A4%A",
    "'; drop table alerts; --",
    "<script>alert(1)</script>",
    "$" + "{jndi:ldap://x}",
    "\u0000",
    "\ud800",
    "😀".repeat(50),
    "a".repeat(5_000),
    "shop",
    "shop/checkout-0/app",
    "1m",
    "99999999999999999999",
  ),
  fc.string({ maxLength: 30 }),
  fc.string({ unit: "binary", maxLength: 30 }),
);

const encoded = odd.chain((text) =>
  fc.constantFrom(safely(encodeURIComponent, text), text.replace(/[^!-~]|[?#]/g, "x")),
);

function safely(encode: (text: string) => string, text: string): string {
  return encode(text.toWellFormed());
}

function requests({ method, path, parameters, properties }: Operation, credentials: readonly object[]) {
  const query = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
  const value = fc.oneof(odd, fc.jsonValue({ maxDepth: 3 }));
  return fc
    .record({
      segments: fc.array(encoded, { minLength: 3, maxLength: 3 }),
      query: fc.array(fc.tuple(fc.constantFrom("unknown", ...query), encoded), { maxLength: 4 }),
      payload: fc.oneof(
        fc.dictionary(fc.constantFrom("unknown", ...properties), value),
        value,
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.constant(undefined),
      ),
      type: fc.constantFrom(
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "x",
      ),
      credential: fc.constantFrom(...credentials),
    })
    .map(({ segments, query, payload, type, credential }): InjectOptions => {
      let next = 0;
      const url = path.replace(/\{\w+\}/g, () => segments[next++ % segments.length]!);
      const search = query.map(([name, given]) => `${name}=${given}`).join("&");
      const hasBody = method !== "GET" && payload !== undefined;
      return {
        method: method!,
        url: search === "" ? url : `${url}?${search}`,
        ...(hasBody ? { payload: typeof payload === "string" ? payload : JSON.stringify(payload) } : {}),
        headers: {
          ...credential,
          ...(hasBody ? { "content-type": type } : {}),
        },
      };
    });
}

/** The answer, also of a long poll, whose time is let pass, and of a stream, which is left after its beginning. */
async function answerTo(http: HttpApp, request: InjectOptions) {
  const asked = http.app.inject({ ...request, payloadAsStream: true });
  let isAnswered = false;
  void asked.then(
    () => {
      isAnswered = true;
    },
    () => {},
  );
  for (let turn = 0; !isAnswered; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turn > 20) await http.clock.advance(MINUTE);
  }
  const { statusCode, headers, stream } = await asked;
  const body = stream();
  if (/^text\/event-stream/.test(String(headers["content-type"]))) {
    body.destroy();
    return { statusCode, headers, body: "" };
  }
  let text = "";
  for await (const chunk of body.setEncoding("utf8")) text += chunk;
  return { statusCode, headers, body: text };
}

describe.each(MODES)("whatever is sent in the mode $mode", ({ http, credentials }) => {
  it("has calls to be fuzzed", () => expect(operations.length).toBeGreaterThan(25));

  it.each(operations)("$method $path answers, with a problem where it refuses", async (operation) => {
    await fc.assert(
      fc.asyncProperty(requests(operation, credentials), async (request) => {
        const answer = await answerTo(http, request);
        expect(answer.statusCode).toBeLessThan(500);
        if (answer.statusCode < 400) return;
        expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
        expect(JSON.parse(answer.body)).toMatchObject({
          status: answer.statusCode,
          title: expect.any(String),
          detail: expect.any(String),
        });
        expect(answer.body).not.toMatch(/ {4}at |node_modules|\.ts:/);
        expect(answer.body.length).toBeLessThan(20_000);
      }),
      { numRuns: 40 },
    );
  });

  it("was worth a line a minute in the log at most, of who was turned away", () => {
    const lines = http.log.filter(({ level }) => level === "error" || level === "warn");
    expect(lines.filter(({ event }) => event !== "login_rejected" && event !== "change_refused")).toEqual([]);
    expect(lines.length).toBeLessThan(10 * (1 + http.clock.monotonic() / MINUTE));
  });

  it("leaves nothing behind in memory", async () => {
    const all = (seed: number) =>
      operations.flatMap((operation) =>
        fc.sample(requests(operation, credentials), { numRuns: isThorough ? 15 : 5, seed }),
      );
    const round = async (seed: number) => {
      for (const request of all(seed)) await answerTo(http, request);
      (http.log as unknown[]).length = 0;
      await new Promise((resolve) => setImmediate(resolve));
      return heapUsed();
    };
    await round(1);
    const before = await round(2);
    for (let seed = 3; seed < 6; seed++) await round(seed);
    expect((await round(6)) - before).toBeLessThan(6 * 1024 * 1024);
  });
});

/** Heap in use after a garbage collection. */
function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
