import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { type Duration, HOUR } from "../../core/model/time.ts";
import type { ActionStore } from "../../ports/activity.ts";
import type { Consumer } from "../../ports/delivery.ts";
import type { EvidenceStore } from "../../ports/evidence.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notifications } from "../../ports/notifications.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { notFound } from "../base/problem.ts";
import { readableEvidence } from "../rows/evidence-view.ts";
import { healthOf } from "../rows/health-view.ts";
import { incidentDetailsOf } from "../rows/incident-details.ts";
import type { IncidentFacts } from "../rows/incident-facts.ts";
import type { IncidentIndex } from "../rows/incident-index.ts";
import {
  countsOf,
  namespacesOf,
  quietOf,
  selectIncidents,
  sharedCauses,
  sortIncidents,
  unknownNamespaces,
  visibleIncidents,
} from "../rows/incident-list.ts";
import { type IncidentViewDeps, incidentView } from "../rows/incident-view.ts";
import type { NotificationLog } from "../rows/notification-log.ts";
import { answers } from "../schemas/fields.ts";
import { incidentDetails } from "../schemas/incident-details.ts";
import { incidentQuery } from "../schemas/incident-requests.ts";
import { type Incident, type IncidentList, incidentList } from "../schemas/incidents.ts";
import { type StateDeps, settingsOf } from "./state.ts";

export interface IncidentsDeps extends Omit<StateDeps, "rows"> {
  readonly incidents: IncidentIndex;
  readonly evidence: Pick<EvidenceStore, "get">;
  readonly actions: Pick<ActionStore, "actions">;
  readonly views: IncidentViews;
  readonly live: LiveState;
  readonly receivers: Notifications["receivers"];
}

/** Shows incidents to callers. */
export interface IncidentViews {
  of(facts: readonly IncidentFacts[], caller: Caller): Promise<readonly Incident[]>;
}

export interface IncidentViewsDeps extends Omit<IncidentViewDeps, "isPulled" | "log"> {
  readonly log: NotificationLog;
  readonly notifications: Pick<Notifications, "explain" | "receivers">;
  /** The consumers that pull alerts. */
  readonly consumers: () => Promise<readonly Pick<Consumer, "createdAt" | "lastSeenAt">[]>;
}

/** Of one incident, for its timeline. */
const MAX_ACTIONS = 100;
const PULLS_WITHIN: Duration = HOUR;

export function createIncidentViews(deps: IncidentViewsDeps): IncidentViews {
  return {
    async of(facts, caller) {
      const [consumers] = await Promise.all([deps.consumers(), deps.log.read()]);
      const since = deps.now() - PULLS_WITHIN;
      // The default consumer exists from the start on: only one that came back is in use.
      const isPulled = () =>
        consumers.some(({ createdAt, lastSeenAt }) => lastSeenAt > since && lastSeenAt > createdAt);
      return Promise.all(facts.map((one) => incidentView(one, caller, { ...deps, isPulled })));
    },
  };
}

/** Finds an incident that the caller sees. */
export async function visibleIncident(index: IncidentIndex, id: string, caller: Caller): Promise<IncidentFacts> {
  const facts = await index.find(id);
  if (facts === undefined || !caller.sees(facts.namespace)) throw notFound(`Incident ${id}`);
  return facts;
}

export const incidentParams = z.object({
  id: z
    .string()
    .max(600)
    .meta({
      description: "As one path segment: `/` is `%2F`. The key alone names the newest incident of the workload.",
      examples: ["shop%2FDeployment%2Fcheckout"],
    }),
});

