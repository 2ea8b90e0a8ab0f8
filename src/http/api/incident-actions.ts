import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { incidentKey } from "../../core/incident/key.ts";
import type { IncidentView } from "../../core/incident/views.ts";
import type { Acknowledgement, Alert } from "../../core/model/alert.ts";
import type { Action, ActionStore } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { SilenceAccess } from "../../ports/silences.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerName, callerOf } from "../base/caller.ts";
import { HttpProblem, readOnly } from "../base/problem.ts";
import type { IncidentFacts } from "../rows/incident-facts.ts";
import type { IncidentIndex } from "../rows/incident-index.ts";
import { selectIncidents, visibleIncidents } from "../rows/incident-list.ts";
import { answers } from "../schemas/fields.ts";
import {
  type IncidentsChanged,
  incidentAcknowledge,
  incidentsAcknowledge,
  incidentsChanged,
  incidentsSilence,
  incidentsUnacknowledge,
  incidentUnacknowledge,
} from "../schemas/incident-requests.ts";
import type { AcknowledgeDeps } from "./acknowledge.ts";
import { type IncidentViews, incidentParams, visibleIncident } from "./incidents.ts";

export interface IncidentActionsDeps {
  readonly incidents: IncidentIndex;
  readonly views: IncidentViews;
  readonly live: LiveState;
  readonly acknowledge: AcknowledgeDeps["acknowledge"];
  readonly silences: Pick<SilenceAccess, "create">;
  readonly clock: Clock;
  readonly log: ActionStore["log"];
  /** A silence was created. */
  readonly silenced: (action: Omit<Action, "at">) => void;
}

interface Chosen {
  readonly ids?: readonly string[];
  readonly filter?: {
    readonly view: IncidentView;
    readonly severity?: string;
    readonly ns?: string;
    readonly q?: string;
  };
}

type Skipped = IncidentsChanged["skipped"];

/** Alerts that are acknowledged at once, so that other work gets the event loop in between. */
const AT_ONCE = 500;
const MAX_ITEMS = 200;
const NOT_FOUND = "It does not exist, or you have no permission to see it.";
const OVER = "It is resolved.";

/** Acknowledges and silences incidents, one or many. */
export function incidentActionsApi(deps: IncidentActionsDeps) {
  const { incidents: index, clock } = deps;
  const { choose, acknowledge, silence } = createIncidentActions(deps);
  return function incidentActions(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const schema = (summary: string, body: object, description?: string) =>
      ({
        summary,
        tags: ["incidents"],
        body,
        response: answers(incidentsChanged),
        ...(description === undefined ? {} : { description }),
      }) as const;
    const COVERS =
      "No more notifications until it is resolved or, with `notifyOnWorsening`, gets worse. Later pods of the same workload that fail for the same cause are covered too.";

    app.post(
      "/incidents/:id/acknowledge",
      {
        schema: {
          ...schema("Acknowledge an incident", incidentAcknowledge, COVERS),
          params: incidentParams,
          body: incidentAcknowledge,
        },
      },
      async (request) => {
        const caller = callerOf(request);
        const facts = await visibleIncident(index, request.params.id, caller);
        return acknowledge([facts], [], caller, acknowledgementOf(request.body, caller));
      },
    );

    app.post(
      "/incidents/:id/unacknowledge",
      {
        schema: {
          ...schema("Remove the acknowledgement of an incident", incidentUnacknowledge),
          params: incidentParams,
          body: incidentUnacknowledge,
        },
      },
      async (request) => {
        const caller = callerOf(request);
        const facts = await visibleIncident(index, request.params.id, caller);
        return acknowledge([facts], [], caller, undefined, callerName(caller, request.body.by));
      },
    );

    app.post(
      "/incidents/acknowledge",
      { schema: { ...schema("Acknowledge incidents", incidentsAcknowledge, COVERS), body: incidentsAcknowledge } },
      async (request) => {
        const caller = callerOf(request);
        const { chosen, skipped } = await choose(request.body as Chosen, caller);
        return acknowledge(chosen, skipped, caller, acknowledgementOf(request.body, caller));
      },
    );

    app.post(
      "/incidents/unacknowledge",
      {
        schema: {
          ...schema("Remove the acknowledgements of incidents", incidentsUnacknowledge),
          body: incidentsUnacknowledge,
        },
      },
      async (request) => {
        const caller = callerOf(request);
        const { chosen, skipped } = await choose(request.body as Chosen, caller);
        return acknowledge(chosen, skipped, caller, undefined, callerName(caller, request.body.by));
      },
    );

    app.post(
      "/incidents/silence",
      {
        schema: {
          ...schema(
            "Silence the workloads of incidents",
            incidentsSilence,
            "One silence for each workload or namespace.",
          ),
          body: incidentsSilence,
        },
      },
      async (request) => {
        const caller = callerOf(request);
        const { until, reason, endWhenNormal, by } = request.body;
        const { chosen, skipped } = await choose(request.body as Chosen, caller);
        return silence(chosen, skipped, caller, { until, reason, endWhenNormal, by: callerName(caller, by) });
      },
    );
  };

  function acknowledgementOf(
    {
      note,
      notifyOnWorsening,
      by,
    }: { readonly note: string; readonly notifyOnWorsening: boolean; readonly by?: string },
    caller: Caller,
  ): Acknowledgement {
    return { by: callerName(caller, by), at: clock.now(), note, notifyOnWorsening, coversIncident: true };
  }
}

