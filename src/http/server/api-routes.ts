import type { FastifyInstance } from "fastify";
import { acknowledgeApi } from "../api/acknowledge.ts";
import { alertsApi } from "../api/alerts.ts";
import { configApi } from "../api/config.ts";
import { consumersApi } from "../api/consumers.ts";
import { containersApi } from "../api/containers-api.ts";
import { explainApi } from "../api/explain.ts";
import { healthApi } from "../api/health.ts";
import { historyApi } from "../api/history.ts";
import { incidentActionsApi } from "../api/incident-actions.ts";
import { incidentsApi } from "../api/incidents.ts";
import { meApi } from "../api/me.ts";
import { notificationsApi } from "../api/notifications.ts";
import { kindOf, queueOf, verdictsOf } from "../api/notifications-view.ts";
import { silencesApi } from "../api/silences.ts";
import type { PageOptions } from "../api/state.ts";
import { stateApi } from "../api/state.ts";
import { streamApi } from "../api/stream.ts";
import { serializeApi } from "../base/api-routes.ts";
import type { HttpOptions } from "./options.ts";
import type { RoutesContext, Services } from "./services.ts";

/** The routes of /api/v1. */
export function apiRoutes(context: RoutesContext, services: Services) {
  const { deps, options, access, origin, closing, streams, namespaces, events } = context;
  const { live, store, notifications, evidence, clock } = deps;
  const { startedAt, containers, rows, claimHandler, health, log, checkWritable } = services;
  const { version, storeKind } = options;
  return async function v1(app: FastifyInstance): Promise<void> {
    serializeApi(app);
    const state = { rows, containers, health, clock, page: pageSettings(options), version };
    meApi({ access, namespaces, origin })(app);
    stateApi(state)(app);
    incidentsApi({
      ...state,
      live,
      incidents: services.incidents,
      views: services.incidentViews,
      evidence: store.evidence,
      actions: store.actions,
      receivers: () => notifications.receivers(),
    })(app);
    incidentActionsApi({
      live,
      incidents: services.incidents,
      views: services.incidentViews,
      acknowledge: deps.acknowledge,
      silences: notifications.silences,
      clock,
      log,
      silenced: (action) => {
        events.changed(action);
        rows.everythingChanged("rows");
        services.incidents.everythingChanged();
      },
    })(app);
    streamApi({
      ...state,
      incidents: services.incidents,
      incidentViews: services.incidentViews,
      renewCaller: services.renewCaller,
      closing,
      streams,
      acquireConnection: services.connectionLimit("Too many open streams. The page retries."),
    })(app);
    healthApi({
      health,
      containers,
      live,
      store: { size: () => store.size(), deliveries: store.deliveries, checkWritable },
      clock,
      about: {
        version,
        startedAt,
        storeKind,
        kubernetes: deps.kubernetesVersion,
        clockSkew: deps.clockSkew,
        queue: (caller) => queueOf(caller, store.outbox),
      },
    })(app);
    configApi({ configView: deps.configView, configLoad: deps.configLoad })(app);
    containersApi({
      live,
      store,
      containers,
      rows,
      clock,
      evidence,
      storedEvidence: store.evidence,
      verdictsOf: (pod, container) => verdictsOf(live, containers, clock, pod, container),
      inhibitionOf: notifications.inhibitionOf,
    })(app);
    acknowledgeApi({ rows, store, acknowledge: deps.acknowledge, clock, log })(app);
    alertsApi({ store })(app);
    historyApi({ live, store, clock, containers, kindOf: (name) => kindOf(notifications, name) })(app);
    explainApi({ live, store, containers, notifications, clock })(app);
    silencesApi({ silences: notifications.silences, rows, clock, changed: events.changed })(app);
    notificationsApi({ store, notifications, alerts: () => live.alerts(), clock, log })(app);
    consumersApi({
      store,
      claimHandler,
      consumerNames: services.consumerNames,
      clock,
      log,
      confirmedDeliveries: services.notificationsChanged,
    })(app);
  };
}

function pageSettings(options: HttpOptions): PageOptions {
  return {
    selector: (seen) =>
      options.discoversNamespaces ? "all projects that its token can see" : `namespaces ${seen.join(", ")}`,
    consoleUrl: options.consoleUrl,
    get cli() {
      return options.cli;
    },
    confirmSilence: {
      containers: options.confirmSilence.containers,
      durationMs: options.confirmSilence.duration,
    },
  };
}
