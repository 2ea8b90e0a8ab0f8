/** Paths, keys and headers with which other programs were tricked, in each mode. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { anAlert } from "../support/alerts.ts";
import { cpuTime } from "../support/cpu-time.ts";
import { createFakeAccess } from "../support/fake-access.ts";
import { type HttpApp, KUBERNETES_AUTH, NO_AUTH, startHttpApp } from "../support/http-app.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

/** CPU time of a probe after each attack, and of the attack itself; generous, because the client is in the same process. */
const LIVEZ_MS = 1_000;
const ATTACK_MS = 30_000;
const GROWTH_MIB = 400;
const MARKER = "outside-the-folder";
const TOKEN = "a-token-of-vera-0123456789";
const MODES = {
  kubernetes: KUBERNETES_AUTH,
  none: NO_AUTH,
  token: {
    ...NO_AUTH,
    mode: "token" as const,
    tokens: [
      {
        name: "vera",
        token: { source: "a file", read: async () => TOKEN },
        namespaces: ["shop"],
        rights: ["read" as const, "write" as const],
      },
    ],
  },
};

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

describe.each(Object.entries(MODES))("in the mode %s", (mode, auth) => {
  let folder: string;
  let http: HttpApp;
  let port: number;
  const bearer: Record<string, string> = mode === "none" ? {} : { authorization: `Bearer ${TOKEN}` };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "page-"));
    await mkdir(join(folder, "page", "assets"), { recursive: true });
    await writeFile(join(folder, "page", "index.html"), `<!doctype html><div id="root"></div>`);
    await writeFile(join(folder, "page", "assets", "a.js"), "0");
    await writeFile(join(folder, "secret.txt"), MARKER);
    const access = createFakeAccess();
    access.grant(TOKEN, "vera", "get shop", "update shop");
    http = await startHttpApp(
      { auth: auth as typeof NO_AUTH, staticFolder: join(folder, "page"), requestsPerMinute: 100_000 },
      { access },
    );
    http.live.watch(healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }));
    http.raise(anAlert());
    ({ port } = await http.server.listen());
  });
  afterAll(async () => {
    await http[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  function send(method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const given = { host: "localhost", ...bearer, ...length, ...headers };
      const sent = request({ port, host: "127.0.0.1", method, path, headers: given, agent: false }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
      });
      sent.on("error", reject).end(body);
    });
  }

  let usedBefore: number;
  let memoryBefore: number;
  beforeEach(() => {
    usedBefore = cpuTime();
    memoryBefore = process.memoryUsage().rss;
  });
  afterEach(async () => {
    const asked = cpuTime();
    expect((await send("GET", "/livez")).status).toBe(200);
    expect(cpuTime() - asked).toBeLessThan(LIVEZ_MS);
    // Of hundreds of requests.
    expect(asked - usedBefore).toBeLessThan(ATTACK_MS);
    expect((process.memoryUsage().rss - memoryBefore) / 1024 / 1024).toBeLessThan(GROWTH_MIB);
  });
  const json = { "content-type": "application/json" };

  const UP = [
    "..",
    "%2e%2e",
    "%2E%2E",
    ".%2e",
    "%252e%252e",
    "..%00",
    "%c0%ae%c0%ae",
    "..;",
    "%uff0e%uff0e",
    "..%5c..",
  ];
  const SLASHES = ["/", "%2f", "%5c", "\\", "%252f", "//"];
  it.each(UP)("no file outside the page's folder is sent for %s", async (up) => {
    for (const slash of SLASHES) {
      for (const start of ["/", "/assets/", "//", "/assets%2f", "/api/docs/static/", "/./"]) {
        for (const depth of [1, 2, 3]) {
          const { status, body } = await send("GET", `${start}${`${up}${slash}`.repeat(depth)}secret.txt`);
          expect(body).not.toContain(MARKER);
          expect(status).toBeLessThan(500);
        }
      }
    }
  });

  const NAMES = [
    "..",
    "%2e%2e",
    "%2e%2e%2fshop",
    "%252e%252e%252fshop",
    "shop%00",
    "shop%2f..%2fpay",
    "%ff",
    "__proto__",
  ];
  it.each(NAMES)("a namespace, a pod or an id named %s leads nowhere", async (name) => {
    for (const path of [
      `/events/${name}`,
      `/pods/${name}`,
      `/events/shop/${name}`,
      `/pods/shop/${name}`,
      `/api/v1/containers/${name}`,
      `/api/v1/containers/shop%2F${name}%2Fapp/log`,
      `/api/v1/alerts/${name}`,
      `/api/v1/consumers/${name}/alerts`,
    ]) {
      const { status } = await send("GET", path);
      // In the mode `none` and where the namespace may be read, a pod that does not exist has no events.
      expect([path, status < 500]).toEqual([path, true]);
    }
  });

  const POLLUTED = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf"];
  it.each(POLLUTED)("the key %s changes no other object, in bodies and in queries", async (key) => {
    const evil = `{"${key}":{"polluted":"yes","prototype":{"polluted":"yes"}},"scopes":[{"kind":"namespace","namespace":"shop","${key}":{"polluted":"yes"}}]}`;
    for (const [method, path] of [
      ["POST", "/api/v1/session"],
      ["POST", "/api/v1/silences/preview"],
      ["PUT", "/api/v1/silences/s-12345678"],
      ["POST", "/api/v1/acknowledge"],
      ["POST", "/api/v1/consumers/pager/ack"],
      ["POST", "/pod-restart-alerts"],
    ] as const) {
      const { status } = await send(method, path, json, evil);
      expect([path, status < 500]).toEqual([path, true]);
    }
    for (const path of ["/api/v1/state", "/api/v1/alerts", "/api/v1/history", "/status", "/api/v1/explain"]) {
      for (const query of [
        `${key}=yes`,
        `${key}[polluted]=yes`,
        `${key}.polluted=yes`,
        `ns=${key}&sort=${key}&filter=${key}`,
      ]) {
        const { status } = await send("GET", `${path}?${query}`);
        expect([path, query, status < 500]).toEqual([path, query, true]);
      }
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect((() => {}) as unknown as Record<string, unknown>).not.toHaveProperty("polluted");
  });

  it("forwarded headers of callers name neither another caller, nor a host, nor an address", async () => {
    const forwarded = {
      forwarded: "for=10.0.0.1;host=evil.example;proto=https",
      "x-forwarded-for": "10.0.0.1",
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "https",
      "x-forwarded-user": "root",
      "x-forwarded-groups": "system:masters",
      "x-remote-user": "root",
      "x-remote-group": "system:masters",
      "impersonate-user": "root",
      "x-original-url": "/metrics",
      "x-rewrite-url": "/metrics",
      "x-http-method-override": "DELETE",
      "x-real-ip": "10.0.0.1",
    };
    const me = await send("GET", "/api/v1/me", forwarded);
    expect(me.status).toBe(200);
    expect(me.body).not.toMatch(/root|masters|evil/);
    expect(JSON.stringify(me.headers)).not.toMatch(/evil|10\.0\.0\.1/);
    if (mode === "none") return;
    const anonymous = await send("GET", "/api/v1/me", { ...forwarded, authorization: "" });
    expect(anonymous.status).toBe(401);
  });

  it("a page of another site changes nothing", async () => {
    const FOREIGN: readonly Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://localhost.evil.example" },
      { origin: "http://evil.example:80", "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example", "x-forwarded-host": "evil.example" },
    ];
    for (const headers of FOREIGN) {
      for (const [method, path] of [
        ["POST", "/api/v1/acknowledge"],
        ["PUT", "/api/v1/silences/s-12345678"],
        ["DELETE", "/api/v1/silences/s-12345678"],
        ["POST", "/pod-restart-alerts"],
        ["POST", "/api/v1/silences/preview"],
      ] as const) {
        for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
          const { status, headers: answered } = await send(method, path, { ...headers, "content-type": type }, "{}");
          expect([path, type, headers, status]).toEqual([path, type, headers, 403]);
          expect(answered).not.toHaveProperty("access-control-allow-origin");
        }
      }
      const preflight = { ...headers, "access-control-request-method": "POST" };
      const { headers: answered } = await send("OPTIONS", "/api/v1/acknowledge", preflight);
      expect(answered).not.toHaveProperty("access-control-allow-origin");
    }
  });

  it("a host that another page chose is answered only where it gains nothing", async () => {
    for (const host of [
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "evil.example:80",
      "[::1]evil",
    ]) {
      const { status } = await send("GET", "/api/v1/state", { host });
      expect([host, status]).toEqual([host, mode === "none" ? 421 : 200]);
    }
  });

  it("redirects to no other host", async () => {
    for (const path of [
      "//evil.example",
      "//evil.example/..",
      "/\\evil.example",
      "/%2f/evil.example",
      "/api/docs",
      "//evil.example/api/docs",
    ]) {
      const { headers } = await send("GET", path);
      expect(String(headers.location ?? "")).not.toMatch(/evil|^\/\/|^[a-z]+:/i);
    }
  });
});
