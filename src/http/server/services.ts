import type { FastifyRequest } from "fastify";
import { incidentOrder, isInView } from "../../core/incident/list.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Action } from "../../ports/activity.ts";
import type { AccessEvents } from "../../telemetry/access-events.ts";
import { createIncidentViews } from "../api/incidents.ts";
import { receiverProblems, rowSilence } from "../api/notifications-view.ts";
import { renewCaller } from "../auth/access-hook.ts";
import type { Access } from "../auth/auth.ts";
import type { OriginOptions } from "../auth/auth-origin.ts";
import type { Caller } from "../base/caller.ts";
import { createConnectionLimit } from "../base/connection-limit.ts";
import { createConsumerNames } from "../base/consumer-names.ts";
import type { UnknownPage } from "../base/errors.ts";
import type { StreamGauge } from "../base/http-metrics.ts";
import { memoizeFor, sharePending } from "../base/memoize-for.ts";
import { overviewOf } from "../page/overview.ts";
import { createClaimHandler } from "../rows/claim-handler.ts";
import { createContainers } from "../rows/containers.ts";
import type { HealthSource } from "../rows/health-view.ts";
import { createIncidentIndex } from "../rows/incident-index.ts";
import { countsOf, visibleIncidents } from "../rows/incident-list.ts";
import { NotificationLog } from "../rows/notification-log.ts";
import { createPull } from "../rows/pull.ts";
import { createStatusRowCache } from "../rows/status-row-cache.ts";
import { type PresentProblem, watchSystemProblems } from "../rows/system-problems.ts";
import type { HttpDeps, HttpOptions } from "./options.ts";

/** TTL of the check whether the state can be written. */
const WRITABLE_TTL: Duration = 5 * SECOND;

export interface RoutesContext {
  readonly deps: HttpDeps;
  readonly options: HttpOptions;
  readonly access: Access;
  readonly origin: OriginOptions;
  /** Aborted when the server closes: ends waits and streams. */
  readonly closing: AbortSignal;
  readonly streams: StreamGauge;
  readonly namespaces: () => readonly string[];
  readonly onUnknownPage: (answer: UnknownPage) => void;
  readonly events: AccessEvents;
}

/** Services that several groups of routes share. */
export type Services = ReturnType<typeof createServices>;

export function createServices({ deps, options, access, closing, events, namespaces }: RoutesContext) {
  const { live, store, notifications, clock, logger, policyFor } = deps;
  const startedAt = clock.now();
  const containers = createContainers({ live, clock, policyFor });
  const pull = createPull({
    deliveries: store.deliveries,
    live,
    clock,
    logger,
    onDelivered: () => notificationsChanged(),
  });
  const rows = createStatusRowCache({
    live,
    store,
    containers,
    pull,
    clock,
    silenceOf: (labels) => rowSilence(notifications, labels),
  });
  const incidents = createIncidentIndex({
    live,
    store,
    containers,
    clock,
    silenceOf: (labels) => rowSilence(notifications, labels),
    join: deps.incidentJoin,
    readWantedPods: deps.wantedPods,
  });
  const notificationLog = new NotificationLog({ store, pull });
  const incidentViews = createIncidentViews({
    live,
    index: incidents,
    notifications,
    log: notificationLog,
    consumers: () => store.deliveries.consumers(),
    join: deps.incidentJoin,
    now: clock.now,
  });
  const problems = sharePending(() => rows.problems());
  const close = () => {
    rows[Symbol.dispose]();
    incidents[Symbol.dispose]();
  };
  closing.addEventListener("abort", close, { once: true });
  const renew = (request: FastifyRequest) => renewCaller(request, access);
  const connectionLimit = (full: string) =>
    createConnectionLimit({ all: options.maxStreams, perCaller: options.maxStreamsPerCaller, full, namespaces });
  const consumerNames = createConsumerNames(store.deliveries, clock, options.maxConsumers, namespaces);
  const claimHandler = createClaimHandler({
    store,
    containers,
    pull,
    clock,
    closing,
    renewCaller: renew,
    acquireConnection: connectionLimit("Too many concurrent long polls: call without `wait`."),
    consumerNames,
  });
  const notificationsChanged = () => {
    notificationLog.markStale();
    rows.notificationsChanged();
    incidents.notificationsChanged();
  };
  const health: HealthSource = {
    namespaces: () => live.source.health(),
    receiverProblems: (caller) => receiverProblems(caller, notifications.receivers(), store.outbox, clock.now()),
    problems: watchSystemProblems({
      present: () => presentProblems(deps),
      changed: () => rows.healthChanged(),
      clock,
      stopping: closing,
    }),
    startedAt,
  };
  return {
    startedAt,
    containers,
    pull,
    rows,
    incidents,
    incidentViews,
    notificationsChanged,
    claimHandler,
    consumerNames,
    health,
    connectionLimit,
    renewCaller: renew,
    checkWritable: memoizeFor(clock, WRITABLE_TTL, () => store.checkWritable()),
    log: async (action: Action) => {
      await store.actions.log(action);
      events.changed(action);
    },
    incidentsFor: async (caller: Caller, limit: number) => {
      const visible = visibleIncidents((await incidents.read()).incidents, caller);
      const open = visible.filter((one) => isInView(one, "open")).sort(incidentOrder("severity"));
      return { items: await incidentViews.of(open.slice(0, limit), caller), counts: countsOf(visible) };
    },
    overviewFor: async (caller: Caller) => overviewOf(await problems(), live.source.health(), caller),
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
            message: `The configuration has errors and was not loaded; the previous one stays in force: ${mistakes.join("; ")}`,
          },
        ]),
    ...problems(),
  ];
}
