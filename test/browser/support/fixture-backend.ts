import type { ServerResponse } from "node:http";
import { compileScope } from "../../../src/core/notify/silence.ts";
import { encodeTimes } from "../../../src/core/view/api-times.ts";
import type {
  AcknowledgeResponse,
  Calls,
  Incident,
  IncidentsChanged,
  IncidentsEvent,
  Patch,
  Row,
  Silence,
  SilenceRequest,
  SilenceScope,
  State,
} from "../../../src/http/base/api-types.ts";
import {
  exampleActivity,
  exampleConfig,
  exampleDetails,
  exampleEvents,
  exampleHealth,
  exampleHistory,
  exampleLog,
  exampleReceivers,
} from "./example-answers.ts";
import { exampleIncidentDetails } from "./example-incident-details.ts";
import { countsOf, exampleIncidentList } from "./example-incident-list.ts";
import { exampleIncidents } from "./example-incidents.ts";
import { problem } from "./problem.ts";

type Unnumbered<Event> = Omit<Event, "seq" | "serverNow">;

/** The state behind the scripted API. */
export interface Backend {
  state: State;
  silences: Silence[];
  incidents: Incident[];
  nextSeq(): number;
  apply(rows: readonly Row[], removed: readonly string[]): void;
  publish(event: Unnumbered<Patch> | Unnumbered<IncidentsEvent>): void;
  /** Overrides for calls: return a response, or throw a Refusal. */
  readonly answers: Map<keyof Calls, (request: CallRequest) => unknown>;
}

export interface CallRequest {
  readonly method: string;
  /** Below `api/v1/`. */
  readonly path: string;
  readonly url: URL;
  readonly body: unknown;
  readonly now: () => number;
}

/** Thrown by an override to respond with a problem. */
export class Refusal extends Error {
  readonly status: number;
  readonly more: object;

  constructor(status: number, title: string, more: object = {}) {
    super(title);
    this.status = status;
    this.more = more;
  }
}

export function createBackend(state: State, publish: Backend["publish"]): Backend {
  const backend: Backend = {
    state,
    silences: [],
    incidents: exampleIncidents(state.serverNow),
    answers: new Map(),
    publish,
    nextSeq() {
      backend.state = { ...backend.state, seq: backend.state.seq + 1 };
      return backend.state.seq;
    },
    apply(rows, removed) {
      const byId = new Map(backend.state.rows.map((row) => [row.id, row]));
      for (const row of rows) byId.set(row.id, row);
      for (const id of removed) byId.delete(id);
      backend.state = { ...backend.state, rows: [...byId.values()] };
    },
  };
  return backend;
}

type Handlers = {
  readonly [Name in keyof Calls]: (backend: Backend, request: CallRequest & { id: string }) => Calls[Name]["answer"];
};

