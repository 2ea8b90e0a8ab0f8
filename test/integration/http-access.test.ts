import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { RULES } from "../../src/http/auth/auth-rules.ts";
import type { AuthOptions } from "../../src/http/auth/types.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeAccess, type FakeAccess } from "../support/fake-access.ts";
import { type HttpApp, KUBERNETES_AUTH, NO_AUTH, startHttpApp } from "../support/http-app.ts";
import { aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let access: FakeAccess;
let http: HttpApp;
beforeEach(async () => {
  access = createFakeAccess();
  access.grant("shop-viewer", "vera", "get shop");
  access.grant("shop-editor", "ed", "get shop", "update shop");
  access.grant("sees-all", "prometheus", "get shop", "get pay");
  access.grant("sees-nothing", "newcomer");
  http = await startHttpApp({ auth: KUBERNETES_AUTH, bind: "0.0.0.0" }, { access });
  fill(http);
  return () => http[Symbol.asyncDispose]();
});

/** Two namespaces with a failing pod each; whatever belongs to the second one says so. */
function fill({ live, store, raise, evidence }: HttpApp): void {
  live.watch(
    healthOf("shop", { syncedSince: 1, lastSyncedAt: 1 }),
    healthOf("pay", { syncedSince: 1, lastSyncedAt: 1 }),
  );
  const pay = { name: "pay-marker-0", namespace: "pay", workload: { kind: "Deployment", name: "pay-marker" } };
  live.see(aPod(), aPod(pay));
  const labels = { namespace: "pay", pod: pay.name, workload: "Deployment/pay-marker" };
  const alerts = [anAlert(), anAlert({ labels })];
  raise(...alerts);
  for (const { fingerprint, labels } of alerts) {
    store.log({
      fingerprint,
      episode: 1,
      labels,
      at: 1,
      from: "inactive",
      to: "firing",
      reason: `${labels.pod} crashed`,
    });
  }
  evidence.events = async (namespace) => [{ message: namespace === "pay" ? "pay-marker" : "fine" }];
  evidence.pods = async (namespace) => [{ metadata: { name: namespace === "pay" ? "pay-marker" : "fine" } }];
  evidence.log = async (namespace) => ({ available: true, lines: [namespace === "pay" ? "pay-marker" : "fine"] });
}

const PATHS: Readonly<Record<string, string>> = {
  "/events/:namespace": "/events/pay",
  "/events/:namespace/:pod": "/events/pay/pay-marker-0",
  "/pods/:namespace": "/pods/pay",
  "/pods/:namespace/:pod": "/pods/pay/pay-marker-0",
  "/api/v1/containers/:id": "/api/v1/containers/pay%2Fpay-marker-0%2Fapp",
  "/api/v1/containers/:id/events": "/api/v1/containers/pay%2Fpay-marker-0%2Fapp/events",
  "/api/v1/containers/:id/log": "/api/v1/containers/pay%2Fpay-marker-0%2Fapp/log",
  "/api/v1/consumers/:name/alerts": "/api/v1/consumers/pager/alerts",
  "/api/v1/consumers/:name/ack": "/api/v1/consumers/pager/ack",
  "/api/v1/consumers/:name/nack": "/api/v1/consumers/pager/nack",
};

const routes = Object.entries(RULES).map(([route, rule]) => {
  const [method, url] = route.split(" ") as ["GET" | "POST" | "PUT" | "DELETE", string];
  return { method, url, rule };
});
const fingerprintOf = (namespace: string) =>
  [...http.live.alerts()].find(({ labels }) => labels.namespace === namespace)!.fingerprint;
const pathOf = (url: string) => (PATHS[url] ?? url).replace(":fingerprint", fingerprintOf("pay"));

describe("the table of rules", () => {
  it("has one for every route, and no route that is not there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "page-"));
    await writeFile(join(folder, "index.html"), "<!doctype html><title>x</title>");
    await using whole = await startHttpApp({ staticFolder: folder });
    const missing = routes.filter(({ method, url }) => !whole.app.hasRoute({ method, url }));
    expect(missing).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it("stops the start for a route without one", async () => {
    const { default: Fastify } = await import("fastify");
    const { guardRoutes } = await import("../../src/http/auth/access-hook.ts");
    const app = Fastify();
    const { createAccess } = await import("../../src/http/auth/auth.ts");
    const { cookiesFor } = await import("../../src/http/auth/cookies.ts");
    const limits = { caller: () => {}, page: () => {}, file: () => {} };
    const open = {
      bind: "127.0.0.1",
      mode: "none",
      hosts: [],
      publicUrl: undefined,
      own: undefined,
      publicMetrics: true,
      limits,
    } as const;
    const cookies = cookiesFor({ secure: false, pathPrefix: "" });
    const deps = { review: access, clock: http.clock, namespaces: () => [], cookies, cli: () => "oc" as const };
    guardRoutes(app, createAccess(NO_AUTH, deps), open);
    expect(() => app.get("/secrets", () => "x")).toThrow("GET /secrets has no rule in auth-rules.ts");
  });

  it.each(routes.filter(({ rule }) => rule !== "public"))(
    "$method $url rejects unauthenticated callers without details",
    async ({ method, url }) => {
      const answers = await Promise.all(
        [{}, bearer("expired"), { authorization: "Basic eDp5" }, bearer("ß"), bearer("")].map((headers) =>
          http.app.inject({ method, url: pathOf(url), headers }),
        ),
      );
      const bodies = answers.map((answer) => JSON.stringify({ ...answer.json(), requestId: undefined }));
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 401, 401]);
      expect(new Set(bodies).size).toBe(1);
      expect(answers[0]!.headers["www-authenticate"]).toBe('Bearer realm="pod-watcher"');
    },
  );

  it("lets nothing that one caller may see be kept for another", async () => {
    for (const { url } of routes.filter(({ method, rule }) => method === "GET" && rule !== "public")) {
      if (url === "/api/v1/stream") continue;
      const answer = await http.app.inject({ url: pathOf(url), headers: bearer("sees-all") });
      expect([url, answer.headers["cache-control"]]).toEqual([url, expect.stringMatching(/^(no-store|no-cache)$/)]);
    }
  });

  it.each(routes.filter(({ method, url }) => method === "GET" && url !== "/api/v1/stream" && url !== "/*"))(
    "GET $url reveals nothing about a namespace without access",
    async ({ url }) => {
      const answer = await http.app.inject({ url: pathOf(url), headers: bearer("shop-viewer") });
      const known = await http.app.inject({
        url: pathOf(url).replace(/pay/g, "nowhere"),
        headers: bearer("shop-viewer"),
      });
      expect(answer.statusCode).toBe(url === "/metrics" ? 403 : known.statusCode);
      expect(answer.body.replace("pay-marker-0", "")).not.toContain("pay-marker");
    },
  );
});

