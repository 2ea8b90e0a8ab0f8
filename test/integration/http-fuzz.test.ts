import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anAlert } from "../support/alerts.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

interface Operation {
  readonly method: InjectOptions["method"];
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly properties: readonly string[];
}

// Every call of the description, read before the tests are made: what is added to the API is fuzzed without being told.
const http: HttpApp = await startHttpApp({ requestsPerMinute: 10_000_000, apiDocs: false });
const operations = await readOperations();

async function readOperations(): Promise<Operation[]> {
  const { paths } = (await http.app.inject("/api/v1/openapi.json")).json();
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
  http.live.watch(healthOf("shop", { liveSince: 1, confirmedAt: 1 }));
  http.live.see(aPod());
  http.raise(anAlert());
});
afterAll(() => http[Symbol.asyncDispose]());

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

function requests({ method, path, parameters, properties }: Operation) {
  // A valid `wait` does wait, for a clock that stands still.
  const query = parameters
    .filter((parameter) => parameter.in === "query" && parameter.name !== "wait")
    .map(({ name }) => name);
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
    })
    .map(({ segments, query, payload, type }): InjectOptions => {
      let next = 0;
      const url = path.replace(/\{\w+\}/g, () => segments[next++ % segments.length]!);
      const search = query.map(([name, given]) => `${name}=${given}`).join("&");
      const hasBody = method !== "GET" && payload !== undefined;
      return {
        method: method!,
        url: search === "" ? url : `${url}?${search}`,
        ...(hasBody ? { payload: typeof payload === "string" ? payload : JSON.stringify(payload) } : {}),
        ...(hasBody ? { headers: { "content-type": type } } : {}),
      };
    });
}

describe("whatever is sent", () => {
  it("has calls to be fuzzed", () => expect(operations.length).toBeGreaterThan(25));

  it.each(operations.filter(({ path }) => path !== "/api/v1/stream"))(
    "$method $path answers, with a problem where it refuses",
    async (operation) => {
      await fc.assert(
        fc.asyncProperty(requests(operation), async (request) => {
          const answer = await http.app.inject(request);
          expect(answer.statusCode).toBeLessThan(500);
          if (answer.statusCode < 400) return;
          expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
          expect(answer.json()).toMatchObject({
            status: answer.statusCode,
            title: expect.any(String),
            detail: expect.any(String),
          });
          expect(answer.body).not.toMatch(/ {4}at |node_modules|\.ts:/);
          expect(answer.body.length).toBeLessThan(20_000);
        }),
        { numRuns: 60 },
      );
    },
  );

  it("was not worth a line in the log", () => {
    expect(http.log.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
  });
});
