import type {
  ConfigView,
  Details,
  Events,
  HealthDetails,
  HistoryEntry,
  Log,
  NamespaceHealth,
  Page,
  ReceiverView,
  Row,
  State,
} from "../../../src/http/base/api-types.ts";
import { HOUR } from "./example-state.ts";

const MINUTE = 60_000;

export function exampleDetails(row: Row, state: State, now: number): Details {
  const restarts = row.restarts ?? [];
  const last = row.lastRestart;
  return {
    serverNow: now,
    row,
    sentence: `Restarted ${restarts.length} times in 60 minutes. The alert has been sent to ops-slack.`,
    ...(row.since === undefined ? {} : { sent: [{ receiver: "ops-slack", at: row.since + 20_000 }] }),
    timeline: {
      from: now - HOUR,
      to: now,
      threshold: state.threshold,
      restarts: restarts.map((at) => ({ at, exitCode: last?.exitCode ?? 1, reason: last?.reason ?? "Error" })),
      marks:
        row.since === undefined
          ? []
          : [
              { at: row.since, kind: "alert", text: row.summary ?? "alert" },
              { at: row.since + 20_000, kind: "sent", text: "Sent to ops-slack" },
              ...(row.ack === undefined ? [] : [{ at: row.ack.at, kind: "ack" as const, text: `by ${row.ack.by}` }]),
            ],
    },
    current: {
      name: "waiting",
      reason: "CrashLoopBackOff",
      message: `back-off 5m0s restarting failed container=${row.container} pod=${row.pod}_${row.namespace}`,
    },
    ...(last === undefined
      ? {}
      : {
          lastTerminated: {
            exitCode: last.exitCode ?? 1,
            signal: undefined,
            reason: last.reason,
            message: "panic: could not connect to tracker-db.orders-prod.svc:5432: connection refused",
            startedAt: last.at - 42_000,
            finishedAt: last.at,
            containerID: "a1b2c3d4e5f60718",
          },
        }),
    podCreatedAt: now - 26 * HOUR,
    podStartedAt: now - 26 * HOUR + 4_000,
    phase: "Running",
    owners: [
      { kind: "Pod", name: row.pod ?? "" },
      { kind: "ReplicaSet", name: (row.pod ?? "").replace(/-[^-]+$/, "") },
      { kind: row.owner?.split("/")[0] ?? "", name: row.owner?.split("/")[1] ?? "" },
    ],
    ...(row.node === undefined ? {} : { node: row.node }),
    image: `registry.shop.example/${row.container}:2026.11.3`,
    imageID: "sha256:9b2f6c0c4f3a7b1f0d5e8a6c2b4d9e7f1a3c5b7d9e1f2a4c6b8d0e2f4a6c8b0d",
    limits: { cpu: "500m", memory: "512Mi" },
    requests: { cpu: "100m", memory: "256Mi" },
    siblings: state.rows
      .filter((each) => each.owner === row.owner && each.namespace === row.namespace && each.pod !== undefined)
      .slice(0, 8)
      .map((each) => ({
        id: each.id,
        pod: each.pod ?? "",
        state: each.state,
        restartCount: each.restarts?.length ?? 0,
      })),
    overrides: [{ key: "restart-threshold", value: "many", problem: "a whole number is expected, such as 5" }],
  };
}

export function exampleEvents(row: Row, now: number): Events {
  return {
    events: [
      {
        type: "Warning",
        reason: "BackOff",
        message: `Back-off restarting failed container ${row.container} in pod ${row.pod}_${row.namespace}`,
        count: 37,
        firstSeenAt: now - 55 * MINUTE,
        lastSeenAt: now - 40_000,
        source: `kubelet, ${row.node}`,
      },
      {
        type: "Normal",
        reason: "Pulled",
        message: `Container image "registry.shop.example/${row.container}:2026.11.3" already present on machine`,
        count: 6,
        firstSeenAt: now - 26 * HOUR,
        lastSeenAt: now - 9 * MINUTE,
        source: `kubelet, ${row.node}`,
      },
    ],
  };
}

