import { beforeEach, describe, expect, it } from "vitest";
import type { Alert } from "../../src/core/model/alert.ts";
import { HOUR, MINUTE, SECOND } from "../../src/core/model/time.ts";
import { aSetting } from "../support/a-setting.ts";
import { anAlert } from "../support/alerts.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { aPod, aTermination, crashLooping, running } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

const NOW = Date.UTC(2026, 0, 1);

let http: HttpApp;
beforeEach(async () => {
  http = await startHttpApp();
  http.live.watch(healthOf("shop", { pods: 1, syncedSince: NOW, lastSyncedAt: NOW }));
  return () => http[Symbol.asyncDispose]();
});

const get = async (path: string) => (await http.app.inject(`/api/v1/${path}`)).json();
const send = async (method: "POST" | "DELETE", path: string, payload?: object) =>
  http.app.inject({ method, url: `/api/v1/${path}`, ...(payload === undefined ? {} : { payload }) });

/** A firing alert of its own pod; the higher the number, the newer. */
function alertOf(number: number, changes: Parameters<typeof anAlert>[0] = {}) {
  const at = NOW + number * MINUTE;
  const state = { name: "firing", activeAt: at, firedAt: at, lastSeenAt: at } as const;
  return anAlert({ state, ...changes, labels: { pod: `web-${number}`, ...changes.labels } });
}

describe("GET /alerts", () => {
  it("gives alerts with container states as Kubernetes has them, newest first", async () => {
    const container = {
      name: "app",
      type: "main",
      image: "app:1",
      restartCount: 2,
      restarts: [{ at: NOW, reason: "Error", exitCode: 1, inferred: false }],
      state: { name: "running", startedAt: NOW },
    } as const;
    http.raise(alertOf(1), alertOf(2, { subject: { podUid: "u", podStartedAt: NOW, container } }));
    const { entries, next } = await get("alerts");
    expect(next).toBeUndefined();
    expect(entries.map(({ labels }: { labels: { pod: string } }) => labels.pod)).toEqual(["web-2", "web-1"]);
    expect(entries[0]).toMatchObject({
      severity: "critical",
      state: { name: "firing", activeAt: NOW + 2 * MINUTE, firedAt: NOW + 2 * MINUTE },
      subject: {
        podStartedAt: NOW,
        container: {
          restarts: [{ at: NOW, reason: "Error", exitCode: 1, inferred: false }],
          state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
        },
      },
    });
  });

  it.each`
    query                                                         | pods
    ${"severity=warning"}                                         | ${["web-3"]}
    ${"state=pending,resolved"}                                   | ${["web-4"]}
    ${"namespace=pay"}                                            | ${["web-2"]}
    ${"alertname=PodNotReady"}                                    | ${["web-3"]}
    ${"workload=StatefulSet/db"}                                  | ${["web-1"]}
    ${"matcher=pod=web-1"}                                        | ${["web-1"]}
    ${"matcher=pod!=web-1&matcher=workload!=Deployment/checkout"} | ${[]}
    ${"matcher=workload%3DStatefulSet/db"}                        | ${["web-1"]}
  `("filters by $query", async ({ query, pods }) => {
    http.raise(
      alertOf(1, { labels: { workload: "StatefulSet/db" } }),
      alertOf(2, { labels: { namespace: "pay" } }),
      alertOf(3, { severity: "warning", labels: { alertname: "PodNotReady" } }),
      alertOf(4, { state: { name: "resolved", activeAt: NOW, firedAt: NOW, resolvedAt: NOW } }),
    );
    const { entries } = await get(`alerts?${query}`);
    expect(entries.map(({ labels }: { labels: { pod: string } }) => labels.pod)).toEqual(pods);
  });

  it("pages by cursor, each alert once, whatever comes in meanwhile", async () => {
    http.raise(...Array.from({ length: 7 }, (_, number) => alertOf(number)));
    const seen: string[] = [];
    for (let next: string | undefined = ""; next !== undefined; ) {
      const page = await get(`alerts?limit=3${next === "" ? "" : `&cursor=${next}`}`);
      seen.push(...page.entries.map(({ labels }: { labels: { pod: string } }) => labels.pod));
      next = page.next;
      http.raise(alertOf(100 + seen.length));
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((number) => `web-${number}`));
  });

  it.each(["limit=0", "limit=501", "state=broken", "severity=high", "cursor=x", "matcher=pod", "limit=1e9"])(
    "refuses ?%s with the name of what is wrong",
    async (query) => {
      const answer = await http.app.inject(`/api/v1/alerts?${query}`);
      expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
      expect(answer.json().detail).toContain(query.split("=")[0]!);
    },
  );
});

