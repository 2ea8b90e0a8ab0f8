import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { LoadResult } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { inspectNamespace } from "../core/detect/namespace-health.ts";
import type { PodSnapshot } from "../core/model/pod.ts";
import { type Policy, policyFor as withAnnotations } from "../core/model/policy.ts";
import { SECOND } from "../core/model/time.ts";
import type { ConfigLoad } from "../http/api/config-view.ts";
import { createHttpServer, type HttpAddress, type HttpServer } from "../http/server/server.ts";
import { createAccessReview, missingPermissions, type OwnIdentity, ownIdentity } from "../kubernetes/api/access.ts";
import { createApiRequest } from "../kubernetes/api/api-request.ts";
import { watchClusterFacts } from "../kubernetes/api/cluster-facts.ts";
import { createControllerEvents } from "../kubernetes/api/controller-events.ts";
import { createEvidence } from "../kubernetes/api/evidence.ts";
import { createNamespaces, type Namespaces } from "../kubernetes/api/namespaces.ts";
import { type ClusterAccess, resolveClusterAccess } from "../kubernetes/auth/credentials.ts";
import { proxyFor } from "../kubernetes/auth/credentials-proxy.ts";
import { selfHostnames } from "../kubernetes/auth/self-hostnames.ts";
import { createTransport } from "../kubernetes/transport/transport.ts";
import { createPodSource } from "../kubernetes/watch/pod-source.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConfigView } from "../ports/settings.ts";
import { systemClock } from "../ports/system-clock.ts";
import { ROOT_FOLDER, VERSION } from "../ports/version.ts";
import { openStore } from "../store/open-store.ts";
import { createConfigEvents } from "../telemetry/config-events.ts";
import { createLogger, type Logger } from "../telemetry/logger.ts";
import { createRegistry } from "../telemetry/metrics.ts";
import { createNotifyEvents } from "../telemetry/notify-events.ts";
import { createWatchEvents } from "../telemetry/watch-events.ts";
import { createWatcherEvents } from "../telemetry/watcher-events.ts";
import { collectEvidence } from "../watcher/pollers/evidence-collector.ts";
import { pollFailedCreates } from "../watcher/pollers/failed-create.ts";
import { alertNamespaceDiscovery } from "../watcher/pollers/namespace-discovery-alert.ts";
import { watchPermissions } from "../watcher/pollers/permissions.ts";
import { pruneRegularly } from "../watcher/pollers/retention.ts";
import { createWatcher } from "../watcher/watcher.ts";
import { createNotifications } from "./notifications.ts";
import { settingsForNextStart, viewInForce } from "./reloader.ts";

const PAGE_FOLDER = join(ROOT_FOLDER, "ui/dist");

/** Of the commands in messages and on the page. */
const CLI = "oc";

const UNVERIFIED = {
  name: "certificate",
  message:
    "The API server's certificate is not verified (cluster.insecure_skip_tls_verify): whoever sits in between can read the token. Name its CA with cluster.ca_file instead.",
};

/** A configuration without a fault, and what it amounts to for people. */
export interface AppInput {
  readonly config: Config;
  readonly view: ConfigView;
}

/** What tests and the demo put in the place of the real parts. */
export interface Overrides {
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Where the API server is and who we are, instead of what the configuration names. */
  readonly access?: ClusterAccess;
}

/** A running program. Disposing takes it down within 5 s and keeps everything that was seen. */
export interface App extends AsyncDisposable {
  readonly address: HttpAddress;
  /**
   * Puts another configuration in force: rules, namespaces, receivers, routes and the log level at once, the rest at the
   * next start. One with mistakes changes nothing and is told of in the log, on the page and by metric.
   */
  reload(loaded: LoadResult): Promise<void>;
  /** Copies the state while it is in use; where to, or why not, is told in the log. */
  backUp(): Promise<void>;
}

