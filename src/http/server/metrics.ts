import { Counter, collectDefaultMetrics, Gauge } from "@prometheus-io/client";
import type { FastifyInstance } from "fastify";
import { ALERTNAMES } from "../../core/model/alert.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { NamespaceHealth, WatchState } from "../../ports/pods.ts";
import { type AlertStore, MAX_TERMINATION_SERIES, OTHER } from "../../ports/store.ts";
import type { Registry } from "../../telemetry/metrics.ts";

export interface MetricsDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "size" | "deliveries">;
  readonly registry: Registry;
  readonly version: string;
}

/** How often the event-loop lag is sampled. The default of 10 ms is most of the wake-ups of an idle program. */
const LAG_PRECISION: Duration = 200;

const WATCH_STATES: readonly WatchState[] = [
  "starting",
  "syncing",
  "live",
  "stale",
  "polling",
  "unauthenticated",
  "forbidden",
  "missing",
];

/** GET /metrics: the registry, with current values. docs/metrics.md describes each metric. */
export function metrics({ live, store, registry, version }: MetricsDeps) {
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "pod_watcher_", eventLoopMonitoringPrecision: LAG_PRECISION });
  new Gauge({
    name: "pod_watcher_build_info",
    help: "Always 1; the label is the running version.",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  new Gauge({
    name: "pod_watcher_nodes_with_clock_skew",
    help: "Nodes whose clock is off by more than a minute, as far as the times in the status of their pods prove it.",
    registers,
    collect() {
      this.set(live.skewedNodes().size);
    },
  });
  namespaceMetrics(live.source, registers);
  alertMetrics(live, registers);
  storeMetrics(store, registers);

  return function metricsRoute(app: FastifyInstance): void {
    app.get("/metrics", { schema: { hide: true } }, async (_request, reply) =>
      reply
        .type(registry.contentType)
        .header("cache-control", "no-store")
        .send(ofWatched(await registry.metrics(), new Set(live.source.health().map(({ namespace }) => namespace)))),
    );
  };
}

/** Without the series of namespaces that are not watched any more: nobody checked whether the caller sees those. */
function ofWatched(text: string, watched: ReadonlySet<string>): string {
  const lines = text.split("\n").filter((line) => {
    const namespace = /[{,]namespace="([^"]*)"/.exec(line)?.[1];
    return namespace === undefined || namespace === "" || watched.has(namespace);
  });
  return lines.join("\n");
}

function namespaceMetrics(source: LiveState["source"], registers: Registry[]): void {
  let taken: readonly NamespaceHealth[] | undefined;
  /** The registry collects all metrics before it awaits anything, so one scrape takes the health once. */
  function health(): readonly NamespaceHealth[] {
    if (taken === undefined) {
      taken = source.health();
      queueMicrotask(() => {
        taken = undefined;
      });
    }
    return taken;
  }
  const gauge = (name: string, help: string, value: (health: NamespaceHealth) => number | undefined) =>
    new Gauge({
      name: `pod_watcher_namespace_${name}`,
      help,
      labelNames: ["namespace"],
      registers,
      collect() {
        this.reset();
        for (const one of health()) {
          const current = value(one);
          if (current !== undefined) this.set({ namespace: one.namespace }, current);
        }
      },
    });
  const seconds = (moment: number | undefined) => (moment === undefined ? undefined : moment / SECOND);
  gauge("synced", "1 while the namespace's cache is synced, else 0.", ({ syncedSince }) =>
    syncedSince === undefined ? 0 : 1,
  );
  gauge("pods", "Pods known in the namespace.", ({ pods }) => pods);
  gauge("synced_since_timestamp_seconds", "When the current synced period of the namespace began.", (health) =>
    seconds(health.syncedSince),
  );
  gauge("last_synced_timestamp_seconds", "When the namespace was last known to be synced.", (health) =>
    seconds(health.lastSyncedAt),
  );
  gauge("last_event_timestamp_seconds", "Time of the last watch event.", (health) => seconds(health.lastEventAt));
  gauge("last_bookmark_timestamp_seconds", "Time of the last watch bookmark.", (health) =>
    seconds(health.lastBookmarkAt),
  );
  gauge("open_gap", "1 while the watch is interrupted.", ({ gaps }) =>
    gaps[0] !== undefined && gaps[0].to === undefined ? 1 : 0,
  );
  new Gauge({
    name: "pod_watcher_namespace_state",
    help: "1 for the state that the namespace's watch is in, 0 for every other.",
    labelNames: ["namespace", "state"],
    registers,
    collect() {
      this.reset();
      for (const { namespace, state } of health()) {
        for (const one of WATCH_STATES) this.set({ namespace, state: one }, one === state ? 1 : 0);
      }
    },
  });

  const counter = (name: string, help: string, label: string, counts: (health: NamespaceHealth) => NamedCounts) =>
    new Counter({
      name: `pod_watcher_watch_${name}_total`,
      help,
      labelNames: ["namespace", label],
      registers,
      collect() {
        this.reset();
        for (const one of health()) {
          for (const [cause, count] of Object.entries(counts(one))) {
            this.inc({ namespace: one.namespace, [label]: cause }, count);
          }
        }
      },
    });
  counter("syncs", "LISTs of a namespace, by cause.", "cause", ({ syncs }) => syncs);
  counter("reconnects", "New watches, by what ended the previous one.", "cause", ({ reconnects }) => reconnects);
  counter("refusals", "401, 403, 410 and 429 responses of the API server.", "status", ({ refusals }) => refusals);

  const total = (name: string, help: string, value: (health: NamespaceHealth) => number) =>
    new Counter({
      name: `pod_watcher_watch_${name}_total`,
      help,
      labelNames: ["namespace"],
      registers,
      collect() {
        this.reset();
        for (const one of health()) this.inc({ namespace: one.namespace }, value(one));
      },
    });
  total("decode_errors", "Objects that could not be decoded.", ({ decodeErrors }) => decodeErrors);
  total(
    "differences",
    "Pods that a consistency check found different from the cache; expected to stay 0.",
    (health) => health.differences,
  );
}