describe("one alert", () => {
  it("has its history, newest first, paged", async () => {
    const alert = alertOf(1);
    http.raise(alert);
    const common = { fingerprint: alert.fingerprint, episode: 1, labels: alert.labels, reason: "so it is" } as const;
    http.store.log({ ...common, at: NOW, from: "inactive", to: "pending" });
    http.store.log({ ...common, at: NOW + MINUTE, from: "pending", to: "firing" });
    const first = await get(`history?alert=${alert.fingerprint}&limit=1`);
    expect(first.entries).toEqual([expect.objectContaining({ to: "firing", at: NOW + MINUTE })]);
    const second = await get(`history?alert=${alert.fingerprint}&limit=1&cursor=${first.next}`);
    expect(second.entries).toEqual([expect.objectContaining({ to: "pending", row: "shop/web-1/app" })]);
  });

  it.each(["alerts/00ff", "history?alert=00ff"])("answers 404 for %s, which does not exist", async (path) => {
    expect((await http.app.inject(`/api/v1/${path}`)).statusCode).toBe(404);
  });

  it("is acknowledged and unacknowledged, with who, when and why", async () => {
    const alert = alertOf(1);
    http.raise(alert);
    const subjects = [{ alert: alert.fingerprint }];
    await send("POST", "acknowledge", { subjects, note: "known", by: "jdoe" });
    const { acknowledgement } = await get(`alerts/${alert.fingerprint}`);
    expect(acknowledgement).toEqual({ by: "jdoe", at: NOW, note: "known", notifyOnWorsening: true });
    await send("POST", "unacknowledge", { subjects });
    expect((await get(`alerts/${alert.fingerprint}`)).acknowledgement).toBeUndefined();
  });

  it("is skipped when it does not exist; a request with unknown members is refused", async () => {
    const unknown = await send("POST", "acknowledge", { subjects: [{ alert: "00ff" }] });
    expect(unknown.json()).toEqual({
      rows: [],
      skipped: [{ subject: "00ff", reason: "It does not exist, or you have no permission to see it." }],
    });
    const wrong = await send("POST", "acknowledge", { subjects: [{ alert: "00ff" }], comment: "x" });
    expect([wrong.statusCode, wrong.json().detail]).toEqual([400, expect.stringContaining("comment")]);
  });
});

describe("consumers", () => {
  it("claim alerts with a lease, confirm them, and release them", async () => {
    http.raise(alertOf(1), alertOf(2));
    const { deliveries } = await get("consumers/pager/alerts");
    expect(deliveries.map(({ sequence }: { sequence: number }) => sequence)).toEqual([1, 2]);
    expect(deliveries[0]).toMatchObject({ delivery: 1, leaseUntil: NOW + MINUTE });
    expect((await get("consumers/pager/alerts")).deliveries).toEqual([]);

    const [first, second] = deliveries.map(({ id }: { id: string }) => id);
    const confirmed = await send("POST", "consumers/pager/ack", { ids: [first, "nonsense"] });
    expect(confirmed.json()).toEqual({ confirmed: [first], unknown: ["nonsense"] });
    await send("POST", "consumers/pager/nack", { ids: [second] });
    const again = (await get("consumers/pager/alerts")).deliveries;
    expect(again).toEqual([expect.objectContaining({ id: second, sequence: 2, delivery: 2 })]);
    expect((await get("consumers")).consumers).toMatchObject([
      { name: "default", lastSequence: 0 },
      { name: "pager", lastSequence: 2, leased: 1 },
    ]);
  });

  it("are refused odd names, and confirmations of nothing", async () => {
    expect((await http.app.inject("/api/v1/consumers/a%20b/alerts")).statusCode).toBe(400);
    expect((await send("POST", "consumers/pager/ack", { ids: [] })).statusCode).toBe(400);
  });
});