const HANDLERS: Handlers = {
  "GET me": ({ state }) => ({
    user: "jdoe",
    mode: "kubernetes",
    csrf: "csrf-token",
    can: state.can,
    signOut: "session",
  }),
  "POST session": ({ state }) => ({ user: "jdoe", mode: "token", csrf: "csrf-token", can: state.can }),
  "DELETE session": () => ({}),
  "GET state": ({ state }, { now }) => ({ ...state, serverNow: now() }),
  "GET health": ({ state }, { now }) => exampleHealth(state, now()),
  "GET config": () => exampleConfig(),
  "GET incidents": ({ incidents, state }, { url, now }) =>
    exampleIncidentList(incidents, state, url.searchParams, now()),
  "GET incidents/{id}": ({ incidents }, { id, now }) => {
    const incident = incidents.find((each) => each.id === id || each.key === id);
    if (incident === undefined) throw new Refusal(404, "No such incident");
    return exampleIncidentDetails(incident, now());
  },
  "POST incidents/{id}/acknowledge": (backend, { id, body, now }) =>
    handle(backend, [id], acknowledged(body as object, now())),
  "POST incidents/{id}/unacknowledge": (backend, { id }) => handle(backend, [id], unacknowledged),
  "POST incidents/acknowledge": (backend, { body, now }) =>
    handle(backend, (body as Calls["POST incidents/acknowledge"]["body"]).ids, acknowledged(body as object, now())),
  "POST incidents/unacknowledge": (backend, { body }) =>
    handle(backend, (body as Calls["POST incidents/unacknowledge"]["body"]).ids, unacknowledged),
  "POST incidents/silence": (backend, { body, now }) => {
    const { ids, until, reason } = body as Calls["POST incidents/silence"]["body"];
    const silenced = { id: "s-incidents", by: "jdoe", from: now(), until, reason };
    return {
      ...handle(backend, ids, (handling) => ({ ...handling, attention: false, silenced })),
      silences: [silenced.id],
    };
  },
  "GET containers/{id}": ({ state, incidents }, { id, now }) =>
    exampleDetails(rowOf(state, id, incidents), state, now()),
  "GET containers/{id}/events": ({ state, incidents }, { id, now }) =>
    exampleEvents(rowOf(state, id, incidents), now()),
  "GET containers/{id}/log": (_backend, { url }) => exampleLog(url.searchParams.get("previous") === "true"),
  "POST acknowledge": (backend, { body, now }) => {
    const { subjects, note, notifyOnWorsening = true } = body as Calls["POST acknowledge"]["body"];
    const ack = { by: "jdoe", at: now(), notifyOnWorsening, ...(note === undefined ? {} : { note }) };
    return changeRows(backend, subjects, (row) => ({ ...row, ack }));
  },
  "POST unacknowledge": (backend, { body }) => {
    const { subjects } = body as Calls["POST unacknowledge"]["body"];
    return changeRows(backend, subjects, ({ ack: _ack, ...row }) => row);
  },
  "GET silences": (backend) => ({ silences: backend.silences }),
  "POST silences/preview": ({ state, silences }, { body }) => {
    const { scopes } = body as Calls["POST silences/preview"]["body"];
    const under = state.rows.filter((row) => scopes.some((scope) => covers(scope, row)));
    const failing = under.filter((row) => row.state !== "Normal");
    return {
      containers: under.length,
      failing: failing.length,
      examples: failing.slice(0, 20).map(({ id, state: of }) => ({ id, state: of })),
      conflicts: silences.filter(
        (silence) => silence.state === "active" && scopes.some((scope) => same(scope, silence.scope)),
      ),
    };
  },
  "PUT silences/{id}": (backend, { id, body, now }) => {
    const request = body as SilenceRequest;
    if (request.reason.trim() === "") throw new Refusal(422, "A reason is required");
    if (backend.silences.some((silence) => silence.id === id)) {
      return changeSilence(backend, id, (silence) => ({ ...silence, ...request }));
    }
    const conflicts = backend.silences.filter(
      (silence) => silence.state === "active" && same(request.scope, silence.scope),
    );
    if (conflicts.length > 0 && request.evenIfSilenced !== true)
      throw new Refusal(409, "Already silenced", { conflicts });
    const silence = makeSilence(backend, id, request, now());
    backend.silences.push(silence);
    if (silence.state === "active") showSilence(backend, silence);
    return silence;
  },
  "DELETE silences/{id}": (backend, { id, now }) =>
    changeSilence(backend, id, (silence) => ({
      ...silence,
      state: "expired",
      endedAt: now(),
      endedBecause: "ended by jdoe",
    })),
  "GET history": ({ state }, { now, url }) => {
    const row = url.searchParams.get("row");
    return row === null ? exampleActivity(now(), url.searchParams) : exampleHistory(rowOf(state, row), now());
  },
  "GET receivers": () => ({ receivers: exampleReceivers() }),
  "POST receivers/{name}/test": () => ({ delivered: true, latencyMs: 182 }),
  "POST notifications/{id}/resend": () => ({}),
};

export async function answerCall(backend: Backend, request: CallRequest, response: ServerResponse): Promise<void> {
  for (const name of Object.keys(HANDLERS) as (keyof Calls)[]) {
    const [method, template = ""] = name.split(" ");
    const match = new RegExp(`^${template.replace(/\{\w+\}/, "([^/]+)")}$`).exec(request.path);
    if (method !== request.method || match === null) continue;
    try {
      const handler =
        backend.answers.get(name) ??
        ((call: CallRequest) => HANDLERS[name](backend, { ...call, id: decodeURIComponent(match[1] ?? "") }));
      const answer = await handler(request);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(encodeTimes(answer ?? {})));
    } catch (error) {
      if (error instanceof Refusal) problem(response, error.status, error.message, error.more);
      else problem(response, 500, "Internal error");
    }
    return;
  }
  problem(response, 404, "No such call", { detail: `${request.method} ${request.path}` });
}

type Handling = Incident["handling"];

const acknowledged =
  ({ by = "jdoe", note }: { readonly by?: string; readonly note?: string }, at: number) =>
  (handling: Handling): Handling => ({
    ...handling,
    attention: false,
    ack: { by, at, ...(note === undefined ? {} : { note }) },
  });

const unacknowledged = ({ ack: _ack, ...handling }: Handling): Handling => ({
  ...handling,
  attention: handling.silenced === undefined,
});

