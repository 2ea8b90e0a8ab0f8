/**
 * The part of Alertmanager's API, version 2 (its api/v2/openapi.yaml), that amtool, karma and Grafana use: Pod Watcher
 * can be read, and silenced, as an Alertmanager. The access rules are those of /api/v1.
 */
import type { FastifyInstance } from "fastify";
import { stringify } from "yaml";
import type { Instant } from "../../core/model/time.ts";
import { encodeTime } from "../../core/view/api-times.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { callerOf } from "../base/caller.ts";
import type { ProblemDetails } from "../base/problem.ts";
import { alertsQuery, postableSilence, receiversQuery, silenceParams, silencesQuery } from "../schemas/alertmanager.ts";
import { type AlertmanagerAlertsDeps, createAlertmanagerAlerts } from "./alertmanager-alerts.ts";
import { createAlertmanagerSilences } from "./alertmanager-silences.ts";
import type { SilencesDeps } from "./silence-writer.ts";

export interface AlertmanagerApiDeps extends AlertmanagerAlertsDeps, SilencesDeps {
  readonly version: string;
  readonly startedAt: Instant;
}

export function alertmanagerApi(deps: AlertmanagerApiDeps) {
  const alerts = createAlertmanagerAlerts(deps);
  const silences = createAlertmanagerSilences(deps);

  return async function v2(plain: FastifyInstance): Promise<void> {
    const app = withApiTypes(plain);
    app.addHook("onSend", async (_request, reply, payload) => {
      if (!String(reply.getHeader("content-type")).startsWith("application/problem+json")) return payload;
      // Clients of Alertmanager expect a string.
      reply.type("application/json; charset=utf-8");
      return JSON.stringify((JSON.parse(String(payload)) as ProblemDetails).detail);
    });

    app.get("/status", { schema: { hide: true } }, async (request) => ({
      cluster: { status: "disabled", peers: [] },
      versionInfo: { version: deps.version, revision: "", branch: "", buildUser: "", buildDate: "", goVersion: "" },
      config: { original: configText(alerts.receivers(callerOf(request))) },
      uptime: encodeTime(deps.startedAt),
    }));

    app.get("/receivers", { schema: { hide: true, querystring: receiversQuery } }, async (request) => {
      // Receivers have no labels.
      return request.query.receiver_matchers.length > 0
        ? []
        : alerts.receivers(callerOf(request)).map((name) => ({ name }));
    });

    app.get("/alerts", { schema: { hide: true, querystring: alertsQuery } }, async (request) =>
      alerts.find(callerOf(request), request.query),
    );

    app.get("/alerts/groups", { schema: { hide: true, querystring: alertsQuery } }, async (request) =>
      alerts.groups(callerOf(request), request.query),
    );

    app.get("/silences", { schema: { hide: true, querystring: silencesQuery } }, async (request) =>
      silences.list(callerOf(request), request.query),
    );

    app.post("/silences", { schema: { hide: true, body: postableSilence } }, async (request) => ({
      silenceID: await silences.set(callerOf(request), request.body),
    }));

    app.get("/silence/:id", { schema: { hide: true, params: silenceParams } }, async (request) =>
      silences.get(callerOf(request), request.params.id),
    );

    app.delete("/silence/:id", { schema: { hide: true, params: silenceParams } }, async (request, reply) => {
      await silences.expire(callerOf(request), request.params.id);
      return reply.send();
    });
  };
}

/** The names of the receivers. Routes are shown by /api/v1/config. */
function configText(receivers: readonly string[]): string {
  return `# The configuration of Pod Watcher: see /api/v1/config.\n${stringify({ receivers: receivers.map((name) => ({ name })) })}`;
}
