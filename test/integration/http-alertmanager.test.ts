/** /api/v2 as an Alertmanager: its published schemas, the requests of amtool and karma, and the access rules. */
import { beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { Alert } from "../../src/core/model/alert.ts";
import { DAY, HOUR, MINUTE } from "../../src/core/model/time.ts";
import type { Inhibition } from "../../src/core/notify/inhibit.ts";
import { createRouter, groupOf, routingLabels } from "../../src/core/notify/route.ts";
import { createSilences } from "../../src/notify/silences.ts";
import type { Notifications } from "../../src/ports/notifications.ts";
import { alertmanagerSchema } from "../support/alertmanager-schema.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess } from "../support/fake-access.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { createFakeLiveState } from "../support/fake-live-state.ts";
import { type HttpApp, KUBERNETES_AUTH, startHttpApp } from "../support/http-app.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

/** Visible to `root` only. */
const HIDDEN = "tracker";

const inShop = anAlert();
const hidden = anAlert({ labels: { namespace: HIDDEN, pod: `${HIDDEN}-0`, workload: `Deployment/${HIDDEN}` } });

let clock: FakeClock;
let http: HttpApp;
let silences: ReturnType<typeof createSilences>;
let inhibition: Inhibition | undefined;

beforeEach(async () => {
  clock = createFakeClock();
  inhibition = undefined;
  const access = createFakeAccess();
  access.grant("reader", "vera", "get shop");
  access.grant("writer", "wim", "get shop", "update shop");
  access.grant("root", "root", "get shop", `get ${HIDDEN}`, "update shop", `update ${HIDDEN}`);
  const live = createFakeLiveState();
  const store = await createMemoryStore(clock);
  const events = { silenceEnded: () => {} };
  silences = createSilences({ clock, store: store.silences, state: live, events, normalFor: DAY, changed: () => {} });
  const route = createRouter({
    receiver: "team",
    groupBy: ["namespace", "alertname"],
    routes: [{ receiver: `${HIDDEN}-pager`, matchers: [{ name: "namespace", operator: "=", value: HIDDEN }] }],
  });
  const receiver = (name: string) =>
    ({ name, kind: "slack", state: "ok", lastDeliveredAt: undefined, problem: undefined }) as const;
  const notifications: Notifications = {
    silences,
    receivers: () => ["team", `${HIDDEN}-pager`].map(receiver),
    test: async () => undefined,
    wake: () => {},
    inhibitionOf: () => inhibition,
    explain: (alert) =>
      route(routingLabels(alert)).map((destination) => {
        const { key, labels } = groupOf(destination, alert);
        const decision = { notified: true, reason: "", nextAt: undefined };
        return { receiver: destination.receiver, groupKey: key, groupLabels: labels, ...decision };
      }),
  };
  http = await startHttpApp(
    { auth: KUBERNETES_AUTH, bind: "0.0.0.0", publicUrl: "https://pods.example" },
    { clock, live, store, access, notifications },
  );
  live.watch(healthOf("shop", { syncedSince: 1 }), healthOf(HIDDEN, { syncedSince: 1 }));
  http.raise(inShop, hidden);
  return () => http[Symbol.asyncDispose]();
});

async function call(method: "GET" | "POST" | "DELETE", path: string, as = "root", payload?: string) {
  return http.app.inject({
    method,
    url: `/api/v2${path}`,
    headers: {
      authorization: `Bearer ${as}`,
      accept: "application/json",
      ...(payload === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(payload === undefined ? {} : { payload }),
  });
}

async function get<Body>(path: string, as = "root"): Promise<Body> {
  const { statusCode, body } = await call("GET", path, as);
  expect([statusCode, path]).toEqual([200, path]);
  return JSON.parse(body) as Body;
}

interface Shown {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: {
    readonly state: string;
    readonly silencedBy: readonly string[];
    readonly inhibitedBy: readonly string[];
  };
  readonly generatorURL: string;
}

interface ShownSilence {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly matchers: readonly unknown[];
  readonly createdBy: string;
  readonly comment: string;
  readonly endsAt: string;
}

interface ShownGroup {
  readonly receiver: { readonly name: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly alerts: readonly Shown[];
}

const namespacesOf = (alerts: readonly Shown[]) => alerts.map(({ labels }) => labels.namespace);

/** As amtool and karma send it. */
function silenceOf(namespace: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    matchers: [{ isEqual: true, isRegex: false, name: "namespace", value: namespace }],
    startsAt: new Date(clock.now()).toISOString(),
    endsAt: new Date(clock.now() + HOUR).toISOString(),
    createdBy: "someone",
    comment: "being moved",
    ...more,
  });
}

async function created(as: string, payload: string): Promise<string> {
  const { statusCode, body } = await call("POST", "/silences", as, payload);
  expect([statusCode, body]).toEqual([200, expect.stringContaining("silenceID")]);
  return (JSON.parse(body) as { silenceID: string }).silenceID;
}

describe("responses", () => {
  it("conform to the schemas of Alertmanager", async () => {
    await created("root", silenceOf("shop"));
    await silences.create({
      id: "s-everything",
      scope: { kind: "everything" },
      until: clock.now() + DAY,
      reason: "all",
      by: "root",
      endWhenNormal: true,
    });
    inhibition = { rule: "r", source: hidden };
    const all: readonly (readonly [string, z.ZodType])[] = [
      ["/status", alertmanagerSchema("alertmanagerStatus")],
      ["/receivers", alertmanagerSchema("receiver").array().min(2)],
      ["/alerts", alertmanagerSchema("gettableAlert").array().min(2)],
      ["/alerts/groups", alertmanagerSchema("alertGroup").array().min(2)],
      ["/silences", alertmanagerSchema("gettableSilence").array().min(2)],
      ["/silence/s-everything", alertmanagerSchema("gettableSilence")],
    ];
    for (const [path, schema] of all) {
      const { error } = schema.safeParse(await get(path));
      expect([path, error]).toEqual([path, undefined]);
    }
  });

  it("are checked by schemas that reject wrong values", async () => {
    const [alert] = await get<readonly Shown[]>("/alerts");
    const schema = alertmanagerSchema("gettableAlert");
    expect(schema.safeParse(alert).success).toBe(true);
    for (const wrong of [{ status: undefined }, { startsAt: 5 }, { labels: { a: 1 } }, { receivers: [{}] }]) {
      expect(schema.safeParse({ ...alert, ...wrong }).success).toBe(false);
    }
  });

  it("show each firing alert with its receivers, its labels and a link", async () => {
    http.raise(anAlert({ labels: { pod: "pending-0" }, state: { name: "pending", activeAt: 1, lastSeenAt: 1 } }));
    const alerts = await get<readonly Shown[]>("/alerts");
    expect(alerts.map(({ receivers }) => receivers)).toEqual([[{ name: "team" }], [{ name: `${HIDDEN}-pager` }]]);
    expect(alerts[0]).toMatchObject({
      labels: { ...inShop.labels, severity: inShop.severity },
      generatorURL: expect.stringContaining("https://pods.example/?open=shop"),
      status: { state: "active", silencedBy: [], inhibitedBy: [] },
    });
  });

  it("say who acknowledged an alert", async () => {
    http.raise({
      ...inShop,
      acknowledgement: { by: "vera", at: 1, note: "on it", notifyOnWorsening: true },
    } as Alert);
    expect((await get<readonly Shown[]>("/alerts"))[0]?.annotations).toMatchObject({
      acknowledged_by: "vera",
      acknowledgement: "on it",
    });
  });

  it("name the receivers in the configuration, for `amtool config show` and Grafana", async () => {
    const { config } = await get<{ config: { original: string } }>("/status");
    expect(config.original).toContain(`  - name: team\n  - name: ${HIDDEN}-pager\n`);
  });
});

describe("the requests of amtool", () => {
  const query = (more: string) => `/alerts?active=true&inhibited=false&silenced=false&unprocessed=false${more}`;

  it("alert query", async () => {
    const { alertname } = inShop.labels;
    expect(namespacesOf(await get(query(`&filter=alertname%3D%22${alertname}%22`)))).toEqual(["shop", HIDDEN]);
    expect(namespacesOf(await get(query("&filter=namespace%3D~%22sh.%2B%22&filter=severity%21%3D%22info%22")))).toEqual(
      ["shop"],
    );
    expect(namespacesOf(await get(query("&receiver=tea.%2B")))).toEqual(["shop"]);
    expect(namespacesOf(await get(query("&receiver=tea")))).toEqual([]);
  });

  it("alert query --silenced, --inhibited", async () => {
    const id = await created("root", silenceOf("shop"));
    expect(namespacesOf(await get(query("")))).toEqual([HIDDEN]);
    const [silenced] = await get<readonly Shown[]>("/alerts?active=false&inhibited=false&silenced=true");
    expect(silenced?.status).toMatchObject({ state: "suppressed", silencedBy: [id] });
    inhibition = { rule: "r", source: inShop };
    const inhibited = await get<readonly Shown[]>("/alerts?active=false&inhibited=true&silenced=false");
    expect(inhibited.map(({ status }) => status.inhibitedBy)).toEqual([[inShop.fingerprint]]);
  });

  it("silence add, query, update and expire", async () => {
    const id = await created("writer", silenceOf("shop"));
    expect(await get<readonly ShownSilence[]>("/silences?filter=namespace%3D%22shop%22")).toEqual([
      expect.objectContaining({
        id,
        createdBy: "wim",
        comment: "being moved",
        status: { state: "active" },
        matchers: [{ name: "namespace", value: "shop", isRegex: false, isEqual: true }],
      }),
    ]);
    expect(await get("/silences?filter=namespace%3D%22other%22")).toEqual([]);

    await clock.advance(MINUTE);
    const { startsAt } = await get<{ startsAt: string }>(`/silence/${id}`);
    const later = { id, startsAt, endsAt: new Date(clock.now() + DAY).toISOString() };
    expect(await created("writer", silenceOf("shop", later))).toBe(id);
    expect((await get<ShownSilence>(`/silence/${id}`)).endsAt).toBe(later.endsAt);

    const pods = [{ isEqual: false, isRegex: true, name: "pod", value: "x.*" }];
    const matchers = [{ isEqual: true, isRegex: false, name: "namespace", value: "shop" }, ...pods];
    const other = await created("writer", silenceOf("shop", { id, startsAt, matchers }));
    expect(other).not.toBe(id);
    expect((await get<ShownSilence>(`/silence/${id}`)).status.state).toBe("expired");

    const answer = await call("DELETE", `/silence/${other}`, "writer");
    expect([answer.statusCode, answer.body]).toEqual([200, ""]);
    expect((await get<readonly ShownSilence[]>("/silences?expired=false")).map((one) => one.id)).toEqual([]);
  });

  it("silence update of a recurring silence changes its end, and nothing that would make it last", async () => {
    const repeat = { timeZone: "UTC", from: 0, to: 1 };
    const scope = { kind: "namespace", namespace: "shop" } as const;
    const [from, until] = [clock.now(), clock.now() + DAY];
    await silences.create({
      id: "s-recurring",
      scope,
      from,
      until,
      repeat,
      reason: "r",
      by: "wim",
      endWhenNormal: false,
    });
    const known = await get<ShownSilence & { startsAt: string }>("/silence/s-recurring");
    expect(known).toMatchObject({ annotations: { recurring: "true" } });
    const { id, startsAt } = known;
    expect(await created("writer", silenceOf("shop", { id, startsAt }))).toBe(id);
    const matchers = [{ isRegex: true, name: "namespace", value: "shop" }];
    const answer = await call("POST", "/silences", "root", silenceOf("shop", { id, startsAt, matchers }));
    expect([answer.statusCode, JSON.parse(answer.body)]).toEqual([400, expect.stringContaining("recurring silence")]);
  });

  it("silence add with a later start", async () => {
    const startsAt = new Date(clock.now() + MINUTE).toISOString();
    const id = await created("writer", silenceOf("shop", { startsAt }));
    expect((await get<ShownSilence>(`/silence/${id}`)).status.state).toBe("pending");
    expect(await get("/silences?pending=false")).toEqual([]);
  });
});

describe("the requests of karma", () => {
  it("reads the groups of all alerts, with the receiver of each", async () => {
    await created("root", silenceOf("shop"));
    const groups = await get<readonly ShownGroup[]>("/alerts/groups");
    expect(groups.map(({ receiver, labels, alerts }) => [receiver.name, labels, namespacesOf(alerts)])).toEqual([
      ["team", { alertname: inShop.labels.alertname, namespace: "shop" }, ["shop"]],
      [`${HIDDEN}-pager`, { alertname: hidden.labels.alertname, namespace: HIDDEN }, [HIDDEN]],
    ]);
    const unmuted = await get<readonly ShownGroup[]>("/alerts/groups?muted=false");
    expect(unmuted.map(({ receiver }) => receiver.name)).toEqual([`${HIDDEN}-pager`]);
  });

  it("reads silences, all of them, and status", async () => {
    expect(await get("/silences")).toEqual([]);
    expect(await get("/status")).toMatchObject({ cluster: { status: "disabled" }, versionInfo: { version: "1.2.3" } });
  });
});

describe("a caller who may not see a namespace", () => {
  it("gets nothing of it: alerts, groups, receivers, silences", async () => {
    const id = await created("root", silenceOf(HIDDEN));
    for (const path of ["/alerts", "/alerts/groups", "/receivers", "/silences", "/status"]) {
      const { statusCode, body } = await call("GET", path, "reader");
      expect([path, statusCode, body.includes(HIDDEN), body.includes(id)]).toEqual([path, 200, false, false]);
    }
    expect((await call("GET", `/silence/${id}`, "reader")).statusCode).toBe(404);
    expect((await call("DELETE", `/silence/${id}`, "writer")).statusCode).toBe(404);
    expect((await call("POST", "/silences", "writer", silenceOf(HIDDEN))).statusCode).toBe(404);
    inhibition = { rule: "r", source: hidden };
    const [alert] = await get<readonly Shown[]>("/alerts", "reader");
    expect(alert?.status).toMatchObject({ state: "suppressed", inhibitedBy: [] });
  });

  it("may not silence several namespaces, nor any that they may only read", async () => {
    const matchers = [{ isRegex: true, name: "pod", value: ".+-0" }];
    const answer = await call("POST", "/silences", "writer", silenceOf("shop", { matchers }));
    expect([answer.statusCode, JSON.parse(answer.body)]).toEqual([403, expect.stringContaining("several namespaces")]);
    expect((await call("POST", "/silences", "reader", silenceOf("shop"))).statusCode).toBe(403);
    expect((await call("GET", "/alerts", "nobody")).statusCode).toBe(401);
  });
});

describe("an invalid request", () => {
  const silence = (matchers: unknown) => call("POST", "/silences", "root", silenceOf("shop", { matchers }));
  const one = (more: object) => [{ isEqual: true, isRegex: false, name: "namespace", value: "shop", ...more }];

  it.each<[string, () => ReturnType<typeof call>, RegExp]>([
    ["a filter that is not a matcher", () => call("GET", "/alerts?filter=x"), /x is not a matcher/],
    [
      "a pattern with an error",
      () => call("GET", "/alerts?filter=pod%3D~%22%28%22"),
      /filter: “\(” is not a valid regular expression/,
    ],
    ["a receiver with an error", () => call("GET", "/alerts/groups?receiver=%28"), /not a valid regular expression/],
    ["an invalid flag", () => call("GET", "/alerts?active=perhaps"), /active/],
    ["no matcher", () => silence([]), /A silence needs a matcher/],
    [
      "an unknown label",
      () => silence(one({ name: "team" })),
      /matchers\.0\.name: Alerts have no label team\. Their labels are alertname/,
    ],
    [
      "a pattern with an error at a position",
      () => silence(one({ isRegex: true, value: "a(" })),
      /matchers\.0\.value: “a\(”/,
    ],
    ["only matchers of nothing", () => silence(one({ isRegex: true, value: ".*" })), /must not match an empty value/],
    ["a value of 4 KB", () => silence(one({ value: "x".repeat(4096) })), /matchers\.0\.value/],
    ["no comment", () => call("POST", "/silences", "root", silenceOf("shop", { comment: " " })), /Give a comment/],
    [
      "an end before the start",
      () => call("POST", "/silences", "root", silenceOf("shop", { endsAt: "2001-01-01T00:00:00Z" })),
      /end of a silence/,
    ],
  ])("is refused with a sentence, as a JSON string: %s", async (_, request, message) => {
    const { statusCode, headers, body } = await request();
    expect(statusCode).toBe(400);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(JSON.parse(body)).toMatch(message);
    expect(await get("/silences")).toEqual([]);
  });

  it("an unknown silence is 404", async () => {
    expect((await call("POST", "/silences", "root", silenceOf("shop", { id: "s-none" }))).statusCode).toBe(404);
    expect((await call("GET", "/silence/s-none")).statusCode).toBe(404);
    expect((await call("DELETE", "/silence/s-none")).statusCode).toBe(404);
  });
});