/** GET /api/v1/incidents and /incidents/{id}. */
export function incidentsApi(deps: IncidentsDeps) {
  const { incidents: index, views, evidence, actions, containers, clock } = deps;
  return function incidents(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["incidents"];

    app.get(
      "/incidents",
      {
        schema: {
          summary: "Incidents by workload",
          description:
            "Failing workloads with severity, start, cause and handling. The alerts of one workload are one incident.",
          tags,
          querystring: incidentQuery,
          response: answers(incidentList),
        },
      },
      async (request) => {
        const { sort, group, page, perPage, ...selection } = request.query;
        const caller = callerOf(request);
        const { generation, incidents: all } = await index.read();
        const visible = visibleIncidents(all, caller);
        const { matching, hidden, severities } = await selectIncidents(visible, selection, caller);
        const { sorted, groups } = sortIncidents(matching, sort, group);
        const facts = sorted.slice((page - 1) * perPage, page * perPage);
        const counts = countsOf(visible);
        const items = await views.of(facts, caller);
        const answer: IncidentList = {
          generation,
          serverNow: clock.now(),
          version: deps.version,
          settings: await settingsOf(deps, caller),
          items,
          page,
          perPage,
          matching: matching.length,
          hidden,
          counts,
          severities,
          ...(groups === undefined ? {} : { groups }),
          shared: sharedCauses(visible, deps.page.cli),
          ...(await surroundingsOf(deps, visible, caller)),
          ...(counts.views.open === 0 ? { quiet: await quiet(visible, caller) } : {}),
        };
        return answer;
      },
    );

    app.get(
      "/incidents/:id",
      {
        schema: {
          summary: "The story of an incident",
          tags,
          params: incidentParams,
          response: answers(incidentDetails),
        },
      },
      async (request) => {
        const caller = callerOf(request);
        const facts = await visibleIncident(index, request.params.id, caller);
        const [incident] = await views.of([facts], caller);
        const worst = facts.causes[0]?.alerts[0];
        const stored = worst === undefined ? undefined : await evidence.get(worst);
        return incidentDetailsOf(facts, incident!, {
          live: deps.live,
          containers,
          cli: deps.page.cli,
          now: clock.now(),
          evidence: stored && (await readableEvidence(stored, facts.namespace, caller)),
          actions: await actions.actions({ about: facts.key, from: facts.span.openedAt, limit: MAX_ACTIONS }),
          gaps: deps.live.source.healthOf(facts.namespace)?.gaps ?? [],
          others: index.ofKey(facts.key).filter(({ id }) => id !== facts.id),
        });
      },
    );
  };

  async function quiet(visible: readonly IncidentFacts[], caller: Caller): Promise<NonNullable<IncidentList["quiet"]>> {
    const last = visible.toSorted((a, b) => b.span.resolvedAt - a.span.resolvedAt).slice(0, 1);
    const [lastIncident] = await views.of(last, caller);
    const seen = deps.health.namespaces().filter(({ namespace }) => caller.sees(namespace));
    // When a receiver was last notified of others does not concern a caller with access to some namespaces only.
    const reached = caller.seesAll
      ? deps
          .receivers()
          .flatMap(({ name, lastDeliveredAt }) =>
            lastDeliveredAt === undefined ? [] : [{ receiver: name, at: lastDeliveredAt }],
          )
      : (lastIncident?.handling.notified ?? []).map(({ receiver, at }) => ({ receiver, at }));
    return {
      ...(lastIncident === undefined ? {} : { lastIncident }),
      ...quietOf(visible, seen, index, clock.now()),
      reached,
    };
  }
}

/** The namespaces around the incidents, and the health of watching and notifying. */
async function surroundingsOf(
  { health, containers, clock }: IncidentsDeps,
  visible: readonly IncidentFacts[],
  caller: Caller,
): Promise<Pick<IncidentList, "namespaces" | "unknown" | "watched" | "receivers" | "problems">> {
  const seen = health.namespaces().filter(({ namespace }) => caller.sees(namespace));
  const { receivers, problems } = await healthOf(health, caller);
  const isConfirmed = seen.length > 0 && seen.every(({ syncedSince }) => syncedSince !== undefined);
  const confirmed = seen.map(({ lastSyncedAt }) => lastSyncedAt ?? clock.now());
  const watchedBefore = seen.flatMap(({ gaps }) => gaps.map(({ from }) => from));
  return {
    namespaces: namespacesOf(
      visible,
      seen.map(({ namespace }) => namespace),
    ),
    unknown: unknownNamespaces(seen, health.startedAt),
    watched: {
      containers: seen.reduce((sum, { namespace }) => sum + containers.count(namespace), 0),
      namespaces: seen.length,
      ...(isConfirmed ? { confirmedAt: Math.min(...confirmed) } : {}),
      startedAt: health.startedAt,
      firstAt: Math.min(health.startedAt, ...watchedBefore),
    },
    receivers,
    problems,
  };
}