describe("GET /state", () => {
  it("has rows, health, rights, the rule", async () => {
    const pod = aPod({
      workload: { kind: "Deployment", name: "checkout" },
      containers: [running("proxy"), crashLooping("app")],
    });
    http.live.see(pod);
    http.raise(anAlert({ sources: [pod.uid] }));
    const state = await get("state");
    expect(state).toMatchObject({
      serverNow: NOW,
      windowMs: HOUR,
      threshold: 3,
      bucketMs: HOUR / 24,
      version: "1.2.3",
      can: { ack: true, silence: true, export: true },
      health: { namespaces: [{ namespace: "shop", state: "live", pods: 1 }], receivers: [], problems: [] },
      cli: "kubectl",
    });
    expect(state.rows).toEqual([
      {
        id: "shop/checkout-0/proxy",
        scope: "container",
        namespace: "shop",
        pod: "checkout-0",
        podUid: pod.uid,
        container: "proxy",
        state: "Normal",
        owner: "Deployment/checkout",
        node: "node-1",
      },
      expect.objectContaining({
        id: "shop/checkout-0/app",
        state: "Failure",
        since: NOW,
        reason: "CrashLoopBackOff",
        alerts: [expect.objectContaining({ name: "PodCrashLooping", severity: "critical", firedAt: NOW })],
      }),
    ]);
  });

  it("has rows for what belongs to no container, and for pods that are gone while their window lasts", async () => {
    const { pod: _, container: __, ...labels } = anAlert().labels;
    const { workload: ___, ...namespaceOnly } = labels;
    http.raise(
      { ...anAlert(), fingerprint: "a1", labels: { ...labels, alertname: "WorkloadCannotCreatePods" } },
      { ...anAlert(), fingerprint: "a2", labels: { ...namespaceOnly, alertname: "WatchStale" } },
      anAlert({
        labels: { pod: "gone" },
        state: { name: "resolved", activeAt: NOW, firedAt: NOW, resolvedAt: NOW },
      }),
    );
    const rows = async () => (await get("state")).rows.map((row: { id: string; scope: string }) => [row.id, row.scope]);
    expect(await rows()).toEqual([
      ["shop/Deployment/checkout", "workload"],
      ["shop", "namespace"],
      ["shop/gone/app", "container"],
    ]);
    expect((await get("state")).rows[2]).toMatchObject({ deletedAt: NOW, state: "Failure" });
    await http.clock.advance(HOUR + 31 * SECOND);
    expect(await rows()).toHaveLength(2);
  });

  it("shows Sent for a notified crash loop even if a warning is added", async () => {
    const pod = aPod();
    http.live.see(pod);
    http.raise(anAlert({ sources: [pod.uid] }));
    await get("state");
    await http.app.inject("/pod-restart-alerts");
    const at = NOW + SECOND;
    http.raise(
      anAlert({
        labels: { alertname: "PodRestartingTooOften" },
        severity: "warning",
        sources: [pod.uid],
        state: { name: "firing", activeAt: at, firedAt: at, lastSeenAt: at },
      }),
    );
    await http.clock.advance(SECOND);
    const [row] = (await get("state")).rows;
    expect(row).toMatchObject({ state: "Sent", since: NOW });
    expect(row.alerts).toHaveLength(2);
  });

  it("says when the state changed last and what it was before, over all episodes of the window", async () => {
    const pod = aPod();
    http.live.see(pod);
    const { fingerprint, labels } = anAlert();
    const logged = { fingerprint, labels, episode: 1, from: "inactive", reason: "" } as const;
    const ago = (minutes: number) => NOW - minutes * MINUTE;
    http.store.log({ ...logged, at: ago(90), to: "firing" }, { ...logged, at: ago(40), to: "resolved" });
    http.raise(
      anAlert({ episode: 2, state: { name: "resolved", activeAt: ago(20), firedAt: ago(20), resolvedAt: ago(10) } }),
    );
    expect((await get("state")).rows[0]).toMatchObject({
      state: "Normal",
      since: ago(10),
      changes: [
        { at: ago(40), from: "Failure", to: "Normal" },
        { at: ago(20), from: "Normal", to: "Failure" },
        { at: ago(10), from: "Failure", to: "Normal" },
      ],
    });
    await http.clock.advance(51 * MINUTE);
    expect((await get("state")).rows[0]).not.toHaveProperty("changes");
    expect((await get("state")).rows[0]).not.toHaveProperty("since");
  });

  it("shows when a deleted pod was deleted, not when its worst alert resolved", async () => {
    const resolved = (alertname: "PodCrashLooping" | "PodRestartingTooOften", resolvedAt: number) =>
      anAlert({
        labels: { alertname },
        severity: alertname === "PodCrashLooping" ? "critical" : "warning",
        state: { name: "resolved", activeAt: NOW - HOUR, firedAt: NOW - HOUR, resolvedAt },
      });
    http.raise(resolved("PodCrashLooping", NOW - 9 * MINUTE), resolved("PodRestartingTooOften", NOW - 5 * MINUTE));
    expect((await get("state")).rows[0].deletedAt).toBe(NOW - 5 * MINUTE);
    http.live.see(aPod());
    await http.clock.advance(MINUTE);
    http.live.remove("uid-of-checkout-0");
    await http.clock.advance(MINUTE);
    expect((await get("state")).rows[0].deletedAt).toBe(NOW + MINUTE);
    http.live.see(aPod());
    await http.clock.advance(MINUTE);
    expect((await get("state")).rows[0]).not.toHaveProperty("deletedAt");
  });

  it("keeps what concerns a workload, a namespace or a whole pod for the window when it is over", async () => {
    http.live.see(aPod());
    const { container: _, ...ofPod } = anAlert().labels;
    const { pod: __, ...ofWorkload } = ofPod;
    const { workload: ___, ...ofNamespace } = ofWorkload;
    const over = (fingerprint: string, labels: Alert["labels"]): Alert => ({
      ...anAlert({ state: { name: "resolved", activeAt: NOW - HOUR, firedAt: NOW - HOUR, resolvedAt: NOW - MINUTE } }),
      fingerprint,
      labels,
    });
    http.raise(over("p", ofPod), over("w", ofWorkload), over("n", ofNamespace));
    const rows = async () => (await get("state")).rows.filter(({ scope }: { scope: string }) => scope !== "container");
    expect(await rows()).toEqual([
      expect.objectContaining({ id: "shop/checkout-0", scope: "pod", state: "Normal", resolvedAt: NOW - MINUTE }),
      expect.objectContaining({
        id: "shop/Deployment/checkout",
        scope: "workload",
        state: "Normal",
        since: NOW - MINUTE,
      }),
      expect.objectContaining({ id: "shop", scope: "namespace", resolvedAt: NOW - MINUTE }),
    ]);
    await http.clock.advance(HOUR);
    expect(await rows()).toEqual([]);
    for (const id of ["shop", "shop%2FDeployment%2Fcheckout", "shop%2Fcheckout-0"]) {
      expect((await get(`containers/${id}`)).row).toMatchObject({ state: "Normal", resolvedAt: NOW - MINUTE });
    }
  });

  it("shows Sent after a delivery, and the consumer", async () => {
    const pod = aPod();
    http.live.see(pod);
    http.raise(
      anAlert({ sources: [pod.uid], acknowledgement: { by: "jdoe", at: NOW, note: "known", notifyOnWorsening: true } }),
    );
    await get("state");
    await http.app.inject("/pod-restart-alerts");
    await http.clock.advance(SECOND);
    expect((await get("state")).rows[0]).toMatchObject({
      state: "Sent",
      ack: { by: "jdoe", at: NOW, note: "known", notifyOnWorsening: true },
    });
  });

  it("shows how long a stale namespace has been unknown", async () => {
    http.live.watch(
      healthOf("pay", { state: "forbidden" }),
      healthOf("db", { state: "stale", lastSyncedAt: NOW - HOUR }),
    );
    const { health } = await get("state");
    expect(health.namespaces).toEqual([
      expect.objectContaining({ namespace: "db", staleSince: NOW - HOUR }),
      expect.objectContaining({ namespace: "pay", staleSince: NOW }),
      expect.not.objectContaining({ staleSince: expect.anything() }),
    ]);
  });

  it("is compressed for who takes it so", async () => {
    http.live.see(...Array.from({ length: 200 }, (_, index) => aPod({ name: `web-${index}` })));
    const plain = await http.app.inject("/api/v1/state");
    const packed = await http.app.inject({ url: "/api/v1/state", headers: { "accept-encoding": "gzip, br" } });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 5);
    expect(plain.json().rows).toHaveLength(200);
  });

  it("says beyond what a silence is asked for twice, and which command line is copied", async () => {
    const confirmSilence = { containers: 3, duration: HOUR };
    await using app = await startHttpApp({ confirmSilence, cli: "oc" });
    const shown = { containers: 3, durationMs: HOUR };
    expect((await app.app.inject("/api/v1/state")).json()).toMatchObject({ confirmSilence: shown, cli: "oc" });
  });

  it("filters, sorts and cuts into pages by itself when there are more than 20,000 rows", async () => {
    http.live.see(
      ...Array.from({ length: 20_001 }, (_, index) => aPod({ name: `web-${String(index).padStart(5, "0")}` })),
    );
    http.raise(anAlert({ labels: { pod: "web-00007" }, sources: ["uid-of-web-00007"] }));
    const problems = await get("state");
    expect(problems.paging).toMatchObject({
      page: 1,
      matching: 1,
      gone: 0,
      total: 20_001,
      unattended: 1,
      change: { Failure: 1, Normal: -1 },
      namespaces: [{ namespace: "shop", counts: { Failure: 1, Normal: 20_000 } }],
    });
    expect(problems.rows).toEqual([expect.objectContaining({ pod: "web-00007" })]);
    const last = await get("state?view=all&page=9999&perPage=200&sort=pod");
    expect(last.paging).toMatchObject({ page: 101, perPage: 200, matching: 20_001 });
    expect(last.rows.map(({ pod }: { pod: string }) => pod)).toEqual(["web-20000"]);
  });
});

