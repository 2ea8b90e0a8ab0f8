import { beforeEach, describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "../../src/core/model/time.ts";
import { aSetting } from "../support/a-setting.ts";
import { anAlert } from "../support/alerts.ts";
import { createFakeLiveState } from "../support/fake-live-state.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { aPod } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const NOW = Date.UTC(2026, 0, 1);

let http: HttpApp;
let started = true;
let commitProblem: string | undefined;
beforeEach(async () => {
  started = true;
  commitProblem = undefined;
  http = await startHttpApp({}, { started: () => started, commitProblem: () => commitProblem });
  http.live.watch(healthOf("shop", { pods: 2, syncedSince: NOW, lastSyncedAt: NOW }));
  return () => http[Symbol.asyncDispose]();
});

const body = async (url: string) => (await http.app.inject(url)).body;

describe("the page without JavaScript", () => {
  it("shows the open incidents with severity, workload, cause and time", async () => {
    http.live.see(aPod());
    http.raise(anAlert());
    await http.clock.advance(12 * MINUTE);
    const page = await body("/");
    expect(page).toContain("<title>1 incident needs attention · Pod Watcher</title>");
    expect(page).toMatch(/<\/svg> Critical.*checkout.*Deployment · shop.*Keeps crashing.*12 min ago/s);
    expect(page).toContain("Alert rule: 3 restarts in 60 min.");
  });

  it("says so when all is normal, and when nothing is watched", async () => {
    expect(await body("/")).toContain("<h1>All normal</h1>");
    await using empty = await startHttpApp();
    expect((await empty.app.inject("/")).body).toContain("No namespace is watched yet.");
  });

  it("never shows a stale namespace as healthy, but as unknown, with time, reason and remedy", async () => {
    const problem = {
      since: NOW,
      message: "list pods is forbidden",
      remedy: "oc policy add-role-to-user view x",
      missing: [],
    };
    http.live.watch(healthOf("shop", { state: "forbidden", lastSyncedAt: NOW - 2 * HOUR, problem }));
    const page = await body("/");
    expect(page).toContain("<h1>1 namespace is unknown</h1>");
    expect(page).toContain("Unknown since 2025-12-31 22:00:00 UTC (2 h)");
    expect(page).toContain("list pods is forbidden");
    expect(page).toContain("<pre>oc policy add-role-to-user view x</pre>");
  });

  it("escapes what comes from the cluster", async () => {
    const summary = `web cannot be scheduled: <script>alert("x")</script>`;
    http.raise(anAlert({ labels: { alertname: "PodUnschedulable" }, annotations: { summary, description: "" } }));
    const page = await body("/");
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;");
  });

  it("refreshes itself unless disabled", async () => {
    expect(await body("/plain")).toContain(`<meta http-equiv="refresh" content="60">`);
    expect(await body("/plain?refresh=off")).not.toContain("http-equiv");
  });

  it("is served under the strict policy, and its style under it too", async () => {
    const { headers } = await http.app.inject("/");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self';font-src 'self';connect-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';require-trusted-types-for 'script';trusted-types 'none'",
    );
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    expect(headers["strict-transport-security"]).toBeUndefined();
    expect((await http.app.inject("/page.css")).headers["content-type"]).toBe("text/css; charset=utf-8");
  });
});

describe("/config", () => {
  const settings = [
    aSetting("restarts.threshold", 5, { variable: "RESTART_THRESHOLD", source: "default" }),
    aSetting("cluster.token", true, { secret: true, source: "environment", where: "OPENSHIFT_TOKEN" }),
  ];

  it("is a page, and the same as data for who asks for JSON", async () => {
    await using app = await startHttpApp({}, { configView: () => ({ settings }) });
    const page = (await app.app.inject("/config")).body;
    expect(page).toMatch(/restarts.*RESTART_THRESHOLD.*<code>5<\/code>.*default/s);
    expect(page).toMatch(/token.*<em>set<\/em>.*OPENSHIFT_TOKEN/s);
    const data = await app.app.inject({ url: "/config", headers: { accept: "application/json" } });
    expect(data.json().settings[0]).toMatchObject({ key: "restarts.threshold", value: 5, source: "default" });
    const browser = await app.app.inject({ url: "/config", headers: { accept: "text/html,application/json;q=0.9" } });
    expect(browser.headers["content-type"]).toMatch(/^text\/html/);
  });
});

