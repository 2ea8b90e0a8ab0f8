import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { FastifyZodOpenApiTypeProvider } from "fastify-zod-openapi";
import { z } from "zod";
import { type Instant, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConfirmedDelivery, Delivery } from "../../ports/delivery.ts";
import type { Evidence } from "../../ports/evidence.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import type { AlertStore } from "../../ports/store.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { DEFAULT_CONSUMER } from "../base/consumer-names.ts";
import { HttpProblem, notFound } from "../base/problem.ts";
import { sendJsonBytes } from "../base/send-json.ts";
import { localTimeFormat } from "../base/time-text.ts";
import { type ClaimHandler, consumerName, pullQuery } from "../rows/claim-handler.ts";
import { type ClusterEvidence, clusterEvidence, mayNotRead } from "../rows/cluster-evidence.ts";
import type { Containers } from "../rows/containers.ts";
import { type LegacyAlert, legacyAlert, legacyContainer } from "../rows/legacy-status.ts";
import type { Pull } from "../rows/pull.ts";
import { answers, list } from "../schemas/fields.ts";
import { type NamespaceStatus, statusJson } from "./status-json.ts";

export interface LegacyDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "deliveries">;
  readonly evidence: Pick<Evidence, "events" | "pods">;
  readonly containers: Containers;
  readonly pull: Pull;
  readonly claimHandler: ClaimHandler;
  readonly clock: Clock;
  readonly options: LegacyOptions;
}

export interface LegacyOptions {
  /** host[:port] of the API server, for people. */
  readonly apiHost: string;
  /** IANA name; of the local times in the answers. */
  readonly timeZone: string;
  /** Whether /pod-restart-alerts carries the pods' events. */
  readonly includeEvents: boolean;
  readonly pageRefreshSeconds: number;
}

const claimQuery = pullQuery.extend({ consumer: consumerName.default(DEFAULT_CONSUMER) });
const namespaceParams = z.object({ namespace: z.string() });
const podParams = z.object({ namespace: z.string(), pod: z.string() });
const anything = z.unknown().meta({ type: "object" });
const tags = ["legacy"];
const objects = { tags, response: answers(list(anything), "Objects in the form of the Kubernetes API.") };
const inNamespace = { ...objects, params: namespaceParams };
const ofPod = { ...objects, params: podParams };

/** The endpoints of the Python Pod Watcher: docs/api.md, "Legacy endpoints". */
export function legacyRoutes(deps: LegacyDeps) {
  const { live, containers, claimHandler, clock, options } = deps;
  const localTime = localTimeFormat(options.timeZone);
  const evidence = clusterEvidence(deps.evidence, clock, localTime);
  const { confirmedDeliveriesTo, namespaceStatus, legacyAlerts } = createLegacyViews(deps, localTime, evidence);

  return function legacy(plain: FastifyInstance): void {
    const app = plain.withTypeProvider<FastifyZodOpenApiTypeProvider>();

    app.get(
      "/status",
      { schema: { summary: "Every container of every watched pod", tags, response: answers(anything) } },
      async (request, reply) => {
        const confirmedDeliveries = await confirmedDeliveriesTo(DEFAULT_CONSUMER);
        const seen = live.source.health().filter(({ namespace }) => callerOf(request).sees(namespace));
        const { restartTimeframe, restartThreshold } = containers.policy();
        const config = {
          host: options.apiHost,
          namespace: seen.map(({ namespace }) => namespace).join(","),
          pageRefreshSeconds: options.pageRefreshSeconds,
          timeframe: restartTimeframe / MINUTE,
          threshold: restartThreshold,
        };
        const pieces = statusJson(
          config,
          seen.map((health) => namespaceStatus(health, confirmedDeliveries)),
        );
        return reply.type("application/json; charset=utf-8").send(Readable.from(pieces, { objectMode: false }));
      },
    );

    app.route({
      method: ["GET", "POST"],
      url: "/pod-restart-alerts",
      schema: {
        summary: "Claim the due alerts and mark them as sent",
        tags,
        querystring: claimQuery,
        response: answers(list(anything)),
      },
      handler: (request, reply) => {
        const { consumer } = request.query;
        return claimHandler(request, reply, consumer, request.query, (deliveries, caller) =>
          legacyAlerts(caller, consumer, deliveries),
        );
      },
    });

    app.get(
      "/events/:namespace",
      { schema: { summary: "The events of a namespace, newest first", ...inNamespace } },
      async (request, reply) => {
        const { namespace } = request.params;
        requireWatched(request, namespace);
        await requireEvents(request, namespace);
        return sendJsonBytes(reply, await evidence.events(namespace));
      },
    );

    app.get(
      "/events/:namespace/:pod",
      { schema: { summary: "The events of one pod, newest first", ...ofPod } },
      async (request, reply) => {
        const { namespace, pod: name } = request.params;
        requireWatched(request, namespace);
        await requireEvents(request, namespace);
        const uid = live.source.pod(namespace, name)?.uid;
        const events = await evidence.events(namespace, { name, ...(uid === undefined ? {} : { uid }) });
        return sendJsonBytes(reply, events);
      },
    );

    app.get(
      "/pods/:namespace",
      { schema: { summary: "The pods of a namespace", ...inNamespace } },
      async (request, reply) => {
        requireWatched(request, request.params.namespace);
        return sendJsonBytes(reply, await evidence.pods(request.params.namespace));
      },
    );

    app.get("/pods/:namespace/:pod", { schema: { summary: "One pod", ...ofPod } }, async (request, reply) => {
      const { namespace, pod } = request.params;
      requireWatched(request, namespace);
      return sendJsonBytes(reply, await evidence.pods(namespace, pod));
    });
  };

  function requireWatched(request: FastifyRequest, namespace: string): void {
    if (containers.namespaces().includes(namespace) && callerOf(request).sees(namespace)) return;
    throw notFound(`Namespace ${namespace.slice(0, 63)}`);
  }

  async function requireEvents(request: FastifyRequest, namespace: string): Promise<void> {
    if (await callerOf(request).mayRead(namespace, "events")) return;
    throw new HttpProblem(403, mayNotRead(namespace, "events"), { missing: `list events in ${namespace}` });
  }
}