describe("the mode kubernetes", () => {
  it("shows two callers of one instance different pages", async () => {
    const namespaces = async (token: string) => {
      const { json } = await http.app.inject({ url: "/status", headers: bearer(token) });
      return json().namespaces.map(({ namespace }: { namespace: string }) => namespace);
    };
    expect(await namespaces("shop-viewer")).toEqual(["shop"]);
    expect(await namespaces("sees-all")).toEqual(["pay", "shop"]);
    expect(await namespaces("sees-nothing")).toEqual([]);
  });

  it("checks with the caller's own token whether they may get pods, and caches the result for a minute", async () => {
    const status = () => http.app.inject({ url: "/status", headers: bearer("shop-viewer") });
    await Promise.all([status(), status()]);
    expect(access.asked).toEqual([
      { namespace: "pay", verb: "get", resource: "pods", token: "shop-viewer" },
      { namespace: "shop", verb: "get", resource: "pods", token: "shop-viewer" },
    ]);
    access.revoke("shop-viewer");
    await http.clock.advance(59 * SECOND);
    expect((await status()).statusCode).toBe(200);
    await http.clock.advance(SECOND);
    expect((await status()).statusCode).toBe(401);
  });

  it("forgets a token after a minute, and who brought it some minutes later", async () => {
    const timers = http.clock.timers;
    await http.app.inject({ url: "/status", headers: bearer("shop-viewer") });
    expect(http.clock.timers).toBeGreaterThan(timers);
    await http.clock.advance(6 * MINUTE);
    expect(http.clock.timers).toBe(timers);
  });

  it("uses cached results for a few minutes while Kubernetes does not answer", async () => {
    const get = async (url: string, token = "shop-editor") =>
      (await http.app.inject({ url, headers: bearer(token) })).statusCode;
    await get("/api/v1/state");
    access.broken = "connection refused";
    expect(await get("/status", "sees-all")).toBe(503);
    for (let minutes = 1; minutes < 6; minutes++) {
      await http.clock.advance(MINUTE - SECOND);
      for (const url of ["/status", "/api/v1/state", "/pod-restart-alerts"]) expect(await get(url)).toBe(200);
    }
    await http.clock.advance(MINUTE + 5 * SECOND);
    expect(await get("/status")).toBe(503);
    access.broken = undefined;
    expect(await get("/status")).toBe(200);
  });

  it("drops them as soon as Kubernetes answers, and rejects callers without a cached result", async () => {
    const status = async () => (await http.app.inject({ url: "/status", headers: bearer("shop-viewer") })).statusCode;
    await status();
    access.broken = "connection refused";
    await http.clock.advance(2 * MINUTE);
    expect(await status()).toBe(200);
    access.broken = undefined;
    access.revoke("shop-viewer");
    await http.clock.advance(10 * SECOND);
    expect(await status()).toBe(401);
  });

  it("asks again who may write when that could not be asked", async () => {
    const ack = async () =>
      (
        await http.app.inject({
          method: "POST",
          url: "/api/v1/acknowledge",
          headers: bearer("shop-editor"),
          payload: { subjects: [{ alert: fingerprintOf("shop") }] },
        })
      ).statusCode;
    await http.app.inject({ url: "/status", headers: bearer("shop-editor") });
    access.broken = "connection refused";
    expect(await ack()).toBe(503);
    access.broken = undefined;
    expect(await ack()).toBe(200);
  });

  it("lets only those act who may update pods there, by the name that Kubernetes knows them by", async () => {
    const ack = (token: string, namespace: string) =>
      http.app.inject({
        method: "POST",
        url: "/api/v1/acknowledge",
        headers: bearer(token),
        payload: { subjects: [{ alert: fingerprintOf(namespace) }], by: "someone else" },
      });
    const denied = await ack("shop-viewer", "shop");
    expect([denied.statusCode, denied.json().missing]).toEqual([403, "update pods in shop"]);
    expect((await ack("shop-editor", "shop")).json()).toMatchObject({ rows: [{ namespace: "shop" }], skipped: [] });
    const [own] = await http.store.alerts({ fingerprint: fingerprintOf("shop") });
    expect(own?.acknowledgement?.by).toBe("ed");
    expect((await ack("shop-editor", "pay")).json()).toMatchObject({
      rows: [],
      skipped: [{ subject: fingerprintOf("pay") }],
    });
    const [hidden] = await http.store.alerts({ fingerprint: fingerprintOf("pay") });
    expect(hidden?.acknowledgement).toBeUndefined();
  });

  it("delivers to each caller the alerts they may see, numbered without gaps", async () => {
    // Who did not create the consumer needs write access.
    access.grant("sees-all", "prometheus", "get shop", "get pay", "update shop", "update pay");
    const take = async (token: string) =>
      (await http.app.inject({ url: "/pod-restart-alerts", headers: bearer(token) })).json();
    expect(await take("shop-viewer")).toEqual([expect.objectContaining({ namespace: "shop", sequence: 1 })]);
    expect(await take("sees-all")).toEqual([expect.objectContaining({ namespace: "pay", sequence: 2 })]);
  });

  it("does not confirm or release deliveries of a namespace without access", async () => {
    access.grant("shop-viewer", "vera", "get shop", "update shop");
    const call = async (token: string, path: string, ids?: readonly string[]) =>
      (
        await http.app.inject({
          method: ids === undefined ? "GET" : "POST",
          url: `/api/v1/consumers/p3/${path}`,
          headers: bearer(token),
          ...(ids === undefined ? {} : { payload: { ids } }),
        })
      ).json();
    const { deliveries } = await call("sees-all", "alerts");
    const idOf = (namespace: string) =>
      deliveries.find(({ alert }: { alert: { labels: object } }) => Object.values(alert.labels).includes(namespace)).id;
    const [shop, pay] = [idOf("shop"), idOf("pay")];
    expect(await call("shop-viewer", "nack", [shop, pay])).toEqual({ released: [shop], unknown: [pay] });
    expect((await call("sees-all", "alerts")).deliveries).toEqual([expect.objectContaining({ id: shop })]);
    expect(await call("shop-viewer", "ack", [shop, pay])).toEqual({ confirmed: [shop], unknown: [pay] });
    expect(await call("sees-all", "ack", [pay])).toEqual({ confirmed: [pay], unknown: [] });
  });

  it("takes the token of an oauth-proxy in front", async () => {
    const headers = { "x-forwarded-access-token": "shop-viewer", "x-forwarded-user": "vera" };
    const me = (await http.app.inject({ url: "/api/v1/me", headers })).json();
    expect(me).toMatchObject({ user: "vera", mode: "kubernetes" });
    expect(me.can.ack).toEqual({ reason: "You have read-only access." });
  });

  it("reports that permissions cannot be checked, instead of denying access", async () => {
    access.broken = "connection refused";
    const answer = await http.app.inject({ url: "/status", headers: bearer("shop-viewer") });
    expect([answer.statusCode, answer.json().detail]).toEqual([
      503,
      "Cannot check permissions with Kubernetes right now. Try again shortly.",
    ]);
    access.broken = undefined;
    expect((await http.app.inject({ url: "/status", headers: bearer("shop-viewer") })).statusCode).toBe(200);
  });

  it("serves the metrics, which name all namespaces, to callers with access to all of them", async () => {
    const metrics = async (token: string) =>
      (await http.app.inject({ url: "/metrics", headers: bearer(token) })).statusCode;
    expect([await metrics("shop-viewer"), await metrics("sees-all")]).toEqual([403, 200]);
    await using open = await startHttpApp({ auth: { ...KUBERNETES_AUTH, publicMetrics: true } }, { access });
    expect((await open.app.inject("/metrics")).statusCode).toBe(200);
  });

  it("shows a person without a token how to sign in, and nothing else", async () => {
    const page = await http.app.inject({ url: "/", headers: { accept: "text/html" } });
    expect([page.statusCode, page.headers["content-type"]]).toEqual([401, "text/html; charset=utf-8"]);
    expect(page.body).not.toContain("checkout");
  });

  it.each([
    ["oc", "Your own token: oc whoami -t"],
    ["kubectl", "A token of your service account: kubectl create token SERVICEACCOUNT -n NAMESPACE"],
  ] as const)("suggests a command of %s to get a token", async (cli, hint) => {
    await using other = await startHttpApp({ auth: KUBERNETES_AUTH, cli }, { access });
    const me = await other.app.inject("/api/v1/me");
    expect(me.json().signIn).toEqual({ kind: "token", hint });
  });

  it("never logs, shows or measures a token", async () => {
    await http.app.inject({ url: "/nowhere?token=shop-editor", headers: bearer("shop-editor") });
    http.store.deliveries.confirmedDeliveries = async () => Promise.reject(new Error("broken"));
    const answer = await http.app.inject({ url: "/status", headers: bearer("shop-editor") });
    expect(answer.statusCode).toBe(500);
    expect(answer.body + JSON.stringify(http.log)).not.toContain("shop-editor");
  });
});

