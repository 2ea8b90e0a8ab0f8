import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAlert } from "../../../test/support/batches.ts";
import { type HttpSink, startHttpSink } from "../../../test/support/http-sink.ts";
import { makeNotification, makeRichNotification, NOON } from "../../../test/support/notifications.ts";
import { describeReceiverContract } from "../../../test/support/receiver-contract.ts";
import { createHttpPoster } from "./http-post.ts";
import { createWebhook, sign, type WebhookOptions } from "./webhook.ts";

const clock = { now: () => NOON + 60_000 };
const poster = createHttpPoster({ now: clock.now });
afterAll(() => poster[Symbol.asyncDispose]());

const KEY = "a signing key with blanks";
const PATH = "/hooks/B0ngo-p4th-s3cret";

function create(origin: string, changes: Partial<WebhookOptions> = {}) {
  return createWebhook({
    name: "team",
    url: async () => `${origin}${PATH}?key=qu3ry-s3cret-value`,
    message: { publicUrl: "https://watcher.example/", cli: "oc" },
    poster,
    clock,
    ...changes,
  });
}

describeReceiverContract("webhook", {
  create: (origin) => create(origin, { signingKey: async () => KEY }),
  secrets: [KEY, "B0ngo-p4th-s3cret", "qu3ry-s3cret-value"],
});

