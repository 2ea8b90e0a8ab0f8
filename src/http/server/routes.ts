import { existsSync } from "node:fs";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Action } from "../../ports/activity.ts";
import type { AccessEvents } from "../../telemetry/access-events.ts";
import { acknowledgeApi } from "../api/acknowledge.ts";
import { alertsApi } from "../api/alerts.ts";
import { configApi } from "../api/config.ts";
import { consumersApi } from "../api/consumers.ts";
import { containersApi } from "../api/containers-api.ts";
import { explainApi } from "../api/explain.ts";
import { healthApi } from "../api/health.ts";
import { historyApi } from "../api/history.ts";
import { meApi } from "../api/me.ts";
import { notificationsApi } from "../api/notifications.ts";
import { kindOf, queueOf, receiverProblems, rowSilence, verdictsOf } from "../api/notifications-view.ts";
import { apiDocs, describeApi } from "../api/openapi.ts";
import { silencesApi } from "../api/silences.ts";
import { stateApi } from "../api/state.ts";
import { streamApi } from "../api/stream.ts";
import { callerIfAny, renewCaller } from "../auth/access-hook.ts";
import type { Access } from "../auth/auth.ts";
import type { OriginOptions } from "../auth/auth-origin.ts";
import { serializeApi } from "../base/api-routes.ts";
import type { Caller } from "../base/caller.ts";
import { createConnectionLimit } from "../base/connection-limit.ts";
import { createConsumerNames } from "../base/consumer-names.ts";
import type { UnknownPage } from "../base/errors.ts";
import type { StreamGauge } from "../base/http-metrics.ts";
import { memoizeFor } from "../base/memoize-for.ts";
import { legacyRoutes } from "../legacy/legacy.ts";
import { badgeRoute } from "../page/badge.ts";
import { type OverviewFor, overviewOf } from "../page/overview.ts";
import { pageRoutes } from "../page/page.ts";
import { createClaimHandler } from "../rows/claim-handler.ts";
import { createContainers } from "../rows/containers.ts";
import type { HealthSource } from "../rows/health-view.ts";
import { createPull } from "../rows/pull.ts";
import { createStatusRowCache } from "../rows/status-row-cache.ts";
import { type PresentProblem, watchSystemProblems } from "../rows/system-problems.ts";
import { metrics } from "./metrics.ts";
import type { HttpDeps, HttpOptions } from "./options.ts";
import { probes } from "./probes.ts";
import { readIndex, staticFiles } from "./static-files.ts";

/** How often it is tried whether the state can be written, however many ask. */
const WRITABLE_FOR: Duration = 5 * SECOND;

export interface RoutesContext {
  readonly deps: HttpDeps;
  readonly options: HttpOptions;
  readonly access: Access;
  readonly origin: OriginOptions;
  /** Ends waits and streams: the server closes. */
  readonly closing: AbortSignal;
  readonly streams: StreamGauge;
  readonly namespaces: () => readonly string[];
  readonly onUnknownPage: (answer: UnknownPage) => void;
  readonly events: AccessEvents;
}

export interface Routes {
  /** Resolves when what was handed over is recorded. */
  settled(): Promise<void>;
  /** Shows the pages what has changed elsewhere. */
  changed(what: Change): void;
}

/** What the pages cannot see for themselves: who was told, silences, receivers and other health, the configuration. */
export type Change = "notifications" | "silences" | "health" | "config";