describe("the mode token", () => {
  const token = (value: string | Error) => ({
    source: "tokens/x",
    read: async () => {
      if (typeof value !== "string") throw value;
      return value;
    },
  });
  const auth: AuthOptions = {
    ...NO_AUTH,
    mode: "token",
    tokens: [
      { name: "wall", token: token("wall-token"), namespaces: ["shop"], rights: ["read"] },
      { name: "ops", token: token("ops-token"), namespaces: undefined, rights: ["read", "write"] },
      { name: "lost", token: token(new Error("no such file")), namespaces: undefined, rights: ["read", "write"] },
    ],
  };

  it("gives each token its namespaces and rights", async () => {
    await using app = await startHttpApp({ auth, bind: "0.0.0.0" });
    fill(app);
    const get = async (url: string, value: string) => app.app.inject({ url, headers: bearer(value) });
    expect((await get("/status", "wall-token")).json().config.namespace).toBe("shop");
    expect((await get("/events/pay", "wall-token")).statusCode).toBe(404);
    expect((await get("/status", "ops-token")).json().config.namespace).toBe("pay,shop");
    expect((await get("/api/v1/me", "ops-token")).json()).toMatchObject({
      user: "ops",
      can: { silenceEverything: true },
    });
    expect((await get("/api/v1/me", "wall-token")).json().can.ack).not.toBe(true);
    for (const wrong of ["", "wall-toke", "wall-token2", "no such file"]) {
      expect((await get("/status", wrong)).statusCode).toBe(401);
    }
  });

  it("follows a token that rotates", async () => {
    let value = "old";
    const rotating = { name: "r", namespaces: undefined, rights: ["read"] as const };
    const tokens = [{ ...rotating, token: { source: "f", read: async () => value } }];
    await using app = await startHttpApp({ auth: { ...NO_AUTH, mode: "token", tokens }, bind: "0.0.0.0" });
    const status = async (given: string) =>
      (await app.app.inject({ url: "/status", headers: bearer(given) })).statusCode;
    expect(await status("old")).toBe(200);
    value = "new";
    await app.clock.advance(31 * SECOND);
    expect([await status("old"), await status("new")]).toEqual([401, 200]);
  });
});

