import type { Config } from "../config/config.ts";
import type { LoadResult } from "../config/load.ts";
import { inspectNamespace } from "../core/detect/namespace-health.ts";
import { own } from "../core/model/own.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import { type Policy, policyFor as withAnnotations } from "../core/model/policy.ts";
import type { Duration } from "../core/model/time.ts";
import { defined } from "../core/util/defined.ts";
import type { Change } from "../http/server/routes.ts";
import type { HttpAddress } from "../http/server/server.ts";
import { createControllerEvents } from "../kubernetes/api/controller-events.ts";
import { createJobReader } from "../kubernetes/api/jobs.ts";
import { proxyFor } from "../kubernetes/auth/credentials-proxy.ts";
import { createSilences } from "../notify/silences.ts";
import type { Clock } from "../ports/clock.ts";
import { systemClock } from "../ports/system-clock.ts";
import { type OpenStore, openStore } from "../store/open-store.ts";
import { createConfigEvents } from "../telemetry/config-events.ts";
import { createLogger, type Logger } from "../telemetry/logger.ts";
import { createRegistry } from "../telemetry/metrics.ts";
import { createNotifyEvents } from "../telemetry/notify-events.ts";
import { createWatcherEvents } from "../telemetry/watcher-events.ts";
import { collectEvidence, type EvidenceCollector } from "../watcher/pollers/evidence-collector.ts";
import { pollFailedCreates } from "../watcher/pollers/failed-create.ts";
import { alertNamespaceDiscovery } from "../watcher/pollers/namespace-discovery-alert.ts";
import { pruneRegularly } from "../watcher/pollers/retention.ts";
import { createWatcher } from "../watcher/watcher.ts";
import { type Cluster, connectCluster } from "./cluster.ts";
import { createHttp } from "./http.ts";
import { createNamespaceSelection } from "./namespaces.ts";
import { createDelivery, publishing } from "./notifications.ts";
import { createReceivers, type ReceiversOptions } from "./receivers.ts";
import { createReloader, type LoadedConfig } from "./reloader.ts";
import { createReplica } from "./replica.ts";

/** A running program. Disposing stops it within 5 s and commits everything that was seen. */
export interface App extends AsyncDisposable {
  readonly address: HttpAddress;
  /**
   * Puts another configuration in force: rules, namespaces, receivers, routes and the log level immediately, other
   * settings at the next start. An invalid one changes nothing. The log, the page and a metric show the result.
   */
  reload(loaded: LoadResult): Promise<void>;
  /** Resolves with the reason when another replica has taken over: the process must end. */
  readonly lost: Promise<Error>;
  /** Copies the state while it is in use. The log has the path of the copy, or why it failed. */
  backUp(): Promise<void>;
}

/**
 * Builds every part after the parts it needs; they are disposed in reverse order, even when the start fails partway.
 * Rejects with a message for the operator when the program cannot run: no credentials, no usable state, port in use.
 * An unreachable cluster does not prevent the start: the page shows it, and it is retried. On PostgreSQL it resolves when
 * this replica owns the state, and rejects when `stopping` ends that wait.
 */
