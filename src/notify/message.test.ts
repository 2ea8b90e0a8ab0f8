import { describe, expect, it } from "vitest";
import { makeAlert } from "../../test/support/batches.ts";
import { makeNotification, makeRichNotification, NOON } from "../../test/support/notifications.ts";
import { toMessage } from "./message.ts";
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
      "Failure: Deployment/checkout in shop: PodCrashLooping (Error), since 2026-11-22 11:41:56 UTC",
    ],
    [
      makeRichNotification(),
      "Failure: Deployment/checkout in shop: PodCrashLooping (CrashLoopBackOff), 4 pods, since 2026-11-22 11:41:56 UTC",
    ],
    [
      makeNotification({ status: "resolved", alerts: [makeAlert({ firedAt: NOON, resolvedAt: NOON + 1 })] }),
      "Resolved: Deployment/checkout in shop: PodCrashLooping (Error)",
    ],
    [
      makeNotification({
        alerts: ["a", "b", "c"].map((name) =>
          makeAlert({ alertname: "PodRestartingTooOften", pod: name, workload: `Deployment/${name}`, firedAt: NOON }),
        ),
      }),
      "Warning: 3 workloads in shop: PodRestartingTooOften (Error), 3 pods, since 2026-11-22 11:41:56 UTC",
    ],
    [
      makeNotification({
        alerts: [makeAlert({ firedAt: NOON }), makeAlert({ firedAt: NOON - 60_000, namespace: "bank" })],
      }),
      "Failure: Deployment/checkout in shop and bank: PodCrashLooping (Error), since 2026-11-22 11:40:56 UTC",
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
    expect(message.title).toMatch(/^Failure: namespace shop: NamespaceNotWatched/);
    expect(message.command).toBe("oc -n shop get pods");
    expect(message.links.map(({ url }) => url)).toEqual([
      "https://watcher.example/pods/?open=shop",
      "https://console.example/k8s/ns/shop/pods",
    ]);
  });

  it("has facts, links and a command for further investigation", () => {
    const message = toMessage(makeRichNotification(), options);
    expect(Object.fromEntries(message.facts.map(({ label, value }) => [label, value]))).toMatchObject({
      Reason: "CrashLoopBackOff",
      "Last exit": "out of memory (OOMKilled, exit 137)",
      Restarts: "4 restarts in 80 s",
      Node: "worker-2",
    });
    expect(message.links).toEqual([
      { text: "Pod Watcher", url: "https://watcher.example/pods/?open=shop%2Fcheckout-65f56cb97f-8p8z2%2Fapp" },
      { text: "Console: pod", url: "https://console.example/k8s/ns/shop/pods/checkout-65f56cb97f-8p8z2" },
      { text: "Console: logs", url: "https://console.example/k8s/ns/shop/pods/checkout-65f56cb97f-8p8z2/logs" },
    ]);
    expect(message.command).toBe("oc -n shop logs checkout-65f56cb97f-8p8z2 -c app --previous");
    expect(message.alerts[0]?.log).toHaveLength(2);
    expect(toMessage(makeRichNotification(), { cli: "kubectl" }).links).toEqual([]);
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