describe("/badge.svg", () => {
  it.each`
    state                       | says
    ${"nothing fires"}          | ${"pods: all normal"}
    ${"something fails"}        | ${"pods: 1 failing"}
    ${"a namespace is unknown"} | ${"pods: unknown"}
  `("says $says when $state", async ({ state, says }) => {
    if (state === "something fails") http.raise(anAlert());
    if (state === "a namespace is unknown") http.live.watch(healthOf("pay", { state: "stale" }));
    const badge = await http.app.inject("/badge.svg");
    expect(badge.headers["content-type"]).toMatch(/^image\/svg\+xml/);
    expect(badge.body).toContain(`<title>${says}</title>`);
  });
});

describe("probes", () => {
  it("are well when every permitted namespace was read once and the state can be written", async () => {
    http.live.watch(healthOf("pay", { state: "forbidden" }));
    for (const probe of ["/livez", "/readyz", "/startupz"]) {
      const answer = await http.app.inject(probe);
      expect([probe, answer.statusCode, answer.body]).toEqual([probe, 200, "ok\n"]);
    }
  });

  it("say why they are not; being alive depends on nothing", async () => {
    http.live.watch(healthOf("pay", { state: "syncing" }));
    http.store.unwritable = "database or disk is full";
    started = false;
    const ready = await http.app.inject("/readyz");
    expect([ready.statusCode, ready.body]).toEqual([
      503,
      "not ok\n- the stored state is still loading\n- 1 of 2 namespaces have not been synced yet\n- the state cannot be written: see the log and /api/v1/health\n",
    ]);
    commitProblem = "disk I/O error";
    expect(await body("/readyz")).toContain("- the state cannot be written: see the log and /api/v1/health\n");
    expect((await http.app.inject("/startupz")).statusCode).toBe(503);
    expect((await http.app.inject("/livez")).statusCode).toBe(200);
  });

  it.each([
    ["refused", "unauthenticated"],
    ["out of sync", "stale"],
    ["refused by the role", "forbidden"],
    ["gone", "missing"],
  ] as const)("are not ready while every namespace is %s, and alive", async (_what, state) => {
    for (const { namespace } of http.live.source.health()) {
      http.live.watch(healthOf(namespace, { state, lastSyncedAt: 0 }));
    }
    const ready = await http.app.inject("/readyz");
    expect([ready.statusCode, ready.body]).toEqual([
      503,
      "not ok\n- no watched namespace can be seen now: see the page or /api/v1/health\n",
    ]);
    for (const probe of ["/livez", "/startupz"]) expect((await http.app.inject(probe)).statusCode).toBe(200);
    http.live.watch(healthOf("shop", { lastSyncedAt: 0, syncedSince: 0 }));
    expect((await http.app.inject("/readyz")).statusCode).toBe(200);
  });

  it("are not ready while there is no namespace to watch", async () => {
    await using app = await startHttpApp({}, { live: createFakeLiveState() });
    const ready = await app.app.inject("/readyz");
    expect([ready.statusCode, ready.body]).toEqual([
      503,
      "not ok\n- there is no namespace to watch: see the page or /api/v1/health\n",
    ]);
  });

  it("are not well before it is known what to watch", async () => {
    await using app = await startHttpApp({}, { namespacesKnown: () => false });
    const ready = await app.app.inject("/readyz");
    expect([ready.statusCode, ready.body]).toEqual([503, "not ok\n- namespace discovery has not completed yet\n"]);
    expect((await app.app.inject("/startupz")).statusCode).toBe(200);
  });
});