type NamedCounts = Readonly<Record<string, number>>;

function alertMetrics(live: LiveState, registers: Registry[]): void {
  new Gauge({
    name: "pod_watcher_alerts",
    help: "Alerts that are pending or firing, by name, namespace and severity.",
    labelNames: ["alertname", "namespace", "severity", "state"],
    registers,
    collect() {
      this.reset();
      for (const { labels, severity, state } of live.alerts()) {
        if (state.name === "resolved") continue;
        this.inc({ alertname: labels.alertname, namespace: labels.namespace, severity, state: state.name });
      }
    },
  });
  new Gauge({
    name: "pod_watcher_alerts_firing",
    help: "Firing alerts by name over all namespaces; 0 where none fires.",
    labelNames: ["alertname"],
    registers,
    collect() {
      this.reset();
      for (const alertname of ALERTNAMES) this.set({ alertname }, 0);
      for (const { labels, state } of live.alerts())
        if (state.name === "firing") this.inc({ alertname: labels.alertname });
    },
  });
  new Counter({
    name: "pod_watcher_container_terminations_total",
    help: `Ended runs of containers, by reason; survives restarts. At most ${MAX_TERMINATION_SERIES} series, the rest is counted as "${OTHER}".`,
    labelNames: ["namespace", "workload", "container", "reason"],
    registers,
    collect() {
      this.reset();
      for (const { namespace, workload, container, reason, count } of live.terminations()) {
        this.inc({ namespace, workload, container, reason }, count);
      }
    },
  });
}

function storeMetrics(store: MetricsDeps["store"], registers: Registry[]): void {
  new Gauge({
    name: "pod_watcher_store_bytes",
    help: "Size of the stored state.",
    registers,
    async collect() {
      this.set(await store.size());
    },
  });
  const consumers = (
    name: string,
    help: string,
    value: (consumer: { lastSequence: number; leased: number }) => number,
  ) =>
    new Gauge({
      name: `pod_watcher_consumer_${name}`,
      help,
      labelNames: ["consumer"],
      registers,
      async collect() {
        this.reset();
        for (const consumer of await store.deliveries.consumers())
          this.set({ consumer: consumer.name }, value(consumer));
      },
    });
  consumers(
    "last_sequence",
    "Sequence number of the last alert delivered to the consumer.",
    ({ lastSequence }) => lastSequence,
  );
  consumers("leased", "Alerts claimed by the consumer and not yet confirmed.", ({ leased }) => leased);
}
