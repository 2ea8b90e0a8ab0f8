/** One cause, one message: inhibit rules and lost nodes, from a committed alert to a receiver. */
import { beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import type { Alert } from "../../src/core/model/alert.ts";
import { HOUR, MINUTE, SECOND } from "../../src/core/model/time.ts";
import { describeInhibition } from "../../src/core/notify/inhibit.ts";
import { parseMatcher } from "../../src/core/notify/matcher.ts";
import { toMessage } from "../../src/notify/message.ts";
import type { Store } from "../../src/ports/store.ts";
import { type AlertOptions, makeAlert } from "../support/batches.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import {
  createPager,
  type Notifications,
  type NotificationsOptions,
  type Pager,
  startNotifications,
} from "../support/notification-pipeline.ts";
import { openQuietly } from "../support/store-engines.ts";

const ROUTE = { receiver: "pager", groupWait: 0, groupInterval: MINUTE, repeatInterval: HOUR } as const;
const RULE = {
  name: "crash-loop",
  sourceMatchers: [parseMatcher('alertname="PodCrashLooping"')],
  targetMatchers: [parseMatcher('severity="warning"')],
  equal: ["namespace", "pod"],
};

let clock: FakeClock;
let store: Store;
let pager: Pager;
let notifications: Notifications;

const start = async (changes: Partial<NotificationsOptions> = {}) => {
  notifications = await startNotifications({
    clock,
    store,
    route: ROUTE,
    receivers: [pager],
    inhibitRules: [RULE],
    ...changes,
  });
};
const alert = (options: AlertOptions = {}) => makeAlert({ firedAt: clock.now(), ...options });
const resolved = (options: AlertOptions = {}) =>
  makeAlert({ firedAt: clock.now() - SECOND, resolvedAt: clock.now(), ...options });
const WARNING = { alertname: "PodRestartingTooOften" } as const;
const reasonFor = (one: Alert) => notifications.dispatcher.explain(one)[0]?.reason;

beforeEach(async () => {
  clock = createFakeClock();
  store = await openQuietly({ kind: "memory" }, clock);
  pager = createPager("pager");
  return async () => {
    await notifications[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
});

describe("an inhibit rule", () => {
  it("keeps a target from being notified while a source fires, and names both", async () => {
    await start();
    const target = alert(WARNING);
    await notifications.commit(target, alert());
    await notifications.advance(HOUR);
    expect(pager.received.flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname))).not.toContain(
      "PodRestartingTooOften",
    );
    expect(reasonFor(target)).toBe("inhibited");
    const inhibition = notifications.inhibitions.of(target);
    expect(inhibition && describeInhibition(inhibition, () => true)).toMatch(
      /^inhibited by PodCrashLooping of Deployment\/checkout, checkout-1, app in shop, firing since .* \(rule crash-loop\)$/,
    );
  });

  it("leaves alerts with another value of an equal label alone", async () => {
    await start();
    await notifications.commit(alert(WARNING), alert({ pod: "checkout-2" }));
    expect(pager.news()).toHaveLength(2);
  });

  it("notifies the targets that still fire when the source resolves", async () => {
    await start();
    await notifications.commit(alert(WARNING), alert());
    expect(pager.news()).toEqual(["first notification: checkout-1"]);
    await notifications.advance(2 * MINUTE);
    await notifications.commit(resolved());
    await notifications.advance(MINUTE);
    expect(pager.news().toSorted()).toEqual(["all resolved: checkout-1✓", "first notification: checkout-1"]);
    expect(pager.received.at(-1)?.alerts[0]?.labels.alertname).toBe("PodRestartingTooOften");
  });

  it("does not repeat a target that was notified before the source fired, and notifies when it resolves", async () => {
    await start();
    await notifications.commit(alert(WARNING));
    expect(pager.news()).toHaveLength(1);
    await notifications.commit(alert());
    expect(pager.news()).toHaveLength(1);
    await notifications.advance(HOUR);
    expect(pager.received.slice(2).map(({ alerts }) => alerts[0]?.labels.alertname)).toEqual(["PodCrashLooping"]);
    pager.news();
    await notifications.commit(resolved(WARNING));
    await notifications.advance(MINUTE);
    expect(pager.news()).toEqual(["all resolved: checkout-1✓"]);
  });

  it("does not make alerts that match both sides inhibit one another", async () => {
    const everything = [parseMatcher('severity="critical"')];
    await start({ inhibitRules: [{ sourceMatchers: everything, targetMatchers: everything, equal: ["namespace"] }] });
    await notifications.commit(
      alert({ pod: "a", workload: "Deployment/a" }),
      alert({ pod: "b", workload: "Deployment/b" }),
    );
    expect(pager.news()).toEqual(["first notification: a", "first notification: b"]);
  });

  it("ignores a pending source, and works with one that fired before a restart", async () => {
    await start();
    await notifications.commit(alert({ pendingSince: clock.now() }), alert(WARNING));
    expect(pager.news()).toHaveLength(1);
    const { state } = notifications;
    await notifications[Symbol.asyncDispose]();
    state.commit(alert({ pod: "b" }));
    await start({ state });
    await notifications.commit(alert({ ...WARNING, pod: "b" }));
    expect(pager.news()).toEqual(["first notification: b"]);
    expect(pager.received.at(-1)?.alerts[0]?.labels.alertname).toBe("PodCrashLooping");
  });

  it("says that an alert is silenced, not inhibited, if it is both", async () => {
    await start();
    await notifications.silences.create({
      id: "s-0000000001",
      scope: { kind: "namespace", namespace: "shop" },
      until: clock.now() + HOUR,
      reason: "maintenance",
      by: "eva",
      endWhenNormal: false,
    });
    const target = alert(WARNING);
    await notifications.commit(target, alert());
    expect(reasonFor(target)).toBe("silenced");
  });
});

