/** The responses of /api/v1 as they are on the wire, against the schemas that document them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { MINUTE } from "../../src/core/model/time.ts";
import { encodeTimes, TIME_MEMBERS } from "../../src/core/view/api-times.ts";
import { alertWithEvidence } from "../../src/http/api/alerts.ts";
import { consumerList, deliveryList } from "../../src/http/api/consumers.ts";
import { explanation } from "../../src/http/api/explain.ts";
import { alertSchema } from "../../src/http/rows/alert-view.ts";
import { acknowledgeResponse } from "../../src/http/schemas/acknowledge.ts";
import { configView } from "../../src/http/schemas/config.ts";
import { details, events, log } from "../../src/http/schemas/details.ts";
import { page } from "../../src/http/schemas/fields.ts";
import { healthDetails } from "../../src/http/schemas/health.ts";
import { historyPage } from "../../src/http/schemas/history.ts";
import { incidentDetails } from "../../src/http/schemas/incident-details.ts";
import { incidentsChanged } from "../../src/http/schemas/incident-requests.ts";
import { incidentList } from "../../src/http/schemas/incidents.ts";
import { me } from "../../src/http/schemas/permissions.ts";
import { receivers } from "../../src/http/schemas/receivers.ts";
import { silencePreview, silences } from "../../src/http/schemas/silences.ts";
import { state } from "../../src/http/schemas/state.ts";
import { streamEvent } from "../../src/http/schemas/stream.ts";
import type { Setting } from "../../src/ports/settings.ts";
import { anAlert } from "../support/alerts.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { aContainer, aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const NOW = Date.UTC(2026, 0, 1);
const RESTART = { at: NOW, reason: "Error", exitCode: 1, inferred: false, image: "app:1" } as const;

let http: HttpApp;
// biome-ignore lint/suspicious/noExplicitAny: a JSON document that the tests walk
let openapi: any;

beforeAll(async () => {
  const setting: Setting = {
    key: "restarts.threshold",
    value: 5,
    variable: undefined,
    description: "Restarts.",
    group: "thresholds",
    reload: "immediate",
    visibility: "everyone",
    secret: false,
    source: "default",
    where: undefined,
  };
  http = await startHttpApp({}, { configView: () => ({ settings: [setting] }), kubernetesVersion: () => "v1.34.2" });
  const gaps = [{ from: NOW - MINUTE, to: NOW, cause: "reset" }];
  http.live.watch(healthOf("shop", { syncedSince: NOW, lastSyncedAt: NOW, lastEventAt: NOW, gaps }));
  const pod = aPod({ containers: [aContainer({ name: "app", restartCount: 1 })] });
  http.live.see(pod, aPod({ name: "well-0" }));
  http.live.remember({
    uid: pod.uid,
    namespace: "shop",
    name: pod.name,
    containers: { app: { restarts: [RESTART], lastSeenCount: 1 } },
  } as unknown as Parameters<HttpApp["live"]["remember"]>[0]);
  const alert = anAlert({ sources: [pod.uid] });
  http.raise(alert);
  const { fingerprint, labels } = alert;
  http.store.log({ fingerprint, episode: 1, labels, at: NOW, from: "pending", to: "firing", reason: "it crashed" });
  await http.app.inject({
    method: "POST",
    url: "/api/v1/acknowledge",
    payload: { subjects: [{ alert: fingerprint }], note: "mine" },
  });
  await http.app.inject("/pod-restart-alerts");
  openapi = (await http.app.inject("/api/v1/openapi.json")).json();
});
afterAll(() => http[Symbol.asyncDispose]());

const ROW = "shop%2Fcheckout-0%2Fapp";

describe("a response", () => {
  it.each<[string, z.ZodType]>([
    ["me", me],
    ["state", state],
    ["health", healthDetails],
    ["config", configView],
    [`containers/${ROW}`, details],
    [`containers/${ROW}/events`, events],
    [`containers/${ROW}/log`, log],
    ["incidents", incidentList],
    ["incidents?view=open&group=cause", incidentList],
    ["incidents/shop%2FDeployment%2Fcheckout", incidentDetails],
    ["history", historyPage],
    [`history?row=${ROW}`, historyPage],
    ["alerts", page(alertSchema)],
    [`alerts/${anAlert().fingerprint}`, alertWithEvidence],
    ["silences", silences],
    ["receivers", receivers],
    ["consumers", consumerList],
    ["consumers/pager/alerts", deliveryList],
    ["explain?namespace=shop&pod=checkout-0", explanation],
  ])("of GET %s has the members of its schema and no others", async (path, schema) => {
    const response = await http.app.inject(`/api/v1/${path}`);
    expect([path, response.statusCode]).toEqual([path, 200]);
    expectToMatch(JSON.parse(response.body), schema);
  });

  it.each<[string, object, z.ZodType]>([
    ["acknowledge", { subjects: [{ row: "shop/checkout-0/app" }] }, acknowledgeResponse],
    ["incidents/shop%2FDeployment%2Fcheckout/acknowledge", { note: "mine" }, incidentsChanged],
    ["incidents/unacknowledge", { filter: { view: "open" } }, incidentsChanged],
    ["silences/preview", { scopes: [{ kind: "namespace", namespace: "shop" }] }, silencePreview],
  ])("of POST %s has the members of its schema and no others", async (path, payload, schema) => {
    const response = await http.app.inject({ method: "POST", url: `/api/v1/${path}`, payload });
    expect([path, response.statusCode]).toEqual([path, 200]);
    expectToMatch(JSON.parse(response.body), schema);
  });
});

/** Parsing drops members that the schema does not have. */
function expectToMatch(wire: unknown, schema: z.ZodType): void {
  expect(encodeTimes(schema.parse(wire))).toEqual(wire);
}