describe("/metrics", () => {
  it("covers namespaces, alerts, terminations, the store and consumers", async () => {
    http.live.watch(
      healthOf("pay", {
        state: "stale",
        syncs: { start: 1, expired: 2 },
        reconnects: { timeout: 7 },
        refusals: { "403": 3 },
        decodeErrors: 4,
        gaps: [{ from: NOW, to: undefined, cause: "reset" }],
      }),
    );
    http.raise(anAlert());
    http.live.terminated({
      namespace: "shop",
      workload: "Deployment/checkout",
      container: "app",
      reason: "OOMKilled",
      count: 9,
    });
    await http.app.inject("/pod-restart-alerts");
    const lines = (await body("/metrics")).split("\n");
    for (const line of [
      `pod_watcher_build_info{version="1.2.3"} 1`,
      `pod_watcher_namespace_synced{namespace="pay"} 0`,
      `pod_watcher_namespace_synced{namespace="shop"} 1`,
      `pod_watcher_namespace_pods{namespace="shop"} 2`,
      `pod_watcher_namespace_open_gap{namespace="pay"} 1`,
      `pod_watcher_namespace_state{namespace="pay",state="stale"} 1`,
      `pod_watcher_namespace_state{namespace="pay",state="live"} 0`,
      `pod_watcher_watch_syncs_total{namespace="pay",cause="expired"} 2`,
      `pod_watcher_watch_reconnects_total{namespace="pay",cause="timeout"} 7`,
      `pod_watcher_watch_refusals_total{namespace="pay",status="403"} 3`,
      `pod_watcher_watch_decode_errors_total{namespace="pay"} 4`,
      `pod_watcher_alerts{alertname="PodCrashLooping",namespace="shop",severity="critical",state="firing"} 1`,
      `pod_watcher_alerts_firing{alertname="PodCrashLooping"} 1`,
      `pod_watcher_alerts_firing{alertname="PodNotReady"} 0`,
      `pod_watcher_container_terminations_total{namespace="shop",workload="Deployment/checkout",container="app",reason="OOMKilled"} 9`,
      `pod_watcher_store_bytes ${await http.store.size()}`,
      `pod_watcher_consumer_last_sequence{consumer="default"} 1`,
    ]) {
      expect(lines).toContain(line);
    }
  });

  it("names every metric after the program and helps with each", async () => {
    const lines = (await body("/metrics")).split("\n").filter((line) => line !== "");
    const named = lines.filter((line) => !line.startsWith("#")).map((line) => /^[a-zA-Z0-9_:]+/.exec(line)![0]);
    expect(named.filter((name) => !name.startsWith("pod_watcher_"))).toEqual([]);
    const types = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]);
    const helps = lines.filter((line) => /^# HELP \S+ .{10}/.test(line)).map((line) => line.split(" ")[2]);
    expect(helps).toEqual(types);
  });
});

describe("errors", () => {
  it("are problem details without a stack trace; the log has the cause under the request's id", async () => {
    http.store.deliveries.confirmedDeliveries = async () =>
      Promise.reject(new Error("SQLITE_IOERR at /var/tmp/secret"));
    const answer = await http.app.inject("/status");
    expect(answer.statusCode).toBe(500);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.body).not.toMatch(/SQLITE|secret|\.ts/);
    expect(http.log).toContainEqual(
      expect.objectContaining({ event: "request_failed", requestId: answer.json().requestId, route: "/status" }),
    );
  });

  it.each(["/nowhere", "/events", "/%00", "/..%2f..%2fetc/passwd", "/status/"])("answers 404 for %s", async (url) => {
    const answer = await http.app.inject(url);
    expect([answer.statusCode, answer.json().title]).toEqual([404, "Not Found"]);
  });

  it("answers 400 for a path that is not well-formed", async () => {
    const answer = await http.app.inject("/events/%E0%A4%A");
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
  });
});