export function exampleLog(previous: boolean): Log {
  const lines = Array.from(
    { length: previous ? 200 : 12 },
    (_, line) =>
      `2026-11-22T09:${String(50 + Math.floor(line / 30)).padStart(2, "0")}:${String(line % 60).padStart(2, "0")}.113Z INFO  batch ${4100 + line} posted to tracker in ${20 + ((line * 7) % 60)} ms`,
  );
  if (previous) {
    lines.push(
      "2026-11-22T09:58:12.001Z ERROR could not connect to tracker-db.orders-prod.svc:5432: connection refused (password=***)",
      "panic: no database after 5 attempts",
    );
  }
  return { available: true, lines, masked: previous ? 1 : 0 };
}

export function exampleHistory(row: Row, now: number): Page<HistoryEntry> {
  return {
    entries: [
      {
        kind: "action",
        id: "a1",
        at: now - 12 * MINUTE,
        action: "ack",
        by: "jdoe",
        about: [row.id],
        note: "known, OPS-4127",
      },
      {
        kind: "notification",
        id: "n1",
        at: now - 19 * MINUTE,
        receiver: "Slack #ops-alerts",
        receiverKind: "slack",
        status: "firing",
        about: [row.id],
        alerts: 1,
        result: "delivered",
        attempts: 2,
        reason: "first notification",
      },
      {
        kind: "transition",
        id: "1",
        at: now - 20 * MINUTE,
        row: row.id,
        fingerprint: "c409e25084517b6b",
        episode: 1,
        alertname: "PodCrashLooping",
        from: "inactive",
        to: "firing",
        reason: `waiting.reason of ${row.container} is CrashLoopBackOff`,
      },
      { kind: "restart", id: "r1", at: now - 21 * MINUTE, exitCode: 137, reason: "OOMKilled" },
    ],
  };
}

export function exampleReceivers(): ReceiverView[] {
  return [
    { name: "ops-slack", kind: "slack", state: "ok", lastDeliveredAt: Date.UTC(2026, 10, 22, 9, 58), pending: 0 },
    { name: "oncall", kind: "pagerduty", state: "failing", pending: 3, problem: "HTTP 403" },
    { name: "audit-hook", kind: "webhook", state: "unused", pending: 0 },
  ];
}

export function exampleActivity(now: number, query: URLSearchParams): Page<HistoryEntry> {
  const entries: HistoryEntry[] = [
    {
      kind: "action",
      id: "a1",
      at: now - 12 * MINUTE,
      by: "jdoe",
      action: "ack",
      about: ["orders-prod/tracker-ht4f4lqrh-99r29/tracker"],
      note: "known, OPS-4127",
    },
    {
      kind: "notification",
      id: "n3",
      at: now - 18 * MINUTE,
      receiver: "oncall",
      receiverKind: "pagerduty",
      status: "firing",
      about: ["billing-batch/consumer-z6dhqstbq-qn4ms/consumer", "billing-batch/consumer-j46256xbs-gqgbn/consumer"],
      alerts: 3,
      result: "failed",
      attempts: 4,
      latencyMs: 310,
      detail: "HTTP 403",
      reason: "first notification",
    },
    {
      kind: "notification",
      id: "n2",
      at: now - 19 * MINUTE,
      receiver: "ops-slack",
      receiverKind: "slack",
      status: "firing",
      about: ["billing-batch/consumer-z6dhqstbq-qn4ms/consumer"],
      alerts: 1,
      result: "delivered",
      attempts: 1,
      latencyMs: 182,
      reason: "first notification",
    },
    {
      kind: "notification",
      id: "n1",
      at: now - 3 * HOUR,
      receiver: "audit-hook",
      receiverKind: "webhook",
      status: "resolved",
      about: ["identity/gateway-5x2kc9v7bd-mm4nz/gateway"],
      alerts: 1,
      result: "dead",
      attempts: 61,
      latencyMs: 10_000,
      detail: "connection refused",
      reason: "resolved",
    },
  ];
  const kinds = query.get("kind")?.split(",");
  const result = query.get("result");
  const q = query.get("q")?.toLowerCase() ?? "";
  return {
    entries: entries.filter(
      (entry) =>
        (kinds === undefined || kinds.includes(entry.kind)) &&
        (result === null || (entry.kind === "notification" && entry.result === result)) &&
        JSON.stringify(entry).toLowerCase().includes(q),
    ),
  };
}

