import { beforeEach, describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "../../src/core/model/time.ts";
import { anAlert } from "../support/alerts.ts";
import { type HttpApp, startHttpApp } from "../support/http-app.ts";
import { aPod, aTermination, crashLooping, running } from "../support/pods.ts";
import { healthOf } from "../support/scripted-pod-source.ts";

/** 2026-11-22T11:40:00Z is 06:40 in New York, the zone that these tests give. */
const NOW = Date.UTC(2026, 10, 22, 11, 40);
const at = (minute: number, second = 0) => Date.UTC(2026, 10, 22, 11, minute, second);

let http: HttpApp;
beforeEach(async () => {
  http = await startHttpApp();
  http.clock.jump(NOW - http.clock.now());
  http.live.watch(healthOf("shop", { pods: 1, syncedSince: at(0), lastSyncedAt: NOW }));
  return () => http[Symbol.asyncDispose]();
});

function seeCheckout() {
  const looping = crashLooping("app", {
    restartCount: 5,
    lastTerminated: aTermination({ startedAt: at(32, 41), finishedAt: at(32, 51) }),
  });
  const pod = aPod({
    name: "checkout-65f56cb97f-qvclh",
    createdAt: at(26, 25),
    startedAt: at(26, 25),
    workload: { kind: "Deployment", name: "checkout" },
    containers: [running("proxy", { startedAt: at(26, 30) }), looping],
  });
  http.live.see(pod);
  http.live.remember({
    uid: pod.uid,
    namespace: "shop",
    pod: pod.name,
    containers: {
      app: {
        restartCount: 5,
        containerID: undefined,
        lastTerminationId: undefined,
        restarts: [
          { at: NOW - 61 * MINUTE, reason: "Error", exitCode: 1, inferred: false },
          { at: at(32, 51), reason: "Error", exitCode: 1, inferred: false },
        ],
        recentCrashes: [],
        crashLoopingSince: undefined,
        oomKilledAt: undefined,
      },
    },
  });
  return { pod, alert: anAlert({ labels: { pod: pod.name }, sources: [pod.uid], subject: { podUid: pod.uid } }) };
}

const get = async (url: string) => (await http.app.inject(url)).json();

describe("GET /status", () => {
  it("has exactly the fields, types and formats that callers of the Python program know", async () => {
    http.raise(seeCheckout().alert);
    const { config, namespaces } = await get("/status");
    expect(config).toEqual({
      host: "api.example:6443",
      namespace: "shop",
      pageRefreshSeconds: 60,
      timeframe: 60,
      threshold: 3,
    });
    expect(namespaces).toHaveLength(1);
    expect(namespaces[0]).toMatchObject({ namespace: "shop", state: "live", syncedSince: "11/22/2026-06:00:00" });
    expect(namespaces[0].pods).toEqual([
      expect.objectContaining({ podName: "proxy", alertStatus: "None", totalRestartCount: 0, restarts: [] }),
      {
        alertStatus: "Failure",
        podName: "app",
        podLongName: "checkout-65f56cb97f-qvclh",
        namespace: "shop",
        totalRestartCount: 5,
        currentRestarts: 1,
        restarts: ["2026-11-22T11:32:51Z"],
        restartsLocal: ["11/22/2026-06:32:51"],
        startTime: "11/22/2026-06:26:25",
        lastUpdateTime: "11/22/2026-06:32:51",
        state: {
          waiting: { reason: "CrashLoopBackOff", message: "back-off 1m20s restarting failed container=app" },
        },
        workload: "Deployment/checkout",
        containerType: "main",
      },
    ]);
  });

  it("gives states and their times as Kubernetes does", async () => {
    const ended = { name: "terminated", ...aTermination({ startedAt: at(1), finishedAt: at(2), signal: 9 }) } as const;
    http.live.see(
      aPod({
        containers: [
          running("a", { startedAt: at(3) }),
          running("b", { state: ended }),
          running("c", { state: { name: "unknown" } }),
        ],
      }),
    );
    const { namespaces } = await get("/status");
    expect(namespaces[0].pods.map(({ state }: { state: unknown }) => state)).toEqual([
      { running: { startedAt: "2026-11-22T11:03:00Z" } },
      {
        terminated: {
          exitCode: 1,
          signal: 9,
          reason: "Error",
          startedAt: "2026-11-22T11:01:00Z",
          finishedAt: "2026-11-22T11:02:00Z",
        },
      },
      {},
    ]);
  });

  it("keeps replicas with the same container name apart, and lists every watched namespace", async () => {
    http.live.watch(healthOf("secret", { state: "forbidden" }));
    http.live.see(aPod({ name: "web-1" }), aPod({ name: "web-0" }));
    const { config, namespaces } = await get("/status");
    expect(config.namespace).toBe("secret,shop");
    expect(namespaces[0]).toMatchObject({ namespace: "secret", pods: [], state: "forbidden", syncedSince: "" });
    expect(namespaces[1].pods.map((one: { podLongName: string }) => one.podLongName)).toEqual(["web-0", "web-1"]);
  });

  it("shows Sent after the alert was delivered", async () => {
    http.raise(seeCheckout().alert);
    await get("/pod-restart-alerts");
    const { namespaces } = await get("/status");
    expect(namespaces[0].pods.map((one: { alertStatus: string }) => one.alertStatus)).toEqual(["None", "Sent"]);
  });
});

it("counts restarts from zero after a delivery, as the Python program did", async () => {
  const { pod, alert } = seeCheckout();
  http.raise(alert);
  const counts = async () =>
    (await get("/status")).namespaces[0].pods.map((one: { currentRestarts: number }) => one.currentRestarts);
  expect(await counts()).toEqual([0, 1]);
  expect(await get("/pod-restart-alerts")).toEqual([expect.objectContaining({ currentRestarts: 1 })]);
  expect(await counts()).toEqual([0, 0]);
  const history = http.live.history(pod.uid)!;
  const app = history.containers.app!;
  // Its run ended before the delivery, and the restart was counted after it.
  const late = { at: at(39, 59), countedAt: NOW + 1, reason: "Error", exitCode: 1, inferred: false };
  http.live.remember({ ...history, containers: { app: { ...app, restarts: [...app.restarts, late] } } });
  expect(await counts()).toEqual([0, 1]);
  expect((await get("/pod-restart-alerts?consumer=another&peek=true"))[0].currentRestarts).toBe(2);
});

describe("GET /pod-restart-alerts", () => {
  it("delivers every due alert once, then nothing", async () => {
    http.raise(seeCheckout().alert);
    const first = await get("/pod-restart-alerts");
    expect(first).toEqual([
      expect.objectContaining({
        alertStatus: "Failure",
        podName: "app",
        podLongName: "checkout-65f56cb97f-qvclh",
        currentRestarts: 1,
        restartsLocal: ["11/22/2026-06:32:51"],
        alertname: "PodCrashLooping",
        sequence: 1,
        delivery: 1,
        Events: [],
      }),
    ]);
    expect(await get("/pod-restart-alerts")).toEqual([]);
  });

  it("gives each consumer its own cursor", async () => {
    http.raise(seeCheckout().alert);
    expect(await get("/pod-restart-alerts?consumer=a")).toHaveLength(1);
    expect(await get("/pod-restart-alerts?consumer=b")).toHaveLength(1);
    expect(await get("/pod-restart-alerts?consumer=a")).toEqual([]);
  });

  it("does the same for POST", async () => {
    http.raise(seeCheckout().alert);
    const answer = await http.app.inject({ method: "POST", url: "/pod-restart-alerts" });
    expect([answer.statusCode, answer.json().length]).toEqual([200, 1]);
    expect(await get("/pod-restart-alerts")).toEqual([]);
  });

  it.each`
    what                 | request
    ${"a peek"}          | ${{ url: "/pod-restart-alerts?peek=true" }}
    ${"HEAD"}            | ${{ method: "HEAD", url: "/pod-restart-alerts" }}
    ${"a prefetch"}      | ${{ url: "/pod-restart-alerts", headers: { "sec-purpose": "prefetch;prerender" } }}
    ${"an old prefetch"} | ${{ url: "/pod-restart-alerts", headers: { purpose: "prefetch" } }}
  `("takes nothing for $what", async ({ request }) => {
    http.raise(seeCheckout().alert);
    const answer = await http.app.inject(request);
    expect(answer.statusCode).toBe(200);
    if (request.method !== "HEAD") expect(answer.json()).toHaveLength(1);
    expect(await http.store.deliveries.consumers()).toMatchObject([{ name: "default", lastSequence: 0 }]);
    expect(await get("/pod-restart-alerts")).toHaveLength(1);
  });

  it("claims with a lease without marking, and delivers again with a higher delivery after the lease", async () => {
    http.raise(seeCheckout().alert);
    const [first] = await get("/pod-restart-alerts?lease=30s");
    expect(first).toMatchObject({ delivery: 1, leaseUntil: "2026-11-22T11:40:30Z" });
    expect(await get("/pod-restart-alerts?lease=30s")).toEqual([]);
    await http.clock.advance(30 * SECOND);
    const [second] = await get("/pod-restart-alerts?lease=30s");
    expect(second).toMatchObject({ id: first.id, sequence: first.sequence, delivery: 2 });
  });

  it("delivers an alert whose pod is deleted, from the data of the alert", async () => {
    const restarts = [{ at: at(20), reason: "OOMKilled", exitCode: 137, inferred: false }];
    const container = {
      name: "app",
      type: "main",
      image: "app:1",
      restartCount: 7,
      restarts,
      state: { name: "waiting", reason: "CrashLoopBackOff", message: undefined },
    } as const;
    http.raise(anAlert({ subject: { podUid: "gone", podStartedAt: at(5), container } }));
    expect(await get("/pod-restart-alerts")).toEqual([
      expect.objectContaining({
        alertStatus: "Failure",
        podName: "app",
        podLongName: "checkout-0",
        totalRestartCount: 7,
        currentRestarts: 1,
        restarts: ["2026-11-22T11:20:00Z"],
        startTime: "11/22/2026-06:05:00",
        state: { waiting: { reason: "CrashLoopBackOff" } },
      }),
    ]);
  });

  it("does not confuse a recreated pod with the failed one of the same name", async () => {
    const { pod } = seeCheckout();
    http.live.see({ ...pod, uid: "another", containers: [running("app")] });
    http.live.remove(pod.uid);
    http.raise(anAlert({ labels: { pod: pod.name }, subject: { podUid: pod.uid } }));
    const [delivered] = await get("/pod-restart-alerts");
    expect(delivered).toMatchObject({ podLongName: pod.name, podName: "app", state: {}, totalRestartCount: 0 });
  });

  it("delivers alerts of workloads and namespaces in the same shape, with empty fields", async () => {
    const { pod: _, container: __, ...labels } = anAlert().labels;
    const notWatched = {
      ...anAlert({ subject: {}, sources: ["namespace:shop"] }),
      labels: { ...labels, alertname: "NamespaceNotWatched" as const },
    };
    http.raise(notWatched);
    const [delivered] = await get("/pod-restart-alerts");
    expect(delivered).toMatchObject({
      alertStatus: "Failure",
      alertname: "NamespaceNotWatched",
      podName: "",
      podLongName: "",
      namespace: "shop",
      totalRestartCount: 0,
      currentRestarts: 0,
      restarts: [],
      restartsLocal: [],
      startTime: "",
      state: {},
    });
  });

  it("adds the pod's events, asked for by UID, with the local time of their last happening", async () => {
    const { pod, alert } = seeCheckout();
    const asked: unknown[] = [];
    http.evidence.events = async (...question) => {
      asked.push(question);
      return [
        { reason: "BackOff", lastTimestamp: "2026-11-22T11:39:00Z" },
        { reason: "Pulled", lastTimestamp: null, series: { lastObservedTime: "2026-11-22T11:38:00.123456Z" } },
        { reason: "Created", lastTimestamp: null, eventTime: "2026-11-22T11:37:00.000000Z" },
        { reason: "Scheduled", firstTimestamp: "2026-11-22T11:36:00Z" },
        { reason: "Odd" },
      ];
    };
    http.raise(alert);
    const [delivered] = await get("/pod-restart-alerts");
    expect(asked).toEqual([["shop", { name: pod.name, uid: pod.uid }]]);
    expect(delivered.Events.map((event: { localizedTime: string }) => event.localizedTime)).toEqual([
      "11/22/2026-06:39:00",
      "11/22/2026-06:38:00",
      "11/22/2026-06:37:00",
      "11/22/2026-06:36:00",
      "",
    ]);
  });

  it("delivers without events if the API server refuses or is slow", async () => {
    const { alert } = seeCheckout();
    http.evidence.events = async () => Promise.reject(new Error("events is forbidden"));
    http.raise(alert);
    expect(await get("/pod-restart-alerts")).toEqual([
      expect.objectContaining({ Events: [], eventsUnavailable: "events is forbidden" }),
    ]);

    http.evidence.events = () => new Promise(() => {});
    const slow = http.app.inject("/pod-restart-alerts?consumer=patient");
    await http.clock.settle();
    await http.clock.advance(8 * SECOND);
    expect((await slow).json()).toEqual([
      expect.objectContaining({ Events: [], eventsUnavailable: "Kubernetes did not respond in time." }),
    ]);
  });

  it.each`
    query                     | says
    ${"consumer=a%20b"}       | ${"A consumer name has"}
    ${"consumer="}            | ${"A consumer name has"}
    ${"wait=soon"}            | ${"wait must be a length of time from 0s to 300s, such as 30s."}
    ${"wait=1h"}              | ${"wait must be a length of time"}
    ${"lease=2h"}             | ${"lease must be a length of time from 1s to 3600s"}
    ${"lease=0"}              | ${"lease must be a length of time"}
    ${"peek=perhaps"}         | ${"peek"}
    ${"peek=true&peek=false"} | ${"peek"}
    ${"limit=0"}              | ${"limit"}
  `("refuses ?$query and says what would be right", async ({ query, says }) => {
    http.raise(seeCheckout().alert);
    const answer = await http.app.inject(`/pod-restart-alerts?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ type: "about:blank", title: "Bad Request", status: 400 });
    expect(answer.json().detail).toContain(says);
    expect(await http.store.deliveries.consumers()).toMatchObject([{ name: "default", lastSequence: 0 }]);
  });
});

describe("GET /events and /pods", () => {
  it("asks for events of a pod by its UID while the pod is known", async () => {
    const asked: unknown[] = [];
    http.evidence.events = async (...question) => {
      asked.push(question);
      return [{ lastTimestamp: "2026-11-22T11:39:00Z" }];
    };
    http.live.see(aPod());
    expect(await get("/events/shop/checkout-0")).toEqual([
      { lastTimestamp: "2026-11-22T11:39:00Z", localizedTime: "11/22/2026-06:39:00" },
    ]);
    await get("/events/shop/long-gone");
    await get("/events/shop");
    expect(asked).toEqual([
      ["shop", { name: "checkout-0", uid: "uid-of-checkout-0" }],
      ["shop", { name: "long-gone" }],
      ["shop", undefined],
    ]);
  });

  it("gives pods as the port gives them", async () => {
    http.evidence.pods = async (namespace, pod) => [{ metadata: { namespace, name: pod ?? "all" } }];
    expect(await get("/pods/shop")).toEqual([{ metadata: { namespace: "shop", name: "all" } }]);
    expect(await get("/pods/shop/web-0")).toEqual([{ metadata: { namespace: "shop", name: "web-0" } }]);
  });

  it.each(["/events/kube-system", "/events/kube-system/etcd", "/pods/kube-system", "/pods/kube-system/etcd"])(
    "answers 404 for %s, which is not watched",
    async (url) => {
      http.evidence.events = async () => Promise.reject(new Error("never asked"));
      http.evidence.pods = async () => Promise.reject(new Error("never asked"));
      const answer = await http.app.inject(url);
      expect([answer.statusCode, answer.json().detail]).toEqual([
        404,
        "Namespace kube-system does not exist, or you have no permission to see it.",
      ]);
    },
  );

  it("says what Kubernetes said when it refuses", async () => {
    http.evidence.events = async () => Promise.reject(new Error("events is forbidden"));
    const answer = await http.app.inject("/events/shop");
    expect([answer.statusCode, answer.json().detail]).toEqual([
      502,
      "Kubernetes did not return the events of shop: events is forbidden",
    ]);
  });
});
