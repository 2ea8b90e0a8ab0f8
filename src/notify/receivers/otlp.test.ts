import { JsonLogsSerializer } from "@opentelemetry/otlp-transformer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAlert } from "../../../test/support/batches.ts";
import { type HttpSink, startHttpSink } from "../../../test/support/http-sink.ts";
import {
  makeNastyNotification,
  makeNotification,
  makeStormNotification,
  NOON,
} from "../../../test/support/notifications.ts";
import { describeReceiverContract } from "../../../test/support/receiver-contract.ts";
import type { Notification } from "../../ports/notifications.ts";
import { VERSION } from "../../ports/version.ts";
import { createHttpPoster } from "./http-post.ts";
import { createOtlp, parseHeaders, toLogs } from "./otlp.ts";

const poster = createHttpPoster({ now: () => NOON });
afterAll(() => poster[Symbol.asyncDispose]());

const message = { publicUrl: "https://watcher.example", cli: "oc" } as const;
const HEADERS = "Authorization=Bearer%20c0ll3ct0rT0k3n,X-Scope-OrgID=t3nantS3cr3t";

const create = (origin: string) =>
  createOtlp({
    name: "otel",
    url: async () => `${origin}/s3cr3tPrefix/`,
    headers: async () => HEADERS,
    message,
    poster,
  });

describeReceiverContract("otlp", {
  create,
  secrets: ["s3cr3tPrefix", "c0ll3ct0rT0k3n", "t3nantS3cr3t"],
  accepted: "{}",
});

describe("otlp", () => {
  let sink: HttpSink;
  beforeAll(async () => {
    sink = await startHttpSink();
  });
  afterAll(() => sink[Symbol.asyncDispose]());

  const send = async (notification: Notification, body = "{}") => {
    const before = sink.requests.length;
    sink.answer = { status: 200, body };
    const result = await create(sink.origin).send(notification, new AbortController().signal);
    return { result, requests: sink.requests.slice(before) };
  };

  it("posts to /v1/logs with the headers of the environment variable of OpenTelemetry", async () => {
    const { result, requests } = await send(makeNotification());
    expect(result).toEqual({ delivered: true });
    expect(requests).toMatchObject([
      {
        method: "POST",
        path: "/s3cr3tPrefix/v1/logs",
        headers: {
          "content-type": "application/json",
          authorization: "Bearer c0ll3ct0rT0k3n",
          "x-scope-orgid": "t3nantS3cr3t",
        },
      },
    ]);
  });

  it("sends a storm in several requests", async () => {
    const notification = makeStormNotification();
    const alerts = Array.from({ length: 450 }, (_, n) => makeAlert({ pod: `checkout-${n}`, firedAt: NOON }));
    const { requests } = await send({ ...notification, alerts });
    const sizes = requests.map(({ body }) => JSON.parse(body).resourceLogs[0].scopeLogs[0].logRecords.length);
    expect(sizes).toEqual([200, 200, 50]);
  });

  it("does not send again what the collector rejected, and says why", async () => {
    const body = '{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"timestamps are too old"}}';
    expect((await send(makeNotification(), body)).result).toMatchObject({
      delivered: false,
      retry: false,
      detail: expect.stringMatching(/rejected 2 log records: .*timestamps are too old/),
    });
    const warning = '{"partialSuccess":{"errorMessage":"use gzip"}}';
    expect((await send(makeNotification(), warning)).result).toEqual({ delivered: true });
    expect((await send(makeNotification(), "OK")).result).toEqual({ delivered: true });
  });

  it("makes the records that OpenTelemetry's own serializer makes", () => {
    const firing = makeAlert({ firedAt: NOON });
    const resolved = makeAlert({ pod: "checkout-2", firedAt: NOON, resolvedAt: NOON + 5_000 });
    const given = toLogs(makeNotification({ alerts: [firing, resolved] }), message);
    const records = given.resourceLogs[0]!.scopeLogs[0]!.logRecords;
    const attributesOf = (list: (typeof records)[number]["attributes"]) =>
      Object.fromEntries(list.map(({ key, value }) => [key, value.stringValue]));
    const hrTime = (nanoseconds: string): [number, number] => [
      Number(nanoseconds.slice(0, -9)),
      Number(nanoseconds.slice(-9)),
    ];
    const instrumentationScope = { name: "pod-watcher", version: VERSION };
    const resource = {
      attributes: { "service.name": "pod-watcher", "service.version": VERSION },
      getRawAttributes: () => [],
      merge: () => resource as never,
    };
    const official = JsonLogsSerializer.serializeRequest(
      records.map((record) => ({
        hrTime: hrTime(record.timeUnixNano),
        hrTimeObserved: hrTime(record.observedTimeUnixNano),
        severityNumber: record.severityNumber,
        severityText: record.severityText,
        eventName: record.eventName,
        body: record.body.stringValue,
        attributes: attributesOf(record.attributes),
        droppedAttributesCount: 0,
        resource,
        instrumentationScope,
      })),
    )!;
    expect(withoutDropped(JSON.parse(new TextDecoder().decode(official)))).toEqual(given);
    expect(records).toMatchObject([
      { eventName: "pod_watcher.alert.firing", severityNumber: 17, timeUnixNano: `${NOON}000000` },
      { eventName: "pod_watcher.alert.resolved", severityNumber: 9, timeUnixNano: `${NOON + 5_000}000000` },
    ]);
    expect(attributesOf(records[0]!.attributes)).toMatchObject({
      "k8s.namespace.name": firing.labels.namespace,
      "k8s.pod.name": firing.labels.pod,
      "pod_watcher.label.alertname": firing.labels.alertname,
      "pod_watcher.alert.fingerprint": firing.fingerprint,
      "pod_watcher.notification.id": makeNotification().id,
    });
  });

  it("has no control characters of a cluster in its texts", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(JSON.stringify(toLogs(makeNastyNotification(), message))).not.toMatch(/\\u001b|\u001b|\u202e/);
  });
});

it.each([
  ["", {}],
  ["a=1,b=2", { a: "1", b: "2" }],
  [" Api-Key = x%3Dy== , nonsense, =z", { "api-key": "x=y==" }],
  ["a=%zz", { a: "%zz" }],
])("reads the headers %o", (text, headers) => expect(parseHeaders(text)).toEqual(headers));

/** The SDK writes counts of 0, which are the default of protobuf. */
function withoutDropped(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, each) => (key === "droppedAttributesCount" ? undefined : each));
}