function exampleGaps(now: number): NonNullable<NamespaceHealth["gaps"]> {
  return [
    { from: now - 50 * MINUTE, to: now - 48 * MINUTE, cause: "expired" },
    { from: now - 77 * HOUR, to: now - 76 * HOUR, cause: "restart" },
  ];
}

export function exampleHealth(state: State, now: number): HealthDetails {
  return {
    ...state.health,
    namespaces: state.health.namespaces.map((each, place) => ({
      ...each,
      ...(place === 0 ? { gaps: exampleGaps(now) } : {}),
    })),
    serverNow: now,
    version: state.version,
    startedAt: now - 76 * HOUR,
    node: "v24.21.0",
    kubernetes: "v1.34.2",
    watchLagMs: 1_200,
    lastEventAt: now - 4_000,
    clockSkewMs: 240,
    clockSkew: [{ node: "worker-7", skewMs: -45 * MINUTE }],
    queue: { pending: 3, dead: 1, oldest: now - 18 * MINUTE },
    store: { kind: "sqlite", bytes: 2_483_200, writable: true },
    containers: state.rows.length,
    consumers: [{ name: "default", lastSeenAt: now - 30_000, lastSequence: 4127 }],
  };
}

export function exampleConfig(): ConfigView {
  return {
    file: "/etc/pod-watcher/config.yaml",
    loaded: { at: Date.UTC(2026, 10, 22, 8, 14, 2), ok: true },
    yaml: "restarts:\n  threshold: 3\n  timeframe: 60m\nreceivers:\n  - name: ops-slack\n    slack:\n      url: https://hooks.slack.com/***\n",
    overrides: [
      { where: "namespace billing-batch", key: "restarts.threshold", value: "10" },
      {
        where: "orders-prod Deployment/tracker",
        key: "pod-watcher.io/restart-threshold",
        value: "many",
        problem: "a whole number is expected, such as 5",
      },
    ],
    groups: [
      {
        id: "watch",
        title: "Watch",
        entries: [
          {
            key: "openshift.host",
            value: "api.ocp.example:6443",
            source: { kind: "environment", detail: "OPENSHIFT_HOST" },
            description: "The API server to watch.",
            default: "in-cluster address",
          },
          {
            key: "openshift.token",
            secret: { state: "set", name: "pod-watcher-token", key: "token" },
            source: { kind: "secret", detail: "/etc/secret/token" },
            description: "The bearer token for the API server. It is read again as it rotates.",
          },
        ],
      },
      {
        id: "thresholds",
        title: "Thresholds",
        entries: [
          {
            key: "restarts.threshold",
            value: "3",
            source: { kind: "file", detail: "config.yaml:2:14" },
            description: "Restarts within the timeframe that raise an alert.",
            default: "5",
          },
          {
            key: "restarts.timeframe",
            value: "60 minutes",
            source: { kind: "file", detail: "config.yaml:3:14" },
            description: "The window in which restarts are counted.",
            default: "240 minutes",
          },
        ],
      },
      {
        id: "notifications",
        title: "Notifiers",
        entries: [
          {
            key: "receivers.ops-slack.url",
            value: "https://hooks.slack.com/***",
            source: { kind: "file", detail: "config.yaml:7:12" },
            description: "The incoming webhook of the channel.",
          },
          {
            key: "receivers.oncall.routing_key",
            secret: { state: "set but empty", name: "pagerduty", key: "routing-key" },
            source: { kind: "secret", detail: "pagerduty/routing-key" },
            problem: "It is empty: nothing can be sent.",
            description: "The integration key of the PagerDuty service.",
          },
        ],
      },
    ],
  };
}