it("by default, ClusterUnreachable inhibits the alerts of the namespaces, which are stale for the same reason", async () => {
  const loaded = loadConfig({ env: {}, args: {} });
  if (!loaded.ok) throw new Error("The defaults are not valid.");
  await start({ inhibitRules: loaded.config.inhibitRules });
  const ofNamespace = (
    alertname: "WatchStale" | "NamespaceNotWatched" | "ClusterUnreachable",
    namespace: string,
  ): Alert => {
    const base = alert({ alertname, namespace });
    return { ...base, fingerprint: `${alertname}-${namespace}`, labels: { alertname, namespace } };
  };
  await notifications.commit(
    ofNamespace("WatchStale", "bank"),
    ofNamespace("NamespaceNotWatched", "shop"),
    ofNamespace("ClusterUnreachable", "bank"),
  );
  await notifications.advance(MINUTE);
  expect(pager.received.flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname))).toEqual([
    "ClusterUnreachable",
  ]);
  expect(toMessage(pager.received[0]!, { cli: "oc" }).title).toMatch(
    /^Critical, firing: the cluster: The API server does not answer/,
  );
});

it("a node whose pods become not ready together is one message that names it", async () => {
  await start({ route: { ...ROUTE, groupWait: 10 * SECOND } });
  const lost = (alertname: "PodNotReady" | "PodStuckTerminating", namespace: string, name: string): Alert => {
    const base = alert({ alertname, namespace, workload: `Deployment/${name}`, pod: `${name}-1` });
    return {
      ...base,
      severity: "warning",
      annotations: { summary: "not ready", description: "", cause: "NodeNotReady" },
      subject: { ...base.subject, node: "node-3" },
    };
  };
  const alerts = [
    lost("PodNotReady", "shop", "web"),
    lost("PodNotReady", "shop", "db"),
    lost("PodStuckTerminating", "bank", "api"),
  ];
  await notifications.commit(...alerts);
  await notifications.advance(10 * SECOND);
  expect(pager.news()).toEqual(["first notification: web-1 db-1 api-1"]);
  const [notification] = pager.received;
  expect(notification?.groupLabels).toEqual({ node: "node-3" });
  expect(toMessage(notification!, { cli: "oc" }).title).toMatch(
    /^Warning, firing: node node-3: 3 workloads in shop and bank: .*, 3 pods, since/,
  );
});
