/**
 * Every operation of the OpenAPI document, called with requests that conform to it and with wrong ones: statuses, content
 * types and bodies are as documented, wrong requests are refused, and other methods get 405 with Allow.
 */
import fc from "fast-check";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { anAlert } from "../support/alerts.ts";
import { type HttpApp, NO_AUTH, startHttpApp } from "../support/http-app.ts";
import { aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";
import { isThorough } from "../support/thorough.ts";

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
type Json = any;

const LOOSE = { requestsPerMinute: 10_000_000, failedLoginsPerMinute: 10_000_000, maxStreams: 1_000 };
const token = (name: string, namespaces: readonly string[] | undefined, ...rights: readonly ("read" | "write")[]) => {
  return { name, token: { source: name, read: async () => `${name}-token` }, namespaces, rights };
};
const http: HttpApp = await startHttpApp({
  ...LOOSE,
  auth: {
    ...NO_AUTH,
    mode: "token",
    tokens: [token("ops", undefined, "read", "write"), token("shop", ["shop"], "read")],
  },
  bind: "0.0.0.0",
});
const document: Json = JSON.parse((await http.app.inject("/api/v1/openapi.json")).body);

beforeAll(() => {
  http.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }), healthOf("pay", { syncedSince: 1 }));
  http.live.see(aPod(), aPod({ namespace: "pay", name: "payments-0" }));
  http.raise(anAlert(), anAlert({ labels: { namespace: "pay", pod: "payments-0" } }));
});
afterAll(() => http[Symbol.asyncDispose]());

/** Streams never end, and are tested elsewhere. */
const operations = Object.entries<Json>(document.paths)
  .filter(([path]) => path !== "/api/v1/stream")
  .flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );

const resolve = (schema: Json): Json =>
  schema?.$ref === undefined ? schema : resolve(document.components.schemas[schema.$ref.split("/").at(-1)]);

/** Values that a schema allows. `examples` come first, because they name what exists. */
function valuesOf(given: Json): fc.Arbitrary<unknown> {
  const schema = resolve(given);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const options = schema.anyOf ?? (schema.properties === undefined ? schema.oneOf : undefined);
  if (options !== undefined) return fc.oneof(...(options as Json[]).map((option) => valuesOf(option)));
  const generated = generatedOf(schema);
  return schema.examples === undefined ? generated : fc.oneof(fc.constantFrom(...schema.examples), generated);
}

function generatedOf(schema: Json): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case "integer":
    case "number":
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 50, 1_000_000) });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(valuesOf(schema.items), { minLength: schema.minItems ?? 0, maxLength: 3 });
    case "object":
      return objectsOf(schema);
    default:
      return textsOf(schema);
  }
}

function textsOf(schema: Json): fc.Arbitrary<string> {
  if (schema.format === "date-time") {
    const [min, max] = [new Date(http.clock.now() + 60_000), new Date(http.clock.now() + 86_400_000)];
    return fc.date({ min, max, noInvalidDate: true }).map((date) => date.toISOString());
  }
  const length = { minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 40, 60) };
  if (schema.pattern === undefined) return fc.string({ unit: "grapheme-ascii", ...length });
  return fc.stringMatching(new RegExp(schema.pattern)).filter((text) => text.length <= (schema.maxLength ?? Infinity));
}

function objectsOf(schema: Json): fc.Arbitrary<Record<string, unknown>> {
  const chosen: readonly { readonly required: readonly string[] }[] = schema.oneOf ?? [{ required: [] }];
  return fc.oneof(
    ...chosen.map(({ required: alternative }) => {
      const excluded = chosen.flatMap((one) => one.required).filter((name) => !alternative.includes(name));
      const required = [...(schema.required ?? []), ...alternative];
      const entries = Object.entries<Json>(schema.properties ?? {}).filter(([name]) => !excluded.includes(name));
      return fc.record<Record<string, unknown>>(
        Object.fromEntries(entries.map(([name, value]) => [name, valuesOf(value)])),
        {
          requiredKeys: required,
        },
      );
    }),
  );
}

function requestsOf({ path, method, operation }: (typeof operations)[number]): fc.Arbitrary<InjectOptions> {
  const parameters: readonly Json[] = operation.parameters ?? [];
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const of = (where: string) => parameters.filter((one) => one.in === where);
  const record = (some: readonly Json[]) =>
    fc.record<Record<string, unknown>>(Object.fromEntries(some.map(({ name, schema }) => [name, valuesOf(schema)])), {
      requiredKeys: some.filter(({ required }) => required === true).map(({ name }) => name),
    });
  return fc
    .record({
      inPath: record(of("path")),
      query: record(of("query").filter(({ name }) => name !== "wait")),
      payload: body === undefined ? fc.constant(undefined) : valuesOf(body),
      as: fc.constantFrom("ops", "ops", "shop"),
    })
    .map(({ inPath, query, payload, as }) => ({
      method: method as "GET",
      url: path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(inPath[name])) || "x"),
      query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value as string])),
      headers: { authorization: `Bearer ${as}-token` },
      ...(payload === undefined ? {} : { payload: payload as object }),
    }));
}

