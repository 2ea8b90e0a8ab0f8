import { describe, expect, it } from "vitest";
import { makeAlert } from "../../test/support/batches.ts";
import {
  makeNotification,
  makeRichNotification,
  makeStormNotification,
  NOON,
} from "../../test/support/notifications.ts";
import { representatives } from "../core/incident/notified-causes.ts";
import { evidenceOf, toMessage } from "./message.ts";
import { lastLines, shorten } from "./receivers/shorten.ts";

const options = {
  publicUrl: "https://watcher.example/pods/",
  consoleUrl: "https://console.example",
  cli: "oc",
} as const;

describe("toMessage", () => {
  it.each([
    [
      makeNotification(),
      "Critical, firing: Deployment/checkout in shop: Keeps crashing, since 2026-11-22 11:41:56 UTC",
    ],
    [
      makeRichNotification(),
      "Critical, firing: Deployment/checkout in shop: Out of memory (exit 137), 2 pods, since 2026-11-22 11:41:56 UTC",
    ],
    [
      makeNotification({ status: "resolved", alerts: [makeAlert({ firedAt: NOON, resolvedAt: NOON + 1 })] }),
      "Resolved, was critical: Deployment/checkout in shop: PodCrashLooping, after 1 ms",
    ],
    [
      makeNotification({
        alerts: ["a", "b", "c"].map((name) =>
          makeAlert({ alertname: "PodRestartingTooOften", pod: name, workload: `Deployment/${name}`, firedAt: NOON }),
        ),
      }),
      "Warning, firing: 3 workloads in shop: Restarts too often, 3 pods, since 2026-11-22 11:41:56 UTC",
    ],
    [
      makeNotification({
        alerts: [makeAlert({ firedAt: NOON }), makeAlert({ firedAt: NOON - 60_000, namespace: "bank" })],
      }),
      "Critical, firing: Deployment/checkout in shop and bank: Keeps crashing, 2 pods, since 2026-11-22 11:40:56 UTC",
    ],
    [makeNotification({ alerts: [] }), "Firing: PodCrashLooping, shop, Deployment/checkout"],
    [makeNotification({ alerts: [], status: "resolved" }), "Resolved: PodCrashLooping, shop, Deployment/checkout"],
  ])("has a title with subject, alert and start (%#)", (notification, title) => {
    expect(toMessage(notification, options).title).toBe(title);
  });

  it("names the namespace if no workload is concerned", () => {
    const { workload: _, pod: __, container: ___, ...labels } = makeAlert().labels;
    const alert = { ...makeAlert({ firedAt: NOON }), labels: { ...labels, alertname: "NamespaceNotWatched" as const } };
    const message = toMessage(makeNotification({ alerts: [alert] }), options);
    expect(message.title).toMatch(/^Critical, firing: namespace shop: Is not watched/);
    expect(message.causes[0]?.command).toBe("oc -n shop get pods");
    expect(message.causes[0]?.links.map(({ url }) => url)).toEqual([
      "https://watcher.example/pods/?open=shop%2FNamespace%2Fshop",
      "https://watcher.example/pods/?open=shop%2FNamespace%2Fshop&do=ack",
      "https://watcher.example/pods/?open=shop%2FNamespace%2Fshop&do=silence&for=1h",
      "https://console.example/k8s/ns/shop/pods",
    ]);
  });

  it("has one block for each cause, with facts, log, links and a command", () => {
    const message = toMessage(makeRichNotification(), options);
    expect(message.causes.map(({ heading }) => heading)).toEqual([
      "Critical, firing: Deployment/checkout in shop",
      "Resolved, was critical: Deployment/checkout in shop",
    ]);
    const [cause, over] = message.causes;
    expect(Object.fromEntries(cause!.facts.map(({ label, value }) => [label, value]))).toEqual({
      "Failing since": "2026-11-22 11:41:56 UTC",
      Pods: "2: checkout-65f56cb97f-8p8z2, checkout-65f56cb97f-k2nvx",
      Container: "app",
      Node: "worker-2",
      Reason: "CrashLoopBackOff",
      "Last exit": "out of memory (OOMKilled, exit 137)",
      Restarts: "4 restarts in 80 s",
      Image: "registry.example/shop/checkout:2.4.1",
      Alert: "PodCrashLooping",
    });
    const incident = "https://watcher.example/pods/?open=shop%2FDeployment%2Fcheckout";
    expect(cause?.links).toEqual([
      { text: "Open the incident", url: incident },
      { text: "Acknowledge", url: `${incident}&do=ack` },
      { text: "Silence for 1 h", url: `${incident}&do=silence&for=1h` },
      { text: "Console", url: "https://console.example/k8s/ns/shop/pods/checkout-65f56cb97f-8p8z2" },
    ]);
    expect(cause?.acknowledgedBy).toBe("eva (1 of 2 alerts)");
    expect(cause?.command).toBe("oc -n shop logs checkout-65f56cb97f-8p8z2 -c app --previous");
    expect(cause?.log).toHaveLength(2);
    expect(over).toMatchObject({ severity: "resolved", log: [], events: [], change: undefined });
    expect(over?.links.map(({ text }) => text)).toEqual(["Open the incident", "Console"]);
    expect(toMessage(makeRichNotification(), { cli: "kubectl" }).causes[0]?.links).toEqual([]);
  });

  it("is one block for 200 pods with one cause, and counts those that are not listed", () => {
    const storm = makeStormNotification();
    const alerts = representatives(storm.alerts, 50);
    const podsByCause = { "firing shop/Deployment/checkout PodCrashLooping app": 200, other: 3, another: 1 };
    const message = toMessage({ ...storm, alerts, podsByCause, truncatedAlerts: 150 }, options);
    expect(message.causes).toHaveLength(2);
    expect(message.causes[0]?.facts.find(({ label }) => label === "Pods")?.value).toMatch(
      /^200: checkout-\S+, checkout-\S+, checkout-\S+ and 197 more$/,
    );
    expect(message.title).toContain(", 205 pods, since");
    expect(message).toMatchObject({ moreCauses: 1, moreAlerts: 0 });
  });

  it("has the start of the incident, the rollout and the number of pods", () => {
    const rollout = {
      kind: "rollout",
      at: NOON - 60_000,
      revision: "65f56cb97f",
      previousRevision: "5d4f8c7b66",
      effect: "only-new-fails",
    } as const;
    const incidents = { "shop/Deployment/checkout": { since: NOON - 3_600_000, pods: 4, rollout } };
    const message = toMessage(makeRichNotification({ incidents }), options);
    expect(message.title).toMatch(/since 2026-11-22 10:41:56 UTC$/);
    expect(message.causes[0]?.why).toContain("2 of 4 pods");
    expect(message.causes[0]?.change).toBe(
      "Revision 65f56cb97f, rolled out 2026-11-22 11:40:56 UTC. Only this revision fails. Previously: revision 5d4f8c7b66.",
    );
  });

  it("has the severity of its firing causes, in the title and as its colour", () => {
    const warning = makeAlert({ alertname: "PodRestartingTooOften", pod: "a", workload: "Deployment/a" });
    const critical = makeAlert({ pod: "b", workload: "Deployment/b", resolvedAt: 1 });
    const message = toMessage(makeNotification({ alerts: [critical, warning] }), options);
    expect(message.severity).toBe("warning");
    expect(message.title).toMatch(/^Warning, firing: Deployment\/a in shop/);
    const both = toMessage(makeNotification({ alerts: [warning, makeAlert({ pod: "b" })] }), options);
    expect([both.severity, both.title.slice(0, 16)]).toEqual(["critical", "Critical, firing"]);
  });

  it("falls back to the evidence that is kept with the alert, and to warnings only", () => {
    const event = { reason: "Unhealthy", message: "probe failed", count: 2, at: 1 };
    const events = [event, { ...event, reason: "Pulled" }, { ...event, reason: "FailedMount", count: 1 }];
    const log = ["1", "2", "3", "4", "5", "6"];
    const alert = { ...makeAlert(), evidence: { podUid: "u", finalizers: [], events, log } };
    expect(evidenceOf(alert)).toEqual({
      log: ["2", "3", "4", "5", "6"],
      events: ["Unhealthy: probe failed (2 times)", "FailedMount: probe failed"],
    });
  });
});

describe("shorten", () => {
  it("truncates between characters and marks it", () => {
    expect(shorten("abc", 3)).toBe("abc");
    expect(shorten("abcd", 3)).toBe("ab…");
    expect(shorten("a💥b", 3)).toBe("a…");
  });
});

describe("lastLines", () => {
  it("keeps the end", () => {
    expect(lastLines(["one", "two"], 100)).toBe("one\ntwo");
    expect(lastLines(["one", "two", "three"], 12)).toBe("…\ntwo\nthree");
    expect(lastLines(["x".repeat(20)], 10)).toBe("…\nxxxxxxx…");
    expect(lastLines([], 10)).toBe("");
  });
});