describe("the OpenAPI document", () => {
  it("describes the members of every JSON response", () => {
    const vague = operations().filter(({ name, schema }) => name.includes("/api/v1/") && isVague(schema));
    expect(vague.map(({ name }) => name)).toEqual(["delete /api/v1/session", "post /api/v1/notifications/{id}/resend"]);
  });

  it("has times exactly under the names that are converted", () => {
    const found = [...properties(openapi), ...properties(streamEvent.toJSONSchema({ io: "input" }))];
    const times = new Set(found.filter(({ schema }) => isTime(schema)).map(({ name }) => name));
    expect([...times].sort()).toEqual([...TIME_MEMBERS].sort());
    const numbers = found.filter(({ name, schema }) => TIME_MEMBERS.has(name) && /integer|number/.test(schema.type));
    expect(numbers).toEqual([]);
  });

  it("names the unit of every duration", () => {
    const unnamed = [...properties(openapi)].filter(
      ({ name, schema }) => /^Milliseconds\./.test(schema.description ?? "") && !name.endsWith("Ms"),
    );
    expect(unnamed).toEqual([]);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: as above
type Json = any;

function operations(): { readonly name: string; readonly schema: Json }[] {
  return Object.entries<Json>(openapi.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).flatMap(([method, { responses }]) => {
      const schema = responses["200"]?.content?.["application/json"]?.schema;
      return schema === undefined ? [] : [{ name: `${method} ${path}`, schema }];
    }),
  );
}

function isVague(schema: Json): boolean {
  return schema.$ref === undefined && Object.keys(schema.properties ?? {}).length === 0;
}

function isTime(schema: Json): boolean {
  return schema.format === "date-time" || schema.items?.format === "date-time";
}

/** Every property and query parameter of a document, however deep. */
function* properties(schema: Json): Generator<{ readonly name: string; readonly schema: Json }> {
  if (typeof schema !== "object" || schema === null) return;
  for (const [name, property] of Object.entries<Json>(schema.properties ?? {})) yield { name, schema: property };
  for (const inner of Object.values<Json>(schema)) yield* properties(inner);
}