/** Every route of the program, each group with what it needs and nothing else. */
export async function registerRoutes(app: FastifyInstance, context: RoutesContext): Promise<Routes> {
  const { deps, options, access, origin, closing, streams, namespaces, onUnknownPage, events } = context;
  const { live, store, notifications, evidence, clock, logger, registry, policyFor, configView } = deps;
  const { version } = options;
  const startedAt = clock.now();

  const containers = createContainers({ live, clock, policyFor });
  const pull = createPull({
    deliveries: store.deliveries,
    live,
    clock,
    logger,
    onNotified: () => rows.notificationsChanged(),
  });
  const log = async (action: Action) => {
    await store.actions.log(action);
    events.changed(action);
  };
  const checkWritable = memoizeFor(clock, WRITABLE_FOR, () => store.checkWritable());
  const rows = createStatusRowCache({
    live,
    store,
    containers,
    pull,
    clock,
    silenceOf: (labels) => rowSilence(notifications, labels),
  });
  const renew = (request: FastifyRequest) => renewCaller(request, access);
  const { maxStreams: all, maxStreamsPerCaller: perCaller, maxConsumers } = options;
  const claimHandler = createClaimHandler({
    store,
    containers,
    pull,
    clock,
    closing,
    renewCaller: renew,
    acquireConnection: createConnectionLimit({
      all,
      perCaller,
      full: "Too many callers wait at once: ask without `wait`.",
    }),
    admit: createConsumerNames(store.deliveries, clock, maxConsumers),
  });
  closing.addEventListener("abort", () => rows[Symbol.dispose](), { once: true });

  const overviewFor: OverviewFor = async (caller) => overviewOf(await rows.problems(), live.source.health(), caller);
  const health: HealthSource = {
    namespaces: () => live.source.health(),
    receiverProblems: (caller: Caller) =>
      receiverProblems(caller, notifications.receivers(), store.outbox, clock.now()),
    problems: watchSystemProblems({
      present: () => presentProblems(deps),
      changed: () => rows.healthChanged(),
      clock,
      stopping: closing,
    }),
    startedAt,
  };
  const page = {
    selector: (seen: readonly string[]) =>
      options.discoversNamespaces ? "all projects that its token can see" : `namespaces ${seen.join(", ")}`,
    consoleUrl: options.consoleUrl,
    get cli() {
      return options.cli;
    },
    confirmSilence: {
      containers: options.confirmSilence.containers,
      durationMs: options.confirmSilence.duration,
    },
  } as const;
  const rule = () => {
    const { restartThreshold: threshold, restartTimeframe: timeframe } = containers.policy();
    return { threshold, timeframe };
  };
  const folder = options.staticFolder;
  const index = folder === undefined ? undefined : await readIndex(folder);

  await describeApi(app, version);
  legacyRoutes({ live, store, evidence, containers, pull, claimHandler, clock, options })(app);
  const { commitProblem, started, namespacesKnown } = deps;
  probes({ live, store: { checkWritable }, commitProblem, started, namespacesKnown })(app);
  metrics({ live, store, registry, version })(app);
  pageRoutes({
    ...options,
    overviewFor,
    configView,
    clock,
    rule,
    index,
    callerIfAny: (request) => callerIfAny(request, access),
    onUnknownPage,
  })(app);
  badgeRoute(overviewFor)(app);

  await app.register(
    async (v1) => {
      serializeApi(v1);
      const state = { rows, containers, health, clock, page, version };
      meApi({ access, namespaces, origin })(v1);
      stateApi(state)(v1);
      streamApi({
        ...state,
        renewCaller: renew,
        closing,
        streams,
        acquireConnection: createConnectionLimit({
          all,
          perCaller,
          full: "Too many pages are open at once. This one asks again by itself.",
        }),
      })(v1);
      healthApi({
        health,
        containers,
        store: { size: () => store.size(), deliveries: store.deliveries, checkWritable },
        clock,
        about: {
          version,
          startedAt,
          storeKind: options.storeKind,
          kubernetes: deps.kubernetesVersion,
          clockSkew: deps.clockSkew,
          queue: (caller) => queueOf(caller, store.outbox),
        },
      })(v1);
      configApi({ configView, configLoad: deps.configLoad })(v1);
      containersApi({
        live,
        store,
        containers,
        rows,
        clock,
        evidence,
        kept: store.evidence,
        verdictsOf: (pod, container) => verdictsOf(live, containers, clock, pod, container),
      })(v1);
      acknowledgeApi({ rows, store, acknowledge: deps.acknowledge, clock, log })(v1);
      alertsApi({ store })(v1);
      historyApi({ live, store, clock, containers, kindOf: (name) => kindOf(notifications, name) })(v1);
      explainApi({ live, store, containers, notifications, clock })(v1);
      silencesApi({ silences: notifications.silences, rows, clock, changed: events.changed })(v1);
      notificationsApi({ store, notifications, clock, log })(v1);
      consumersApi({ store, claimHandler, namespaces, clock, confirmedDeliveries: () => rows.notificationsChanged() })(
        v1,
      );
    },
    { prefix: "/api/v1" },
  );
  await apiDocs(app);
  if (folder !== undefined && existsSync(folder)) await staticFiles(app, folder);
  return {
    settled: pull.settled,
    changed: (what) => {
      if (what === "notifications") rows.notificationsChanged();
      else if (what === "health") rows.healthChanged();
      else rows.everythingChanged(what === "config" ? "config" : "rows");
    },
  };
}

function presentProblems({ commitProblem, configLoad, problems }: HttpDeps): readonly PresentProblem[] {
  const unwritten = commitProblem();
  const mistakes = configLoad().problems;
  return [
    ...(unwritten === undefined ? [] : [{ name: "store", message: `The state could not be written: ${unwritten}` }]),
    ...(mistakes.length === 0
      ? []
      : [
          {
            name: "configuration",
            message: `The configuration has mistakes and was not loaded; the one before stays in force: ${mistakes.join("; ")}`,
          },
        ]),
    ...problems(),
  ];
}