/**
 * Builds every part in the order they need one another, so that the order of the variables is the order of the
 * dependencies; the stack takes them down in reverse, also when the start fails half-way. Rejects with a sentence for
 * the operator when the program cannot run at all: no credentials, state that cannot be kept, a port in use. A cluster
 * that does not answer is no such case: it is shown, and tried again.
 */
export async function startApp({ config, view }: AppInput, overrides: Overrides = {}): Promise<App> {
  /** The configuration in force, replaced as a whole. */
  let current: AppInput = { config, view };
  await using parts = new AsyncDisposableStack();
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const registry = createRegistry();

  const store = parts.use(await openStore(config.database, { clock, logger }));

  const access = overrides.access ?? (await resolveClusterAccess(config.cluster, clock));
  const transport = parts.use(createTransport({ access, clock, userAgent: `pod-watcher/${VERSION}` }));
  const request = createApiRequest(transport, clock);
  const evidence = createEvidence({ request, clock });
  const review = createAccessReview(request);
  const facts = parts.use(watchClusterFacts({ request, clock }));
  /** Known as soon as the API server has said so; until then commands name us as its refusals do. */
  let ourselves: OwnIdentity | undefined;
  const whoWeAre = ownIdentity(access, request).then((identity) => {
    ourselves = identity;
    return identity;
  });
  const pods = parts.use(
    createPodSource({
      transport,
      clock,
      events: createWatchEvents(logger, registry),
      namespaces: config.namespaces,
      identity: {
        get serviceAccount() {
          return ourselves?.serviceAccount;
        },
        access: access.description,
        get cli() {
          return facts.cli();
        },
      },
    }),
  );

  const permissions = parts.use(
    watchPermissions({
      source: pods,
      missingIn: async (namespace) => missingPermissions(review, facts.cli(), namespace, (await whoWeAre).user),
      clock,
      logger,
    }),
  );
  const { source } = permissions;

  const policyFor = (namespace: string, annotations: PodSnapshot["annotations"]): Policy =>
    withAnnotations(current.config.overrides[namespace] ?? current.config.policy, annotations).policy;
  const watcher = parts.use(
    createWatcher({
      clock,
      source,
      store,
      logger,
      events: createWatcherEvents(logger, registry),
      policyFor,
      inspectNamespace,
    }),
  );

  const unknown = parts.use(alertNamespaceDiscovery({ watcher, clock, own: access.namespace }));
  parts.use(pruneRegularly(store, watcher, config.retention, clock, logger));

  let server: HttpServer | undefined;
  const telling = parts.use(
    createNotifications({
      config,
      clock,
      state: watcher,
      store,
      events: createNotifyEvents(logger, registry),
      normalFor: config.policy.crashLoopStableAfter,
      message: {
        cli: CLI,
        ...(config.http.publicUrl !== undefined && { publicUrl: config.http.publicUrl }),
        ...(config.consoleUrl !== undefined && { consoleUrl: config.consoleUrl }),
      },
      proxyFor: (url) => proxyFor(url, config.cluster.surroundings),
      postToCluster: async (path, json) => {
        const { status, body } = await request({ method: "POST", path, json });
        return { status, body: Buffer.from(body).toString("utf8") };
      },
      changed: (what) => server?.changed(what),
    }),
  );

  const configEvents = createConfigEvents(logger, registry);
  let configLoad: ConfigLoad = { file: fileOf(view), at: clock.now(), problems: [] };
  let namespacesProblem: string | undefined;
  let started = false;
  server = parts.use(
    await createHttpServer(
      {
        live: watcher,
        store: {
          ...store,
          acknowledge: async (fingerprint, acknowledgement) => {
            const alert = await watcher.acknowledge(fingerprint, acknowledgement);
            telling.reevaluate();
            return alert;
          },
        },
        notifications: telling.access,
        evidence,
        clock,
        logger,
        registry,
        access: review,
        policyFor,
        configView: () => current.view,
        configLoad: () => configLoad,
        commitProblem: watcher.commitProblem,
        problems: () => [
          ...(config.cluster.insecureSkipTlsVerify ? [UNVERIFIED] : []),
          ...(namespacesProblem === undefined ? [] : [{ name: "namespaces", message: namespacesProblem }]),
        ],
        started: () => started,
        namespacesKnown: () => unknown.isKnown,
        kubernetesVersion: facts.version,
        clockSkew: facts.clockSkew,
      },
      {
        bind: config.http.bind,
        port: config.http.port,
        pathPrefix: config.http.pathPrefix,
        publicUrl: config.http.publicUrl,
        version: VERSION,
        apiHost: access.server.host,
        timeZone: config.timezone,
        includeEvents: config.includeEvents,
        pageRefreshSeconds: config.pageRefreshInterval / SECOND,
        auth: {
          ...config.http.auth,
          get tokens() {
            return current.config.http.auth.tokens;
          },
        },
        hosts: config.http.allowedHosts,
        own: await selfHostnames(access.namespace),
        tls: config.http.tls,
        requestsPerMinute: config.http.requestsPerMinute,
        trustedProxies: config.http.trustedProxies,
        failedLoginsPerMinute: config.http.failedLoginsPerMinute,
        maxStreams: config.http.maxStreams,
        maxStreamsPerCaller: config.http.maxStreamsPerCaller,
        maxConsumers: config.http.maxConsumers,
        staticFolder: PAGE_FOLDER,
        storeKind: config.database.kind,
        consoleUrl: config.consoleUrl,
        cli: CLI,
        confirmSilence: config.confirmSilence,
        discoversNamespaces: config.namespaces.length === 0,
      },
    ),
  );

  const address = await server.listen();
  await watcher.start();
  await telling.start();
  const findNamespaces = (configured: readonly string[], remembered: readonly string[]): Namespaces => {
    namespacesProblem = undefined;
    const found = createNamespaces({ request, clock, configured, own: access.namespace, remembered });
    found.start({
      changed: (names) => {
        pods.watch(names);
        watcher.namespacesChanged(names);
        unknown.known();
      },
      problem: (message) => {
        namespacesProblem = message;
        unknown.problem(message);
        if (message !== undefined)
          logger.warn({ event: "namespace_discovery_failed", reason: message }, "Namespaces are unknown.");
      },
    });
    return found;
  };
  let namespaces = findNamespaces(config.namespaces, watcher.previousNamespaces());
  parts.defer(() => namespaces[Symbol.dispose]());
  started = true;
  parts.use(collectEvidence({ live: watcher, evidence, store: store.evidence, clock, logger }));
  parts.use(pollFailedCreates({ events: createControllerEvents(request), source, watcher, clock, logger }));

  async function reload(loaded: LoadResult): Promise<void> {
    if (!loaded.ok) {
      const problems = loaded.problems.map(formatProblem);
      configLoad = { ...configLoad, problems };
      configEvents.reloadFailed(problems);
      return;
    }
    const before = current;
    await telling.reload(loaded.config);
    current = { config: loaded.config, view: viewInForce(view, loaded.view) };
    configLoad = { file: fileOf(loaded.view), at: clock.now(), problems: [] };
    logger.level = loaded.config.logLevel;
    if (JSON.stringify(before.config.namespaces) !== JSON.stringify(loaded.config.namespaces)) {
      namespaces[Symbol.dispose]();
      namespaces = findNamespaces(loaded.config.namespaces, []);
    }
    watcher.reevaluate();
    server?.changed("config");
    configEvents.reloaded(settingsForNextStart(current.view));
  }

  async function backUp(): Promise<void> {
    try {
      logger.info({ event: "state_backed_up", ...(await store.backUp()) }, "The state was copied.");
    } catch (error) {
      logger.error({ event: "backup_failed", err: error }, "The state could not be copied.");
    }
  }

  const running = parts.move();
  return { address, reload, backUp, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** `config.yaml:6:13` names the file; settings from elsewhere name none. */
function fileOf({ settings }: ConfigView): string | undefined {
  const where = settings.find(({ source }) => source === "file")?.where;
  return where?.replace(/:\d+:\d+$/, "");
}