describe("webhook", () => {
  let sink: HttpSink;
  beforeAll(async () => {
    sink = await startHttpSink();
  });
  afterAll(() => sink[Symbol.asyncDispose]());

  const sent = async (notification = makeNotification(), changes: Partial<WebhookOptions> = {}) => {
    expect(await create(sink.origin, changes).send(notification, new AbortController().signal)).toEqual({
      delivered: true,
    });
    const request = sink.requests.at(-1)!;
    return { ...request, json: JSON.parse(request.body) };
  };

  it("posts Alertmanager's payload, version 4", async () => {
    const firing = makeAlert({ firedAt: NOON });
    const resolved = makeAlert({ pod: "checkout-2", firedAt: NOON, resolvedAt: NOON + 5_000 });
    const { json, method, path, headers } = await sent(
      makeNotification({ alerts: [firing, resolved], truncatedAlerts: 3 }),
    );
    expect([method, path]).toEqual(["POST", `${PATH}?key=qu3ry-s3cret-value`]);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "idempotency-key": makeNotification().id,
      "x-pod-watcher-attempt": "1",
    });
    expect(headers).not.toHaveProperty("x-pod-watcher-signature");
    expect(headers).not.toHaveProperty("authorization");
    const common = {
      alertname: "PodCrashLooping",
      container: "app",
      namespace: "shop",
      severity: "critical",
      workload: "Deployment/checkout",
    };
    const description = "It says “no”: � and 💥.";
    const incident = "https://watcher.example/?open=shop%2FDeployment%2Fcheckout";
    const shared = { failing_since: "2026-11-22T11:41:56.000Z", incident_url: incident };
    expect(json).toEqual({
      version: "4",
      groupKey: "5f1d6c0e9b3a7d24",
      truncatedAlerts: 3,
      status: "firing",
      receiver: "team",
      groupLabels: { alertname: "PodCrashLooping", namespace: "shop", workload: "Deployment/checkout" },
      commonLabels: common,
      commonAnnotations: { ...shared, description, reason: "Error" },
      externalURL: "https://watcher.example/",
      alerts: [
        {
          status: "firing",
          labels: { ...common, pod: "checkout-1" },
          annotations: {
            ...firing.annotations,
            ...shared,
            description,
            why: "Keeps crashing.",
            command: "oc -n shop logs checkout-1 -c app",
            acknowledge_url: `${incident}&do=ack`,
            silence_url: `${incident}&do=silence&for=1h`,
          },
          startsAt: "2026-11-22T11:41:56.000Z",
          endsAt: "0001-01-01T00:00:00Z",
          generatorURL: incident,
          fingerprint: firing.fingerprint,
        },
        {
          status: "resolved",
          labels: { ...common, pod: "checkout-2" },
          annotations: {
            ...resolved.annotations,
            ...shared,
            description,
            why: "It was: Keeps crashing.",
            command: "oc -n shop logs checkout-2 -c app",
          },
          startsAt: "2026-11-22T11:41:56.000Z",
          endsAt: "2026-11-22T11:42:01.000Z",
          generatorURL: incident,
          fingerprint: resolved.fingerprint,
        },
      ],
    });
  });

  it("carries the content of a message as annotations", async () => {
    const rich = makeRichNotification();
    const rollout = { kind: "rollout", at: NOON, revision: "b", previousRevision: "a" } as const;
    const incidents = { "shop/Deployment/checkout": { since: NOON - 60_000, pods: 4, rollout } };
    const { json } = await sent({ ...rich, incidents });
    expect(json.alerts[0].annotations).toMatchObject({
      failing_since: "2026-11-22T11:40:56.000Z",
      change: "Revision b, rolled out 2026-11-22 11:41:56 UTC. Previously: revision a.",
      last_log_lines: "2026-11-22T11:41:35Z loading catalogue (412 MB)\n2026-11-22T11:41:36Z Killed",
      warning_events: expect.stringContaining("BackOff: Back-off restarting"),
    });
  });

  it("omits unknown addresses", async () => {
    const { json } = await sent(makeNotification({ alerts: [] }), { message: { cli: "oc" } });
    expect(json).toMatchObject({ externalURL: "", alerts: [], commonLabels: {} });
  });

  it("signs time and body", async () => {
    const { headers, body } = await sent(makeNotification(), { signingKey: async () => KEY });
    const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["x-pod-watcher-signature"]))!;
    expect(Number(time) * 1_000).toBe(clock.now());
    expect(signature).toBe(createHmac("sha256", KEY).update(`${time}.${body}`).digest("hex"));
  });

  it("reads its secrets for each message, because they rotate", async () => {
    let key = "first-key";
    const webhook = create(sink.origin, { signingKey: async () => key });
    await webhook.send(makeNotification(), new AbortController().signal);
    key = "second-key";
    await webhook.send(makeNotification(), new AbortController().signal);
    const seconds = clock.now() / 1_000;
    expect(sink.requests.slice(-2).map(({ headers }) => headers["x-pod-watcher-signature"])).toEqual(
      ["first-key", "second-key"].map((used) => sign(sink.requests.at(-1)!.body, used, seconds)),
    );
  });

  it("sends a CloudEvent if configured", async () => {
    const { json, headers } = await sent(makeNotification(), { cloudEvents: true });
    expect(headers["content-type"]).toBe("application/cloudevents+json");
    expect(json).toMatchObject({
      specversion: "1.0",
      id: makeNotification().id,
      source: "https://watcher.example/",
      type: "io.pod-watcher.alerts.firing",
      subject: "5f1d6c0e9b3a7d24",
      time: "2026-11-22T11:42:26.000Z",
      datacontenttype: "application/json",
      data: { version: "4", receiver: "team" },
    });
  });

  it("reports what is wrong with an address", async () => {
    const signal = new AbortController().signal;
    const wrong = create(sink.origin, { url: async () => "hooks.example/secret-path-here" });
    expect(await wrong.send(makeNotification(), signal)).toEqual({
      delivered: false,
      retry: false,
      reason: "clientError",
      detail: "the address of the receiver is not an http or https URL",
    });
    const unresolvable = create(sink.origin, { url: async () => "http://no-such-host.invalid/secret-path-here" });
    expect(await unresolvable.send(makeNotification(), signal)).toMatchObject({
      retry: true,
      reason: "network",
      detail: expect.stringMatching(
        /^no-such-host\.invalid (does not resolve: check the name|cannot be resolved at the moment)/,
      ),
    });
  });
});