describe("the mode none", () => {
  it("is open at all addresses", async () => {
    await using open = await startHttpApp({ bind: "0.0.0.0" });
    expect((await open.app.inject({ url: "/status", headers: { host: "10.1.2.3:8080" } })).statusCode).toBe(200);
  });

  it.each`
    host                                          | status
    ${"10.128.3.7:8080"}                          | ${200}
    ${"[fd00::7]:8080"}                           | ${200}
    ${"localhost:8080"}                           | ${200}
    ${"pod-watcher"}                              | ${200}
    ${"pod-watcher.tools.svc:8080"}               | ${200}
    ${"pod-watcher.tools.svc.cluster.local:8080"} | ${200}
    ${"watcher.apps.example"}                     | ${200}
    ${"pods.example"}                             | ${200}
    ${"evil.example"}                             | ${421}
    ${"1.2.3.4.evil.example"}                     | ${421}
    ${"svc.evil"}                                 | ${421}
  `("at all addresses answers $status to a host called '$host'", async ({ host, status }) => {
    const names = { hosts: ["watcher.apps.example"], publicUrl: "https://pods.example/w" };
    await using app = await startHttpApp({ bind: "0.0.0.0", auth: NO_AUTH, ...names });
    expect((await app.app.inject({ url: "/livez", headers: { host } })).statusCode).toBe(status);
  });

  describe("in the pod pod-watcher-7d9f8c-x2x of the namespace tools", () => {
    const own = { namespace: "tools", podName: "pod-watcher-7d9f8c-x2x" };
    it.each`
      host                                          | namespace     | status
      ${"pod-watcher.tools:8080"}                   | ${"tools"}    | ${200}
      ${"pod-watcher.tools.svc"}                    | ${"tools"}    | ${200}
      ${"pod-watcher.tools.svc.corp.example:8080"}  | ${"tools"}    | ${200}
      ${"pod-watcher.tools.svc.corp.example.:8080"} | ${"tools"}    | ${200}
      ${"old-name.tools.svc.corp.example"}          | ${"tools"}    | ${200}
      ${"pod-watcher.shop"}                         | ${"tools"}    | ${421}
      ${"evil.tools"}                               | ${"tools"}    | ${421}
      ${"pod.tools"}                                | ${"pod-t"}    | ${421}
      ${"x.pod-watcher.tools"}                      | ${"tools"}    | ${421}
      ${".tools"}                                   | ${"tools"}    | ${421}
      ${"pod-watcher.tools.svc.evil.example"}       | ${"tools"}    | ${421}
      ${"pod-watcher.tools.corp.example"}           | ${"tools"}    | ${421}
      ${"old-name.tools-2"}                         | ${"tools-2"}  | ${200}
      ${"old-name.xn--p1ai"}                        | ${"xn--p1ai"} | ${421}
      ${"pod-watcher.tools"}                        | ${undefined}  | ${421}
    `("answers $status to a host called '$host', own namespace $namespace", async ({ host, namespace, status }) => {
      const domain = namespace && `${namespace}.svc.corp.example`;
      const names = { ...own, namespace, serviceDomain: domain };
      await using app = await startHttpApp({ bind: "0.0.0.0", auth: NO_AUTH, own: names });
      expect((await app.app.inject({ url: "/livez", headers: { host } })).statusCode).toBe(status);
    });
  });

  it.each`
    host                      | status
    ${"localhost:8080"}       | ${200}
    ${"127.0.0.1"}            | ${200}
    ${"localhost.:8080"}      | ${200}
    ${"[::1]:8080"}           | ${200}
    ${"watcher.example:8080"} | ${200}
    ${"pods.example"}         | ${200}
    ${"evil.example"}         | ${421}
    ${"localhost.evil"}       | ${421}
  `("at loop-back answers $status to a host called '$host'", async ({ host, status }) => {
    await using app = await startHttpApp({ hosts: ["watcher.example"], publicUrl: "https://pods.example/w" });
    expect((await app.app.inject({ url: "/livez", headers: { host } })).statusCode).toBe(status);
  });
});

