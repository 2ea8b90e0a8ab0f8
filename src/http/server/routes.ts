import { existsSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { alertmanagerApi } from "../api/alertmanager.ts";
import { apiDocs, describeApi } from "../api/openapi.ts";
import { callerIfAny } from "../auth/access-hook.ts";
import { legacyRoutes } from "../legacy/legacy.ts";
import { badgeRoute } from "../page/badge.ts";
import { pageRoutes } from "../page/page.ts";
import { apiRoutes } from "./api-routes.ts";
import { metrics } from "./metrics.ts";
import { probes } from "./probes.ts";
import { createServices, type RoutesContext } from "./services.ts";
import { readIndex, staticFiles } from "./static-files.ts";

export interface Routes {
  /** Resolves when all deliveries are recorded. */
  settled(): Promise<void>;
  /** Sends changes to open pages. */
  changed(what: Change): void;
}

/** Changes outside of this server: deliveries, silences, receivers and other health, the configuration. */
export type Change = "notifications" | "silences" | "health" | "config";

/** Registers all routes, each group with its own dependencies. */
export async function registerRoutes(app: FastifyInstance, context: RoutesContext): Promise<Routes> {
  const { deps, options, access, onUnknownPage } = context;
  const { live, store, notifications, evidence, clock, registry, configView, commitProblem, started, namespacesKnown } =
    deps;
  const { version, staticFolder } = options;
  const services = createServices(context);
  const { containers, pull, rows, claimHandler, checkWritable, overviewFor } = services;
  const index = staticFolder === undefined ? undefined : await readIndex(staticFolder);

  await describeApi(app, version);
  legacyRoutes({ live, store, evidence, containers, pull, claimHandler, clock, options })(app);
  probes({ live, store: { checkWritable }, commitProblem, started, namespacesKnown })(app);
  metrics({ live, store, registry, version })(app);
  pageRoutes({
    ...options,
    overviewFor,
    incidentsFor: services.incidentsFor,
    configView,
    clock,
    rule: () => {
      const { restartThreshold: threshold, restartTimeframe: timeframe } = containers.policy();
      return { threshold, timeframe };
    },
    index,
    callerIfAny: (request) => callerIfAny(request, access),
    onUnknownPage,
  })(app);
  badgeRoute(overviewFor)(app);
  await app.register(apiRoutes(context, services), { prefix: "/api/v1" });
  await app.register(
    alertmanagerApi({
      live,
      notifications,
      silences: notifications.silences,
      rows,
      clock,
      now: clock.now,
      changed: context.events.changed,
      publicUrl: options.publicUrl,
      startedAt: services.startedAt,
      version,
    }),
    { prefix: "/api/v2" },
  );
  await apiDocs(app);
  if (staticFolder !== undefined && existsSync(staticFolder)) await staticFiles(app, staticFolder);
  return {
    settled: pull.settled,
    changed: (what) => {
      if (what === "notifications") services.notificationsChanged();
      else if (what === "health") rows.healthChanged();
      else {
        rows.everythingChanged(what === "config" ? "config" : "rows");
        services.incidents.everythingChanged();
      }
    },
  };
}