const schemas = new Map<string, z.ZodType>();

/** A schema of the document as a validator. */
function validatorOf(name: string, schema: Json): z.ZodType {
  const known = schemas.get(name);
  if (known !== undefined) return known;
  const $defs = JSON.parse(JSON.stringify(document.components.schemas).replaceAll("#/components/schemas/", "#/$defs/"));
  const own = JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", "#/$defs/"));
  const made = z.fromJSONSchema({ ...own, $defs });
  schemas.set(name, made);
  return made;
}

async function expectAsDocumented(operation: Json, request: InjectOptions): Promise<number> {
  const answer = await http.app.inject(request);
  const { statusCode, headers, body } = answer;
  const about = [request.method, request.url, statusCode];
  const documented = operation.responses[statusCode];
  expect([...about, Object.keys(operation.responses)]).toEqual([
    ...about,
    expect.arrayContaining([String(statusCode)]),
  ]);
  const type = String(headers["content-type"]).split(";")[0]!;
  if (documented.content === undefined) return statusCode;
  expect([...about, Object.keys(documented.content)]).toEqual([...about, expect.arrayContaining([type])]);
  if (!type.endsWith("json")) return statusCode;
  const { schema } = documented.content[type];
  const validator = validatorOf(`${operation.summary} ${statusCode}`, schema);
  const { error } = validator.safeParse(JSON.parse(body));
  expect([...about, error?.issues]).toEqual([...about, undefined]);
  return statusCode;
}

const RUNS = { numRuns: isThorough ? 200 : 15 };
/** Rules that a schema cannot state: a name that exists, a pattern that compiles, a total of pieces. */
const BEYOND_SCHEMAS = /^(PUT|POST) \/api\/v1\/silences|^POST \/api\/v1\/incidents\/silence|explain/;

describe.each(operations)("$method $path", (one) => {
  const { path, method, operation } = one;

  it("answers requests that conform to the document as documented, and never refuses them", async () => {
    await fc.assert(
      fc.asyncProperty(requestsOf(one), async (request) => {
        const status = await expectAsDocumented(operation, request);
        const refused = status === 400 && !BEYOND_SCHEMAS.test(`${method} ${path}`);
        expect([request, refused]).toEqual([request, false]);
      }),
      RUNS,
    );
  });

  it("answers wrong requests as documented", async () => {
    const [valid] = fc.sample(requestsOf(one), { numRuns: 1, seed: 1 });
    const wrong: readonly InjectOptions[] = [
      // Signing out is for everybody, and signing in has its token in the body.
      ...(path.endsWith("/session") ? [] : [{ ...valid, headers: {} }]),
      ...(path.endsWith("/session") ? [] : [{ ...valid, headers: { authorization: "Bearer wrong" } }]),
      ...(path.startsWith("/api/v1/") && operation.parameters?.some((given: Json) => given.in === "query")
        ? [{ ...valid, query: { "no-such-parameter": "1" } }]
        : []),
      ...(valid?.payload === undefined
        ? []
        : [
            { ...valid, payload: "not JSON", headers: { ...valid.headers, "content-type": "application/json" } },
            { ...valid, payload: "text", headers: { ...valid.headers, "content-type": "application/xml" } },
            { ...valid, payload: { surplus: 1 } },
            { ...valid, payload: { surplus: "x".repeat(3_000_000) } },
          ]),
    ];
    const statuses: number[] = [];
    for (const request of wrong) statuses.push(await expectAsDocumented(operation, request));
    expect([statuses, statuses.some((status) => status < 400)]).toEqual([statuses, false]);
    if (valid?.payload !== undefined) expect(statuses.slice(-4)).toEqual([400, 415, 400, 413]);
  });

  it("says which methods exist, to any other", async () => {
    const [valid] = fc.sample(requestsOf(one), { numRuns: 1, seed: 1 });
    const own = Object.keys(document.paths[path]).map((name) => name.toUpperCase());
    for (const other of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"].filter((name) => !own.includes(name))) {
      const { payload: _, ...request } = valid!;
      const answer = await http.app.inject({ ...request, method: other as "GET" });
      expect([path, other, answer.statusCode]).toEqual([path, other, 405]);
      expect(String(answer.headers.allow).split(", ")).toEqual(expect.arrayContaining(own));
      expect(answer.headers["content-type"]).toContain("application/problem+json");
    }
  });
});