/** Chooses incidents and changes them. */
function createIncidentActions(deps: IncidentActionsDeps) {
  const { incidents: index, views, clock } = deps;
  return { choose, acknowledge, silence };

  async function choose(
    { ids, filter }: Chosen,
    caller: Caller,
  ): Promise<{ chosen: readonly IncidentFacts[]; skipped: Skipped }> {
    const { incidents: all } = await index.read();
    const visible = visibleIncidents(all, caller);
    if (filter !== undefined) return { chosen: (await selectIncidents(visible, filter, caller)).matching, skipped: [] };
    const found = await Promise.all((ids ?? []).map((id) => index.find(id)));
    const chosen = new Set(
      found.filter((facts) => facts !== undefined && caller.sees(facts.namespace)) as IncidentFacts[],
    );
    const skipped = (ids ?? []).filter((_, at) => !chosen.has(found[at]!)).map((id) => ({ id, reason: NOT_FOUND }));
    return { chosen: [...new Map([...chosen].map((facts) => [facts.id, facts])).values()], skipped };
  }

  /** The incidents that the caller may change. Throws 403 when they have read-only access to all of it. */
  async function writable(chosen: readonly IncidentFacts[], skipped: Skipped, caller: Caller) {
    const namespaces = [...new Set(chosen.map(({ namespace }) => namespace))];
    const may = new Map(
      await Promise.all(namespaces.map(async (namespace) => [namespace, await caller.mayWrite(namespace)] as const)),
    );
    const denied = chosen.filter(({ namespace }) => may.get(namespace) !== true);
    if (denied[0] !== undefined && denied.length === chosen.length) throw readOnly(denied[0].namespace);
    const allowed = chosen.filter(({ namespace }) => may.get(namespace) === true);
    const isOpen = ({ phase }: IncidentFacts) => phase !== "resolved";
    return {
      open: allowed.filter(isOpen),
      skipped: [
        ...skipped,
        ...denied.map(({ id, namespace }) => ({ id, reason: readOnly(namespace).message })),
        ...allowed.filter((facts) => !isOpen(facts)).map(({ id }) => ({ id, reason: OVER })),
      ],
    };
  }

  async function acknowledge(
    chosen: readonly IncidentFacts[],
    before: Skipped,
    caller: Caller,
    acknowledgement: Acknowledgement | undefined,
    by: string = acknowledgement?.by ?? "",
  ): Promise<IncidentsChanged> {
    const { open, skipped } = await writable(chosen, before, caller);
    const alerts = alertsOf(new Set(open.map(({ key }) => key)), acknowledgement === undefined);
    for (let at = 0; at < alerts.length; at += AT_ONCE) {
      const some = alerts.slice(at, at + AT_ONCE);
      await Promise.all(some.map(({ fingerprint }) => deps.acknowledge(fingerprint, acknowledgement)));
    }
    if (open.length > 0) {
      const action = acknowledgement === undefined ? "unack" : "ack";
      const note = acknowledgement?.note ? { note: acknowledgement.note } : {};
      await deps.log({ at: clock.now(), by, action, about: open.map(({ key }) => key), ...note });
    }
    return changed(open, skipped, caller);
  }

  /** The firing and pending alerts; to remove acknowledgements, also resolved ones, which would cover later pods. */
  function alertsOf(keys: ReadonlySet<string>, withResolved: boolean): readonly Alert[] {
    return [...deps.live.alerts()].filter(
      ({ state, labels, acknowledgement }) =>
        keys.has(incidentKey(labels)) &&
        (state.name !== "resolved" || (withResolved && acknowledgement?.coversIncident === true)),
    );
  }

  async function silence(
    chosen: readonly IncidentFacts[],
    before: Skipped,
    caller: Caller,
    request: { readonly until: number; readonly reason: string; readonly endWhenNormal: boolean; readonly by: string },
  ): Promise<IncidentsChanged> {
    const { open, skipped } = await writable(chosen, before, caller);
    if (request.until <= clock.now()) throw new HttpProblem(400, "The silence would be over: choose a later end.");
    const made: string[] = [];
    for (const { namespace, workload } of open) {
      const scope =
        workload === undefined
          ? ({ kind: "namespace", namespace } as const)
          : workload.startsWith("Pod/")
            ? ({ kind: "pod", namespace, pod: workload.slice("Pod/".length) } as const)
            : ({ kind: "workload", namespace, workload } as const);
      const id = `s-${Math.floor(clock.random() * 2 ** 48)
        .toString(36)
        .padStart(10, "0")}`;
      await deps.silences.create({ id, scope, ...request }).catch((error: unknown) => {
        throw error instanceof RangeError ? new HttpProblem(400, error.message) : error;
      });
      made.push(id);
      await yieldToEventLoop();
    }
    if (made.length > 0) deps.silenced({ by: request.by, action: "silence", about: made });
    return { ...(await changed(open, skipped, caller)), silences: made };
  }

  async function changed(open: readonly IncidentFacts[], skipped: Skipped, caller: Caller): Promise<IncidentsChanged> {
    const now = await Promise.all(open.slice(0, MAX_ITEMS).map(({ id }) => index.find(id)));
    const items = await views.of(
      now.filter((facts) => facts !== undefined),
      caller,
    );
    return { changed: open.length, items, skipped };
  }
}