export async function startApp(
  { config, view }: LoadedConfig,
  logger: Logger = createLogger(config.logLevel),
  stopping: AbortSignal = new AbortController().signal,
): Promise<App> {
  await using parts = new AsyncDisposableStack();
  const clock = systemClock;
  const registry = createRegistry();
  let isStarted = false;
  /** It begins with the watcher. */
  let collector: EvidenceCollector | undefined;
  /** The server comes last; changes before it starts need no publishing. */
  let changed: (what: Change) => void = () => {};

  const running = { config, clock, logger, registry };
  const replica = parts.use(createReplica({ ...running, stopping, changed: () => changed("health") }));
  const store = parts.use(await openStore(config.database, { clock, logger, replica: replica.context }));
  const cluster = parts.use(await connectCluster(config, clock, logger, registry));
  const { source, evidence, ownNamespace } = cluster;

  const policyFor = (namespace: string, annotations: PodSnapshot["annotations"]): Policy => {
    const { overrides, policy } = reloader.config;
    return withAnnotations(own(overrides, namespace) ?? policy, annotations).policy;
  };
  const incidentJoin = (): Duration => reloader.config.incidents.join;
  const events = createWatcherEvents(logger, registry);
  const access = {
    source,
    inspectNamespace,
    jobs: createJobReader(cluster.request),
    ownNamespace,
    clockSkew: cluster.facts.clockSkew,
  };
  const watcher = parts.use(createWatcher({ ...access, clock, store, logger, events, policyFor, incidentJoin }));

  const notifyEvents = publishing(createNotifyEvents(logger, registry), (what) => changed(what));
  const silences = parts.use(
    createSilences({
      clock,
      store: store.silences,
      state: watcher,
      events: notifyEvents,
      normalFor: config.policy.crashLoopStableAfter,
      changed: () => {
        reloader.delivery.dispatcher.reevaluate();
        changed("silences");
      },
    }),
  );
  const reloader = parts.use(
    createReloader(
      { config, view },
      {
        clock,
        store,
        events: createConfigEvents(logger, registry),
        createDelivery: (next) =>
          createDelivery(next, createReceivers(next.receivers, receiverOptionsFor(config, cluster, clock)), {
            clock,
            state: watcher,
            store,
            events: notifyEvents,
            silences,
            maySend: () => store.replicas?.isTrusted() ?? true,
            evidenceCollected: async (alerts) => collector?.collected(alerts),
            incidentJoin,
          }),
        changed: (next, before) => {
          logger.level = next.logLevel;
          const selection = ({ namespaces, namespaceSelector }: Config) =>
            JSON.stringify([namespaces, namespaceSelector]);
          const isSameSelection = selection(next) === selection(before);
          if (!isSameSelection) namespaces.select(next, []);
          watcher.reevaluate();
          changed("config");
        },
      },
    ),
  );

  const discovery = parts.use(alertNamespaceDiscovery({ watcher, clock, own: ownNamespace }));
  const namespaces = parts.use(
    createNamespaceSelection({
      request: cluster.request,
      clock,
      logger,
      own: ownNamespace,
      isForbidden: (name) =>
        source.health().some(({ namespace, state }) => namespace === name && state === "forbidden"),
      user: cluster.user,
      changed: (names) => {
        cluster.watch(names);
        watcher.namespacesChanged(names);
        discovery.known(names);
      },
      problem: discovery.problem,
    }),
  );

  const server = parts.use(
    await createHttp({
      ...running,
      cluster,
      watcher,
      store,
      silences,
      reloader,
      policyFor,
      incidentJoin,
      started: () => isStarted,
      namespacesKnown: () => discovery.isKnown,
      namespacesProblem: namespaces.problem,
    }),
  );
  changed = server.changed;

  const address = await server.listen(await replica.endStandby());
  replica.listens(address);
  await watcher.start();
  const { addEvidence } = watcher;
  collector = parts.use(
    collectEvidence({ live: watcher, evidence, store: store.evidence, addEvidence, clock, logger }),
  );
  await silences.start();
  await reloader.delivery.start();
  namespaces.select(config, watcher.previousNamespaces());
  isStarted = true;
  parts.use(pruneRegularly({ store, watcher, retention: config.retention, clock, logger }));
  parts.use(pollFailedCreates({ events: createControllerEvents(cluster.request), source, watcher, clock, logger }));

  const started = parts.move();
  return {
    address,
    lost: store.replicas?.lost ?? new Promise(() => {}),
    reload: reloader.reload,
    backUp: () => backUp(store, logger),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function receiverOptionsFor(config: Config, cluster: Cluster, clock: Clock): ReceiversOptions {
  return {
    clock,
    message: {
      ...defined({ publicUrl: config.http.publicUrl, consoleUrl: config.consoleUrl }),
      get cli() {
        return cluster.facts.cli();
      },
    },
    proxyFor: (url: URL) => proxyFor(url, config.cluster.hostEnvironment),
    postToCluster: async (path: string, json: object) => {
      const { status, body } = await cluster.request({ method: "POST", path, json });
      return { status, body: Buffer.from(body).toString("utf8") };
    },
  };
}

async function backUp(store: OpenStore, logger: Logger): Promise<void> {
  try {
    logger.info({ event: "state_backed_up", ...(await store.backUp()) }, "State backed up.");
  } catch (error) {
    logger.error({ event: "backup_failed", err: error }, "State could not be backed up.");
  }
}