describe("GET /state?…, and /state.csv", () => {
  /** Large responses are paged. */
  const crowd = Array.from({ length: 20_000 }, (_, index) => aPod({ namespace: "crowd", name: `web-${index}` }));
  const over = (pod: string) =>
    anAlert({
      labels: { pod },
      state: { name: "resolved", activeAt: NOW - 2 * HOUR, firedAt: NOW - 2 * HOUR, resolvedAt: NOW - MINUTE },
    });
  const acknowledgement = { by: "jdoe", at: NOW, note: "", notifyOnWorsening: true };

  it("counts present and deleted pods separately; the tab's title counts unacknowledged rows", async () => {
    http.live.see(...crowd, aPod({ name: "well" }), aPod({ name: "bad" }), aPod({ name: "taken" }));
    http.raise(
      anAlert({ labels: { pod: "bad" } }),
      anAlert({ labels: { pod: "taken" }, acknowledgement }),
      over("well"),
      over("gone"),
    );
    const { paging, rows } = await get("state?ns=shop");
    expect(rows.map(({ pod }: { pod: string }) => pod)).toEqual(["bad", "taken", "gone"]);
    expect(paging).toMatchObject({
      matching: 3,
      gone: 1,
      total: 20_003,
      unattended: 1,
      // Two more fire, two others have recovered or are deleted.
      change: { Failure: 0, Sent: 0, Warning: 0, Normal: -1 },
    });
    const hidden = await get("state?ns=shop&gone=hide");
    expect(hidden.rows).toHaveLength(2);
    expect(hidden.paging).toMatchObject({ matching: 2, gone: 1, total: 20_003 });
  });

  it("says when the newest restart of all was", async () => {
    const finishedAt = NOW - 3 * HOUR;
    const container = running("app", { restartCount: 1, lastTerminated: aTermination({ finishedAt }) });
    http.live.see(...crowd, aPod({ containers: [container] }));
    expect((await get("state")).paging.lastRestartAt).toBe(finishedAt);
  });

  it("is a spreadsheet of all that matches, where formulas are text", async () => {
    http.live.see(...crowd, aPod({ name: "bad" }));
    http.raise(anAlert({ labels: { pod: "bad" }, annotations: { summary: "=1+1", description: "" } }));
    const all = await http.app.inject("/api/v1/state.csv?view=all&sort=pod");
    expect(all.headers).toMatchObject({
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="pod-watcher.csv"',
    });
    expect(all.body.split("\r\n")).toHaveLength(1 + 20_001 + 1);
    const [header, line, end] = (await http.app.inject("/api/v1/state.csv?q=bad")).body.split("\r\n");
    expect(header).toMatch(/^namespace,pod,container,/);
    expect(line).toMatch(/^shop,bad,app,main,Failure,2026-01-01T00:00:00Z,0,3,.*,'=1\+1$/);
    expect(end).toBe("");
    expect((await http.app.inject("/api/v1/state.csv?view=none")).statusCode).toBe(400);
  });
});

describe("one container", () => {
  const id = "shop%2Fcheckout-0%2Fapp";

  it("has details: siblings, owners, limits, overrides", async () => {
    const workload = { kind: "Deployment", name: "checkout" };
    http.live.see(
      aPod({
        workload,
        owner: { kind: "ReplicaSet", name: "checkout-65f" },
        annotations: { "restart-threshold": "many" },
      }),
      aPod({ name: "checkout-1", workload }),
      aPod({ name: "other-0" }),
    );
    http.evidence.pods = async () => [
      { spec: { containers: [{ name: "app", resources: { limits: { memory: "64Mi" }, requests: { cpu: "50m" } } }] } },
    ];
    const details = await get(`containers/${id}`);
    expect(details).toMatchObject({
      row: { id: "shop/checkout-0/app", state: "Normal" },
      sentence: "No restart within 60 min.",
      owners: [
        { kind: "Pod", name: "checkout-0" },
        { kind: "ReplicaSet", name: "checkout-65f" },
        { kind: "Deployment", name: "checkout" },
      ],
      limits: { memory: "64Mi" },
      requests: { cpu: "50m" },
      siblings: [{ id: "shop/checkout-1/app", pod: "checkout-1", state: "Normal", restartCount: 0 }],
      timeline: { from: NOW - HOUR, to: NOW, threshold: 3, restarts: [], marks: [] },
    });
    expect(details.overrides).toEqual([
      { key: "pod-watcher.io/restart-threshold", value: "many", problem: expect.stringContaining("many") },
    ]);
  });

  it("does without limits when the API server is slow", async () => {
    http.live.see(aPod());
    http.evidence.pods = () => new Promise(() => {});
    await http.app.inject("/api/v1/state");
    const asked = http.app.inject(`/api/v1/containers/${id}`);
    await http.clock.settle();
    await http.clock.advance(2 * SECOND);
    expect((await asked).json()).toMatchObject({ row: { id: "shop/checkout-0/app" } });
  });

  it("has events, with why there are none", async () => {
    http.live.see(aPod());
    http.evidence.events = async () => [
      {
        type: "Warning",
        reason: "BackOff",
        message: "Back-off restarting",
        count: 7,
        firstTimestamp: "2026-01-01T00:00:00Z",
        lastTimestamp: "2026-01-01T00:05:00Z",
        source: { component: "kubelet", host: "node-1" },
      },
    ];
    expect(await get(`containers/${id}/events`)).toEqual({
      events: [
        {
          type: "Warning",
          reason: "BackOff",
          message: "Back-off restarting",
          count: 7,
          firstSeenAt: NOW,
          lastSeenAt: NOW + 5 * MINUTE,
          source: "kubelet, node-1",
        },
      ],
    });
    http.evidence.events = async () => Promise.reject(new Error("events is forbidden"));
    expect(await get(`containers/${id}/events`)).toEqual({ events: [], reason: "events is forbidden" });
  });

  it("returns the end of its log, of the current or the previous run", async () => {
    const asked: unknown[] = [];
    http.evidence.log = async (...question) => {
      asked.push(question);
      return { available: true, lines: ["password=[masked] user=[masked]", "bye"] };
    };
    expect(await get(`containers/${id}/log?previous=true&lines=20`)).toMatchObject({ available: true, masked: 2 });
    expect(asked).toEqual([["shop", "checkout-0", "app", { previous: true, tailLines: 20 }]]);
    http.evidence.log = async () => ({ available: false, reason: "pods/log is forbidden" });
    expect(await get(`containers/${id}/log`)).toMatchObject({ available: false, why: "forbidden" });
    expect((await http.app.inject(`/api/v1/containers/${id}/log?lines=2001`)).statusCode).toBe(400);
  });

  it("has a history of transitions and restarts, newest first", async () => {
    const pod = aPod();
    http.live.see(pod);
    const restarts = [{ at: NOW + MINUTE, reason: "Error", exitCode: 1, inferred: true }];
    http.live.remember({
      uid: pod.uid,
      namespace: "shop",
      pod: pod.name,
      containers: {
        app: {
          restartCount: 1,
          containerID: undefined,
          lastTerminationId: undefined,
          restarts,
          recentCrashes: [],
          crashLoopingSince: undefined,
          oomKilledAt: undefined,
        },
      },
    });
    const { fingerprint, labels } = anAlert();
    const common = { fingerprint, episode: 1, reason: "it crashed" } as const;
    http.store.log({ ...common, labels, at: NOW, from: "inactive", to: "pending" });
    http.store.log({ ...common, labels: { ...labels, container: "proxy" }, at: NOW, from: "inactive", to: "firing" });
    http.store.log({ ...common, labels, at: NOW + 2 * MINUTE, from: "pending", to: "firing" });
    const all = await get(`history?row=${id}`);
    expect(all.entries.map((entry: { kind: string; to?: string }) => entry.to ?? entry.kind)).toEqual([
      "firing",
      "restart",
      "pending",
    ]);
    const first = await get(`history?row=${id}&limit=1`);
    expect(first.entries).toHaveLength(1);
    const rest = await get(`history?row=${id}&cursor=${first.next}`);
    expect(rest.entries.map((entry: { kind: string; to?: string }) => entry.to ?? entry.kind)).toEqual([
      "restart",
      "pending",
    ]);
  });

  it.each(["nowhere%2Fweb%2Fapp", "shop%2Fgone%2Fapp", "a%2Fb%2Fc%2Fd", "..%2F..%2Fetc"])(
    "answers 404 for %s",
    async (other) => {
      expect((await http.app.inject(`/api/v1/containers/${other}`)).statusCode).toBe(404);
    },
  );
});

describe("acknowledging rows", () => {
  it("acknowledges every firing alert of each, and reports those without one", async () => {
    const pod = aPod();
    http.live.see(pod, aPod({ name: "well-0" }));
    http.raise(anAlert({ sources: [pod.uid] }));
    const subjects = ["shop/checkout-0/app", "shop/well-0/app", "shop/no/app"].map((row) => ({ row }));
    const answer = await send("POST", "acknowledge", {
      subjects,
      note: "mine",
    });
    expect(answer.json()).toEqual({
      rows: [
        expect.objectContaining({
          id: "shop/checkout-0/app",
          ack: { by: "anonymous", at: NOW, note: "mine", notifyOnWorsening: true },
        }),
      ],
      skipped: [
        { subject: "shop/well-0/app", reason: "Nothing is firing." },
        { subject: "shop/no/app", reason: "Nothing is firing." },
      ],
    });
    const back = (await send("POST", "unacknowledge", { subjects: subjects.slice(0, 1) })).json();
    expect(back.rows[0].ack).toBeUndefined();
  });
});

describe("health and configuration", () => {
  it("reports problems beyond one namespace, and their start", async () => {
    let unwritten: string | undefined;
    await using app = await startHttpApp(
      {},
      {
        commitProblem: () => unwritten,
        configLoad: () => ({ file: "config.yaml", at: NOW, problems: ["config.yaml:3:1: restart is not a setting"] }),
        problems: () => [{ name: "certificate", message: "The API server's certificate is not verified." }],
      },
    );
    await app.clock.advance(MINUTE);
    unwritten = "the disk is full";
    await app.clock.advance(MINUTE);
    const { health } = (await app.app.inject("/api/v1/state")).json();
    expect(health.problems).toEqual([
      { since: NOW + MINUTE + 5 * SECOND, message: "The state could not be written: the disk is full" },
      { since: NOW, message: expect.stringContaining("config.yaml:3:1: restart is not a setting") },
      { since: NOW, message: "The API server's certificate is not verified." },
    ]);
  });

  it("reports the history of each namespace's watch", async () => {
    const gaps = [{ from: NOW - HOUR, to: NOW, cause: "reset" }];
    http.live.watch(
      healthOf("shop", { syncedSince: NOW, lastSyncedAt: NOW, gaps, syncs: { start: 1 }, refusals: { "410": 2 } }),
    );
    expect(await get("health")).toMatchObject({
      namespaces: [
        { namespace: "shop", syncedSince: NOW, gaps, syncs: { start: 1 }, refusals: { "410": 2 }, differences: 0 },
      ],
      version: "1.2.3",
      node: process.version,
      store: { kind: "sqlite", bytes: await http.store.size(), writable: true },
      queue: { pending: 0, dead: 0 },
      watchLagMs: 0,
      consumers: [{ name: "default", lastSequence: 0 }],
    });
    http.store.unwritable = "disk full";
    await http.clock.advance(5 * SECOND);
    expect((await get("health")).store).toMatchObject({ writable: false, problem: "disk full" });
  });

  it("shows settings by group, no secret and no path of a webhook", async () => {
    await using app = await startHttpApp(
      {},
      {
        configView: () => ({
          settings: [
            aSetting("restarts.threshold", 5),
            aSetting("cluster.token", true, { secret: true, source: "environment", where: "OPENSHIFT_TOKEN" }),
            aSetting("receivers", [{ url: "https://hooks.example/services/T0/B0/topsecret" }]),
            aSetting("overrides.pay.restarts.threshold", 9),
          ],
        }),
      },
    );
    const config = (await app.app.inject("/api/v1/config")).json();
    expect(config.groups.map(({ id }: { id: string }) => id)).toEqual(["watch", "thresholds", "notifications"]);
    expect(config.groups[0].entries).toEqual([
      {
        key: "cluster.token",
        secret: { state: "set" },
        source: { kind: "environment", detail: "OPENSHIFT_TOKEN" },
        description: "What it is for.",
      },
    ]);
    expect(config.overrides).toEqual([{ where: "namespace pay", key: "restarts.threshold", value: "9" }]);
    expect(JSON.stringify(config)).not.toContain("topsecret");
    expect((await app.app.inject("/config")).body).not.toContain("topsecret");
  });
});

describe("the description", () => {
  it("is OpenAPI 3.1 with every call of /api/v1, made from the schemas that validate", async () => {
    const { openapi, paths, components } = await get("openapi.json");
    expect(openapi).toMatch(/^3\.1/);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        "/api/v1/alerts",
        "/api/v1/consumers/{name}/alerts",
        "/api/v1/state",
        "/api/v1/containers/{id}/log",
      ]),
    );
    expect(Object.keys(components.schemas)).toEqual(expect.arrayContaining(["Alert", "Problem", "Delivery"]));
    const limit = paths["/api/v1/alerts"].get.parameters.find(({ name }: { name: string }) => name === "limit");
    expect(limit.schema).toMatchObject({ minimum: 1, maximum: 500, default: 100 });
    for (const path of Object.values<Record<string, { summary?: string }>>(paths)) {
      for (const call of Object.values(path)) expect(call.summary).toBeTruthy();
    }
  });

  it("has a page of its own, from this server alone", async () => {
    const page = await http.app.inject("/api/docs/");
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-security-policy"]).not.toMatch(/unsafe|https:/);
    expect((await http.app.inject("/api/docs/static/swagger-ui.css")).statusCode).toBe(200);
  });
});