/** Changes the handling of these incidents; without ids, of all that need attention. */
function handle(
  backend: Backend,
  ids: readonly string[] | undefined,
  change: (handling: Handling) => Handling,
): IncidentsChanged {
  const items = backend.incidents
    .filter(({ id, handling }) => ids?.includes(id) ?? handling.attention)
    .map((incident) => ({ ...incident, handling: change(incident.handling) }));
  const byId = new Map(items.map((item) => [item.id, item]));
  backend.incidents = backend.incidents.map((incident) => byId.get(incident.id) ?? incident);
  backend.publish({
    type: "incidents",
    generation: backend.state.seq + 1,
    changed: items,
    removed: [],
    counts: countsOf(backend.incidents),
  });
  const missing = ids?.filter((id) => !byId.has(id)) ?? [];
  return { changed: items.length, items, skipped: missing.map((id) => ({ id, reason: "No such incident." })) };
}

function rowOfIncident(incidents: readonly Incident[], id: string): Row | undefined {
  const incident = incidents.find(({ row }) => row === id);
  if (incident === undefined) return undefined;
  const [namespace = "", pod = "", container = ""] = id.split("/");
  const owner = incident.workload === undefined ? {} : { owner: incident.workload };
  return { id, scope: "container", namespace, pod, container, state: "Failure", ...owner };
}

/** A row of the state, or the one of an incident. */
function rowOf(state: State, id: string, incidents: readonly Incident[] = []): Row {
  const row = state.rows.find((each) => each.id === id) ?? rowOfIncident(incidents, id);
  if (row === undefined) throw new Refusal(404, "Not known", { detail: `No row ${id}` });
  return row;
}

function changeRows(
  backend: Backend,
  subjects: Calls["POST acknowledge"]["body"]["subjects"],
  change: (row: Row) => Row,
): AcknowledgeResponse {
  const ids = subjects.map((subject) => ("row" in subject ? subject.row : subject.alert));
  const rows = backend.state.rows.filter((row) => ids.includes(row.id) && row.alerts !== undefined).map(change);
  const done = new Set(rows.map((row) => row.id));
  backend.apply(rows, []);
  backend.publish({ type: "patch", rows, removed: [] });
  return {
    rows,
    skipped: ids.filter((id) => !done.has(id)).map((subject) => ({ subject, reason: "Nothing is firing." })),
  };
}

export function covers(scope: SilenceScope, row: Row): boolean {
  switch (scope.kind) {
    case "everything":
      return true;
    case "namespace":
      return row.namespace === scope.namespace;
    case "workload":
      return row.namespace === scope.namespace && row.owner === scope.workload;
    case "pod":
      return row.namespace === scope.namespace && row.pod === scope.pod;
    case "container":
      return row.namespace === scope.namespace && row.pod === scope.pod && row.container === scope.container;
    case "matchers":
      return compileScope(scope)({
        alertname: "PodCrashLooping",
        namespace: row.namespace,
        ...(row.owner === undefined ? {} : { workload: row.owner }),
        ...(row.pod === undefined ? {} : { pod: row.pod }),
        ...(row.container === undefined ? {} : { container: row.container }),
      });
  }
}

function same(a: SilenceScope, b: SilenceScope): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

function makeSilence(backend: Backend, id: string, request: SilenceRequest, at: number): Silence {
  const { scope } = request;
  const under = backend.state.rows.filter((row) => covers(scope, row));
  return {
    id,
    scope,
    state: (request.from ?? at) > at ? "upcoming" : "active",
    from: request.from ?? at,
    until: request.until,
    reason: request.reason,
    by: "jdoe",
    createdAt: at,
    endWhenNormal: request.endWhenNormal ?? false,
    ...(request.repeat === undefined ? {} : { repeat: request.repeat }),
    matches: under.length,
    failing: under.filter((row) => row.state !== "Normal").length,
  };
}

function showSilence(backend: Backend, { id, scope, by, from, until, reason }: Silence): void {
  const rows = backend.state.rows
    .filter((row) => covers(scope, row))
    .map((row) => ({ ...row, silenced: { id, by, from, until, reason } }));
  backend.apply(rows, []);
  backend.publish({ type: "patch", rows, removed: [] });
}

function changeSilence(backend: Backend, id: string, change: (silence: Silence) => Silence): Silence {
  const place = backend.silences.findIndex((silence) => silence.id === id);
  const before = backend.silences[place];
  if (before === undefined) throw new Refusal(404, "No such silence");
  const after = change(before);
  backend.silences[place] = after;
  return after;
}
