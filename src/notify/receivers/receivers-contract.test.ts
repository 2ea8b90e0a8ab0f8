/** Slack, Teams, PagerDuty and Alertmanager: the common contract, and huge content. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HttpSink, startHttpSink } from "../../../test/support/http-sink.ts";
import { makeHugeNotification, makeNotification, NOON } from "../../../test/support/notifications.ts";
import { describeReceiverContract } from "../../../test/support/receiver-contract.ts";
import type { Notification, Receiver } from "../../ports/notifications.ts";
import { createAlertmanager } from "./alertmanager.ts";
import { createHttpPoster } from "./http-post.ts";
import { createPagerDuty } from "./pagerduty.ts";
import { createSlack } from "./slack.ts";
import { createTeams } from "./teams.ts";

const clock = { now: () => NOON + 60_000 };
const poster = createHttpPoster({ now: clock.now });
afterAll(() => poster[Symbol.asyncDispose]());

const message = { publicUrl: "https://watcher.example", consoleUrl: "https://console.example", cli: "oc" } as const;
const PATH = "services/T0PS3CRET/B0PS3CRET/s3cr3tWebh00kPart";
const TOKEN = "xoxb-123456789012-s3cr3tB0tT0ken";

const kinds: readonly {
  readonly name: string;
  readonly create: (origin: string) => Receiver;
  readonly secrets: readonly string[];
  readonly accepted?: string;
  readonly statuses?: Parameters<typeof describeReceiverContract>[1]["statuses"];
  /** Size limit of the service, in bytes. */
  readonly limit: number;
}[] = [
  {
    name: "slack-webhook",
    create: (origin) => createSlack({ name: "slack", webhookUrl: async () => `${origin}/${PATH}`, message, poster }),
    secrets: ["T0PS3CRET", "s3cr3tWebh00kPart"],
    limit: 100_000,
  },
  {
    name: "slack-bot",
    create: (origin) =>
      createSlack({
        name: "slack",
        token: async () => TOKEN,
        channel: "#alerts",
        apiUrl: `${origin}/api`,
        message,
        poster,
      }),
    secrets: [TOKEN],
    accepted: '{"ok":true,"channel":"C1","ts":"1.2"}',
    // Slack returns the result in the body.
    statuses: { 204: { retry: true, reason: "serverError" } },
    limit: 100_000,
  },
  {
    name: "teams",
    create: (origin) =>
      createTeams({ name: "teams", url: async () => `${origin}/${PATH}?sig=qu3ryS3cr3t`, message, poster }),
    secrets: ["T0PS3CRET", "s3cr3tWebh00kPart", "qu3ryS3cr3t"],
    limit: 28 * 1024,
  },
  {
    name: "pagerduty",
    create: (origin) =>
      createPagerDuty({
        name: "pagerduty",
        routingKey: async () => "r0ut1ngK3yS3cr3t",
        url: async () => `${origin}/v2/enqueue`,
        message,
        poster,
      }),
    secrets: ["r0ut1ngK3yS3cr3t"],
    limit: 512 * 1024,
  },
  {
    name: "alertmanager",
    create: (origin) =>
      createAlertmanager({
        name: "alertmanager",
        url: async () => `${origin}/prefix/`,
        bearerToken: async () => "b3ar3rT0k3nS3cr3t",
        message,
        poster,
        clock,
      }),
    secrets: ["b3ar3rT0k3nS3cr3t"],
    limit: Number.POSITIVE_INFINITY,
  },
];

for (const kind of kinds) describeReceiverContract(kind.name, kind);

describe.each(kinds)("$name", ({ create, accepted = "", limit }) => {
  let sink: HttpSink;
  beforeAll(async () => {
    sink = await startHttpSink();
    sink.answer = { status: 200, body: accepted };
  });
  afterAll(() => sink[Symbol.asyncDispose]());

  const sent = async (notification: Notification) => {
    const before = sink.requests.length;
    expect(await create(sink.origin).send(notification, new AbortController().signal)).toMatchObject({
      delivered: true,
    });
    return sink.requests.slice(before);
  };

  it("respects the size limit of the service", async () => {
    for (const request of await sent(makeHugeNotification())) expect(request.body.length).toBeLessThan(limit);
  });
});

describe("slack with a bot", () => {
  let sink: HttpSink;
  beforeAll(async () => {
    sink = await startHttpSink();
  });
  afterAll(() => sink[Symbol.asyncDispose]());
  const send = (notification: Notification, ...answers: readonly object[]) => {
    const left = [...answers];
    sink.answer = () => ({ status: 200, body: JSON.stringify(left.shift() ?? { ok: true }) });
    const slack = createSlack({
      name: "s",
      token: async () => TOKEN,
      channel: "#alerts",
      apiUrl: sink.origin,
      message,
      poster,
    });
    return slack.send(notification, new AbortController().signal);
  };
  const said = (count: number) =>
    sink.requests.slice(-count).map(({ path, body }) => ({ path, ...(JSON.parse(body) as Record<string, unknown>) }));

  it("creates a thread, updates its first message and replies to it", async () => {
    const first = await send(makeNotification(), { ok: true, channel: "C1", ts: "17.5" });
    expect(first).toEqual({ delivered: true, reference: '{"channel":"C1","ts":"17.5"}' });
    expect(said(1)).toMatchObject([
      { path: "/chat.postMessage", channel: "#alerts", text: expect.stringMatching(/^🔴/) },
    ]);
    expect(sink.requests.at(-1)?.headers.authorization).toBe(`Bearer ${TOKEN}`);

    const second = await send(makeNotification({ reference: '{"channel":"C1","ts":"17.5"}', status: "resolved" }));
    expect(second).toEqual({ delivered: true, reference: '{"channel":"C1","ts":"17.5"}' });
    expect(said(2)).toMatchObject([
      { path: "/chat.update", channel: "C1", ts: "17.5", attachments: [{ color: "#3e8635" }] },
      { path: "/chat.postMessage", channel: "C1", thread_ts: "17.5", text: expect.stringMatching(/^✅/) },
    ]);
  });

  it("replies although the first message was deleted, and creates a new thread without a reference", async () => {
    const reference = '{"channel":"C1","ts":"17.5"}';
    expect(await send(makeNotification({ reference }), { ok: false, error: "message_not_found" })).toMatchObject({
      delivered: true,
    });
    expect(said(2).map((one) => one.path)).toEqual(["/chat.update", "/chat.postMessage"]);
    await send(makeNotification({ reference: "something else" }), { ok: true });
    expect(said(1)).toMatchObject([{ path: "/chat.postMessage", channel: "#alerts" }]);
  });

  it.each([
    ["invalid_auth", true, "authError"],
    ["not_in_channel", true, "clientError"],
    ["ratelimited", true, "rateLimited"],
    ["internal_error", true, "serverError"],
    ["msg_too_long", false, "tooLarge"],
    ["invalid_blocks", false, "clientError"],
  ])("maps the error %s to a result", async (error, retry, reason) => {
    const failed = { delivered: false, retry, reason, detail: `Slack responded to chat.postMessage with ${error}` };
    expect(await send(makeNotification(), { ok: false, error })).toEqual(failed);
    const reference = '{"channel":"C1","ts":"17.5"}';
    expect(await send(makeNotification({ reference }), { ok: false, error })).toMatchObject({ retry, reason });
    expect(await send(makeNotification({ reference }), { ok: true }, { ok: false, error })).toMatchObject({
      retry,
      reason,
    });
  });
});