/** The responses in the form of the Python Pod Watcher. */
function createLegacyViews(
  { store, containers, pull, options }: LegacyDeps,
  localTime: (moment: Instant) => string,
  evidence: ClusterEvidence,
) {
  return { confirmedDeliveriesTo, namespaceStatus, legacyAlerts };

  async function confirmedDeliveriesTo(consumer: string): Promise<ReadonlyMap<string, ConfirmedDelivery>> {
    const confirmed = await store.deliveries.confirmedDeliveries(consumer);
    return new Map([...confirmed, ...pull.inFlight(consumer)].map((one) => [one.fingerprint, one]));
  }

  function namespaceStatus(
    health: NamespaceHealth,
    confirmedDeliveries: ReadonlyMap<string, ConfirmedDelivery>,
  ): NamespaceStatus {
    const { namespace, state, syncedSince, lastSyncedAt, problem } = health;
    return {
      namespace,
      pods: containers.pods(namespace),
      containers: (pod) =>
        containers
          .ofPod(pod)
          .map((view) =>
            legacyContainer(
              containers.sinceDelivery(view, confirmedDeliveries),
              containers.status(view, confirmedDeliveries),
              localTime,
            ),
          ),
      state,
      syncedSince: syncedSince === undefined ? "" : localTime(syncedSince),
      lastSyncedAt: lastSyncedAt === undefined ? "" : localTime(lastSyncedAt),
      ...(problem === undefined ? {} : { problem: problem.message }),
    };
  }

  async function legacyAlerts(
    caller: Caller,
    consumer: string,
    deliveries: readonly Delivery[],
  ): Promise<readonly LegacyAlert[]> {
    if (deliveries.length === 0) return [];
    const confirmedDeliveries = await confirmedDeliveriesTo(consumer);
    const alerts = deliveries.map((delivery) => {
      const view = containers.ofAlert(delivery.alert);
      const since = view && containers.sinceDelivery(view, confirmedDeliveries);
      return legacyAlert(delivery, since, confirmedDeliveries.get(delivery.alert.fingerprint)?.at, localTime);
    });
    if (!options.includeEvents) return alerts;
    const events = await evidence.eventsOfAlerts(
      deliveries.map(({ alert }) => alert),
      caller,
    );
    return alerts.map((alert, index) => ({ ...alert, ...events[index] }));
  }
}