describe("changes from a browser", () => {
  const payload = { subjects: [{ row: "shop/checkout-0/app" }] };
  const post = (headers: Record<string, string>) => ({
    method: "POST" as const,
    url: "/api/v1/acknowledge",
    payload,
    headers,
  });

  it("sign in with a token, carry the CSRF token, and sign out", async () => {
    const own = { host: "pods.example", origin: "https://pods.example", "sec-fetch-site": "same-origin" };
    const signIn = await http.app.inject({
      method: "POST",
      url: "/api/v1/session",
      headers: own,
      payload: { token: "shop-editor" },
    });
    expect(signIn.json()).toMatchObject({ user: "ed", signOut: "session", can: { ack: true } });
    const cookies = [signIn.headers["set-cookie"]!].flat();
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-pod_watcher_(session|csrf)=\S+; HttpOnly; Path=\/; SameSite=Strict; Secure$/);
    }
    const cookie = cookies.map((one) => one.split(";")[0]).join("; ");
    const { csrf } = signIn.json();

    expect((await http.app.inject({ url: "/api/v1/me", headers: { cookie } })).json()).toMatchObject({
      user: "ed",
      csrf,
    });
    expect((await http.app.inject(post({ ...own, cookie }))).statusCode).toBe(403);
    expect((await http.app.inject(post({ ...own, cookie, "x-csrf-token": "guess" }))).statusCode).toBe(403);
    expect((await http.app.inject(post({ ...own, cookie, "x-csrf-token": csrf }))).statusCode).toBe(200);

    const signOut = await http.app.inject({ method: "DELETE", url: "/api/v1/session", headers: { ...own, cookie } });
    expect(signOut.headers["set-cookie"]).toMatch(/^__Host-pod_watcher_session=; Max-Age=0/);

    // As a neighbour under the same domain could plant them.
    const planted = { host: own.host, cookie: cookie.replaceAll("__Host-", "") };
    expect((await http.app.inject({ url: "/api/v1/me", headers: planted })).statusCode).toBe(401);
  });

  describe.each(["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])(
    "by a port that is forwarded to http://%s",
    (host) => {
      const local = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
      const signIn = (headers: Record<string, string>) =>
        http.app.inject({ method: "POST", url: "/api/v1/session", headers, payload: { token: "shop-editor" } });
      const kept = (answer: { readonly headers: { readonly "set-cookie"?: string | string[] | undefined } }) =>
        [answer.headers["set-cookie"] ?? []].flat();
      /** As a browser that takes no cookie by plain HTTP that is for HTTPS alone. */
      const plainOf = (cookies: readonly string[]) =>
        cookies
          .filter((one) => !one.startsWith("__") && !one.endsWith("; Secure"))
          .map((one) => one.split(";")[0])
          .join("; ");

      it.each(["every cookie", "no cookie that is for HTTPS"])("work in a browser that keeps %s", async (what) => {
        const keep = (cookies: readonly string[]) =>
          what.startsWith("no") ? plainOf(cookies) : cookies.map((one) => one.split(";")[0]).join("; ");
        const signedIn = await signIn(local);
        const cookie = keep(kept(signedIn));
        const me = await http.app.inject({ url: "/api/v1/me", headers: { host, cookie } });
        expect(me.json()).toMatchObject({ user: "ed", csrf: signedIn.json().csrf, signOut: "session" });
        expect((await http.app.inject(post({ ...local, cookie }))).statusCode).toBe(403);
        const change = post({ ...local, cookie, "x-csrf-token": signedIn.json().csrf });
        expect((await http.app.inject(change)).statusCode).toBe(200);
        const signOut = await http.app.inject({
          method: "DELETE",
          url: "/api/v1/session",
          headers: { ...local, cookie },
        });
        expect(kept(signOut).map((one) => one.split(";").slice(0, 2).join(";"))).toEqual([
          "__Host-pod_watcher_session=; Max-Age=0",
          "pod_watcher_session=; Max-Age=0",
        ]);
      });

      it("work in the mode none, too", async () => {
        await using app = await startHttpApp({ bind: "0.0.0.0", auth: NO_AUTH });
        fill(app);
        const me = await app.app.inject({ url: "/api/v1/me", headers: { host } });
        const headers = { ...local, cookie: plainOf(kept(me)), "x-csrf-token": me.json().csrf };
        expect((await app.app.inject(post(headers))).statusCode).toBe(200);
      });

      it("keep the cookies for HTTPS when the page came by it", async () => {
        const cookies = kept(await signIn({ ...local, origin: `https://${host}` }));
        expect(cookies).toHaveLength(2);
        expect(plainOf(cookies)).toBe("");
      });

      it.each(["x-forwarded-for", "x-forwarded-proto", "forwarded", "via"])(
        "keep them for HTTPS when a proxy asks, as %s says",
        async (header) => {
          const url = "/api/v1/me";
          const headers = { host, ...bearer("shop-editor"), [header]: "x" };
          const cookies = kept(await http.app.inject({ url, headers }));
          expect([cookies.length, plainOf(cookies)]).toEqual([1, ""]);
          const plain = plainOf(kept(await signIn(local)));
          expect((await http.app.inject({ url, headers: { host, cookie: plain } })).statusCode).toBe(200);
          const planted = { host, [header]: "x", cookie: plain };
          expect((await http.app.inject({ url, headers: planted })).statusCode).toBe(401);
        },
      );

      it("are not refused for a page at loop-back that comes by a proxy there", async () => {
        expect((await signIn({ ...local, "x-forwarded-for": "127.0.0.1" })).statusCode).toBe(200);
      });
    },
  );

  describe.each(["10.0.0.5:8080", "pod-watcher.tools.svc:8080", "pods.example"])("by http://%s", (host) => {
    const plain = { host, origin: `http://${host}` };
    const sentence = `The page was opened by plain HTTP, where browsers reject its cookies: open it by HTTPS, or set http.public_url to http://${host}.`;

    it("say why login is not possible", async () => {
      const answer = await http.app.inject({
        method: "POST",
        url: "/api/v1/session",
        headers: plain,
        payload: { token: "shop-editor" },
      });
      expect([answer.statusCode, answer.json().detail]).toEqual([403, sentence]);
      expect(answer.headers["set-cookie"]).toBeUndefined();
    });

    it("say why nothing can be changed in the mode none", async () => {
      await using app = await startHttpApp({ bind: "0.0.0.0", auth: NO_AUTH, hosts: ["pods.example"] });
      const { csrf } = (await app.app.inject({ url: "/api/v1/me", headers: { host } })).json();
      const answer = await app.app.inject(post({ ...plain, "x-csrf-token": csrf }));
      expect([answer.statusCode, answer.json().detail]).toEqual([403, sentence]);
    });

    it("work once that is the public address", async () => {
      await using app = await startHttpApp(
        { bind: "0.0.0.0", auth: KUBERNETES_AUTH, publicUrl: plain.origin },
        { access },
      );
      const signIn = { method: "POST", url: "/api/v1/session", payload: { token: "shop-editor" } } as const;
      const answer = await app.app.inject({ ...signIn, headers: plain });
      expect(String(answer.headers["set-cookie"])).toMatch(/^pod_watcher_session=/);
    });
  });

  it.each(["no such token", "with space", 'quo"te', "new\nline", ""])("refuse to sign in with %j", async (token) => {
    const answer = await http.app.inject({ method: "POST", url: "/api/v1/session", payload: { token } });
    expect([400, 401]).toContain(answer.statusCode);
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  it.each`
    bind           | publicUrl                 | pathPrefix | name
    ${"0.0.0.0"}   | ${undefined}              | ${""}      | ${"__Host-pod_watcher_session"}
    ${"0.0.0.0"}   | ${undefined}              | ${"/w"}    | ${"__Secure-pod_watcher_session"}
    ${"127.0.0.1"} | ${"https://pods.example"} | ${""}      | ${"__Host-pod_watcher_session"}
    ${"127.0.0.1"} | ${undefined}              | ${""}      | ${"pod_watcher_session"}
    ${"0.0.0.0"}   | ${"http://pods.example"}  | ${""}      | ${"pod_watcher_session"}
  `(
    "keep the cookie from plain HTTP unless people come by it: $bind, $publicUrl, prefix '$pathPrefix'",
    async ({ name, ...options }) => {
      await using app = await startHttpApp({ auth: KUBERNETES_AUTH, ...options }, { access });
      const answer = await app.app.inject({
        method: "POST",
        url: "/api/v1/session",
        payload: { token: "shop-editor" },
      });
      const cookie = [answer.headers["set-cookie"]].flat()[0];
      expect(cookie).toMatch(new RegExp(`^${name}=[\\w-]{43}; HttpOnly; Path=${options.pathPrefix || "/"};`));
      expect(cookie?.endsWith("; Secure")).toBe(name.startsWith("__"));
    },
  );

  it.each`
    what                               | headers
    ${"another site's page"}           | ${{ "sec-fetch-site": "cross-site" }}
    ${"a neighbour under one domain"}  | ${{ "sec-fetch-site": "same-site" }}
    ${"a page of another origin"}      | ${{ origin: "https://evil.example" }}
    ${"a sandboxed page"}              | ${{ origin: "null" }}
    ${"the same host by another port"} | ${{ host: "pods.example", origin: "https://pods.example:8443" }}
  `("are refused from $what, even with a token", async ({ headers }) => {
    const answer = await http.app.inject(post({ ...bearer("shop-editor"), ...headers }));
    expect([answer.statusCode, answer.json().detail]).toEqual([403, "Cross-site request rejected."]);
  });

  it("need the CSRF token in the mode none, where a browser needs no credential at all", async () => {
    await using app = await startHttpApp();
    fill(app);
    const browser = { host: "localhost", origin: "http://localhost", "sec-fetch-site": "same-origin" };
    expect((await app.app.inject(post(browser))).statusCode).toBe(403);
    const take = { method: "POST", url: "/pod-restart-alerts" } as const;
    expect((await app.app.inject({ ...take, headers: browser })).statusCode).toBe(403);
    const me = await app.app.inject("/api/v1/me");
    const headers = {
      ...browser,
      cookie: String(me.headers["set-cookie"]).split(";")[0]!,
      "x-csrf-token": me.json().csrf,
    };
    expect((await app.app.inject(post(headers))).statusCode).toBe(200);
    // curl sends none of a browser's headers.
    expect((await app.app.inject(take)).json()).toHaveLength(2);
  });
});

describe("limits", () => {
  it("refuse bodies that are too long, of another type or no JSON", async () => {
    await using app = await startHttpApp();
    const post = async (payload: string, type = "application/json") =>
      (
        await app.app.inject({ method: "POST", url: "/api/v1/acknowledge", payload, headers: { "content-type": type } })
      ).json();
    expect(await post(`{"subjects":["${"x".repeat(300_000)}"]}`)).toMatchObject({
      status: 413,
      title: "Content Too Large",
    });
    expect(await post("<x/>", "application/xml")).toMatchObject({ status: 415 });
    expect(await post("{")).toMatchObject({ status: 400 });
    expect(await post('{"__proto__":{"x":1},"subjects":[{"row":"a"}]}')).toMatchObject({ status: 400 });
    expect(await post('{"subjects":[]}')).toMatchObject({
      status: 400,
      errors: [expect.objectContaining({ field: "subjects" })],
    });
  });
});

it("asks again for rights when a namespace joins", async () => {
  const status = async () => (await http.app.inject({ url: "/status", headers: bearer("sees-all") })).json();
  expect((await status()).config.namespace).toBe("pay,shop");
  access.grant("sees-all", "prometheus", "get shop", "get pay", "get new");
  http.live.watch(healthOf("new"));
  expect((await status()).config.namespace).toBe("new,pay,shop");
  await http.clock.advance(MINUTE);
});
