import type { Alert, AlertLabels } from "../../src/core/model/alert.ts";
import { fingerprint } from "../../src/core/model/fingerprint.ts";
import type { Notification } from "../../src/ports/notifications.ts";
import { makeAlert } from "./batches.ts";

/** 2026-11-22 11:41:56 UTC. */
export const NOON = Date.UTC(2026, 10, 22, 11, 41, 56);

/** A notification about one firing crash loop; a test overrides fields. */
export function makeNotification(changes: Partial<Notification> = {}): Notification {
  return {
    id: "5f1d6c0e9b3a7d24-mia3gq00-f",
    receiver: "team",
    groupKey: "5f1d6c0e9b3a7d24",
    groupLabels: { alertname: "PodCrashLooping", namespace: "shop", workload: "Deployment/checkout" },
    status: "firing",
    alerts: [makeAlert({ firedAt: NOON })],
    truncatedAlerts: 0,
    reason: "first notification",
    createdAt: NOON + 30_000,
    since: NOON + 30_000,
    attempt: 1,
    ...changes,
  };
}

/** Text that is markup in some format and must arrive as plain text. */
export const NASTY = [
  "<script>alert('x')</script> <!channel> <@U123> &amp; &lt;",
  "*bold* _italic_ ~struck~ `code` ```fence``` [link](http://evil.example) **b** # head",
  "quote \" and ' and \\ and line\nbreak and\ttab and emoji 💥 and \u0000 and \u202Eright-to-left",
].join(" | ");

/** A realistic notification: three pods of a Deployment crash, one has recovered, one has evidence. */
export function makeRichNotification(changes: Partial<Notification> = {}): Notification {
  const facts = (pod: string) => ({
    workload: { kind: "Deployment", name: "checkout" },
    podUid: `uid-of-${pod}`,
    node: "worker-2",
    container: {
      name: "app",
      type: "main" as const,
      image: "registry.example/shop/checkout:2.4.1",
      imageID: "registry.example/shop/checkout@sha256:6f1c",
      restartCount: 4,
      restarts: [0, 11, 34, 80].map((second) => ({
        at: NOON - 100_000 + second * 1_000,
        reason: "Error",
        exitCode: 1,
        inferred: false,
      })),
      state: { name: "waiting" as const, reason: "CrashLoopBackOff", message: "back-off 1m20s" },
      lastTerminated: {
        exitCode: 137,
        signal: undefined,
        reason: "OOMKilled",
        message: undefined,
        startedAt: NOON - 30_000,
        finishedAt: NOON - 20_000,
        containerID: "0123456789abcdef",
      },
    },
  });
  const alert = (pod: string, more: { resolvedAt?: number } = {}) => {
    const made = makeAlert({ pod, firedAt: NOON, ...more });
    return {
      ...made,
      annotations: {
        summary: `Container app of Deployment/checkout keeps crashing: 4 restarts in 80 s`,
        description: `Pod ${pod} on node worker-2. The last run ended 2026-11-22 11:41:36 UTC after 10 s: out of memory (OOMKilled, exit 137).`,
        reason: "CrashLoopBackOff",
      },
      subject: facts(pod),
    };
  };
  const first = alert("checkout-65f56cb97f-8p8z2");
  return makeNotification({
    alerts: [
      first,
      {
        ...alert("checkout-65f56cb97f-k2nvx"),
        acknowledgement: { by: "eva", at: NOON, note: "", notifyOnWorsening: true },
      },
      alert("checkout-65f56cb97f-zz9p4", { resolvedAt: NOON + 20_000 }),
    ],
    truncatedAlerts: 2,
    reason: "new alerts in the group",
    evidence: {
      [first.fingerprint]: {
        log: ["2026-11-22T11:41:35Z loading catalogue (412 MB)", "2026-11-22T11:41:36Z Killed"],
        events: ["2026-11-22 11:41:50 UTC BackOff: Back-off restarting failed container app"],
      },
    },
    ...changes,
  });
}

/** The same, recovered. */
export function makeResolvedNotification(): Notification {
  const { alerts } = makeRichNotification();
  return makeRichNotification({
    status: "resolved",
    alerts: alerts.slice(2),
    truncatedAlerts: 0,
    reason: "all resolved",
  });
}

/** 200 pods of one Deployment crash, and five of another cannot pull their image. */
export function makeStormNotification(): Notification {
  const rich = makeRichNotification();
  const [first] = rich.alerts;
  const alert = (labels: Partial<AlertLabels>, at: number): Alert => {
    const made = { ...first!.labels, ...labels };
    const state = { name: "firing", activeAt: at, firedAt: at, lastSeenAt: at } as const;
    const description = first!.annotations.description.replace(first!.labels.pod ?? "", made.pod ?? "");
    return {
      ...first!,
      labels: made,
      fingerprint: fingerprint(made),
      sources: [`uid-of-${made.pod}`],
      state,
      annotations: { ...first!.annotations, description },
    };
  };
  const crashing = Array.from({ length: 200 }, (_, index) =>
    alert({ pod: `checkout-65f56cb97f-${(index + 100_000).toString(36)}` }, NOON + index),
  );
  const pulling = Array.from({ length: 5 }, (_, index) => {
    const made = alert(
      { alertname: "PodImagePullFailing", workload: "StatefulSet/orders", pod: `orders-${index}` },
      NOON,
    );
    return {
      ...made,
      annotations: {
        summary: "The image of container app of StatefulSet/orders cannot be pulled: manifest unknown",
        description: `Pod orders-${index} on node worker-2. The registry does not have the tag 2.4.1. Check the tag.`,
        reason: "ImagePullBackOff",
      },
      subject: { ...made.subject, workload: { kind: "StatefulSet", name: "orders" } },
    };
  });
  const evidence = { [crashing[199]!.fingerprint]: rich.evidence![first!.fingerprint]! };
  const groupLabels = { namespace: "shop" };
  return { ...rich, alerts: [...crashing, ...pulling], groupLabels, truncatedAlerts: 0, evidence };
}

const ESC = String.fromCharCode(27);
/** Escape sequences, a fence that ends a code block, and 4 KB without a blank. */
const MORE_NASTY = `${ESC}[31mred${ESC}[0m ${ESC}]0;title${String.fromCharCode(7)} \`\`\`\`\` ${"x".repeat(4_096)}`;

/** The same with hostile text in every field. */
export function makeNastyNotification(): Notification {
  const rich = makeRichNotification();
  return {
    ...rich,
    alerts: rich.alerts.map((alert) => ({
      ...alert,
      annotations: { summary: `S ${NASTY}`, description: `D ${NASTY} ${MORE_NASTY}`, reason: `R ${NASTY}` },
      ...(alert.acknowledgement === undefined
        ? {}
        : { acknowledgement: { ...alert.acknowledgement, by: `eva ${NASTY}` } }),
    })),
    evidence: { [rich.alerts[0]!.fingerprint]: { log: [NASTY, MORE_NASTY, NASTY], events: [NASTY] } },
  };
}

/** A thousand alerts with very long fields. */
export function makeHugeNotification(): Notification {
  const rich = makeRichNotification();
  const long = "💥 very long text ".repeat(2_000);
  const alert = { ...rich.alerts[0]!, annotations: { summary: long, description: long, reason: long } };
  return {
    ...rich,
    alerts: Array.from({ length: 1_000 }, (_, index) => ({
      ...alert,
      fingerprint: `${index}`,
      labels: { ...alert.labels, pod: `p${index}` },
    })),
    evidence: { "0": { log: Array.from({ length: 50 }, () => long), events: Array.from({ length: 50 }, () => long) } },
  };
}
