import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Duration, SECOND } from "../../core/model/time.ts";
import { encodeTime, encodeTimes } from "../../core/view/api-times.ts";
import type { Timer } from "../../ports/clock.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import type { AcquireConnection } from "../base/connection-limit.ts";
import type { StreamGauge } from "../base/http-metrics.ts";
import { HttpProblem } from "../base/problem.ts";
import type { ChangeLogEntry } from "../rows/change-log.ts";
import { healthOf } from "../rows/health-view.ts";
import type { IncidentIndex, IncidentsChange } from "../rows/incident-index.ts";
import { countsOf, visibleIncidents } from "../rows/incident-list.ts";
import { jsonOf } from "../rows/row-json.ts";
import { answersText } from "../schemas/fields.ts";
import type { ConfigEvent, HealthEvent, Hello, IncidentsEvent } from "../schemas/stream.ts";
import type { IncidentViews } from "./incidents.ts";
import { type StateDeps, settingsOf } from "./state.ts";

export interface StreamDeps extends StateDeps {
  readonly incidents: IncidentIndex;
  readonly incidentViews: IncidentViews;
  /** The caller with current permissions; rejects when the credential has expired or cannot be checked for too long. */
  readonly renewCaller: (request: FastifyRequest) => Promise<Caller>;
  /** Aborted when the server closes: ends every stream. */
  readonly closing: AbortSignal;
  readonly acquireConnection: AcquireConnection;
  readonly streams: StreamGauge;
}

/** OpenShift's router closes connections that are idle for 30 s. */
const HEARTBEAT: Duration = 15 * SECOND;
/** Clients that do not read for this long are disconnected. */
const SLOW_CLIENT_TIMEOUT: Duration = 60 * SECOND;
/** Permissions are renewed at this interval, from the cache where possible. */
const RENEW_CALLER: Duration = 5 * SECOND;
/** A larger patch costs more than the state itself, which is compressed. */
const MAX_PATCH_ROWS = 5_000;
/** A page shows 40 of them. */
const MAX_INCIDENTS = 100;

/** GET /api/v1/stream: changes of the state as server-sent events (`StreamEvent`). */
export function streamApi(deps: StreamDeps) {
  return function stream(plain: FastifyInstance): void {
    withApiTypes(plain).get(
      "/stream",
      {
        exposeHeadRoute: false,
        schema: {
          summary: "Changes of the state, as server-sent events",
          description:
            "Events `hello`, `patch`, `incidents`, `health` and `config`, at most four a second, each with the number of the change as `id`. `Last-Event-ID` or `since` continues after that change. If too much was missed, `hello` has `resync: true`: fetch the state again. Events `incidents` are not repeated: fetch the list of incidents after each `hello`. With `rows=false` there is no `patch`. A comment every 15 s keeps the connection open.",
          tags: ["page"],
          querystring: z.strictObject({
            since: z.coerce.number().int().min(0).optional(),
            rows: z.enum(["true", "false"]).default("true").meta({ description: "Whether changes of rows are sent." }),
          }),
          response: answersText("text/event-stream", "The events."),
        },
      },
      async (request, reply) => {
        if (deps.closing.aborted) throw new HttpProblem(503, "The server is shutting down. Try again shortly.");
        const leave = await deps.acquireConnection(callerOf(request));
        deps.streams.opened();
        reply.raw.once("close", () => {
          leave();
          deps.streams.closed();
        });
        const given = request.headers["last-event-id"];
        const since = typeof given === "string" && /^\d{1,16}$/.test(given) ? Number(given) : request.query.since;
        await deps.rows.read();
        await serve(deps, request, reply, { since, withRows: request.query.rows === "true" });
        return reply;
      },
    );
  };
}

interface StreamOptions {
  readonly since: number | undefined;
  readonly withRows: boolean;
}

async function serve(
  deps: StreamDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { since, withRows }: StreamOptions,
) {
  const { rows, clock, health, version } = deps;
  const { raw } = reply;
  let caller = callerOf(request);
  let sent = rows.seq;
  let isFull = false;
  let tookAt = clock.monotonic();
  const timers: Timer[] = [];

  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });

  const write = (text: string) => {
    isFull = !raw.write(text);
  };
  const send = (type: string, seq: number, json: string) => {
    sent = seq;
    write(`id: ${seq}\nevent: ${type}\ndata: ${json}\n\n`);
  };
  const sendEvent = (event: Hello | HealthEvent | ConfigEvent | IncidentsEvent) =>
    send(event.type, event.seq, JSON.stringify(encodeTimes(event)));
  const hello = (seq: number, resync: boolean) =>
    sendEvent({ type: "hello", seq, serverNow: clock.now(), version, resync });

  function pass(entries: readonly ChangeLogEntry[]): void {
    const seq = entries.at(-1)?.seq;
    if (seq === undefined) return;
    const patch = withRows ? merged(entries, caller) : { rows: [], removed: [] };
    if (patch.rows.length > MAX_PATCH_ROWS) {
      hello(seq, true);
      return;
    }
    if (patch.rows.length > 0 || patch.removed.length > 0) {
      const head = `{"type":"patch","seq":${seq},"serverNow":"${encodeTime(clock.now())}"`;
      send("patch", seq, `${head},"rows":[${patch.rows.join(",")}],"removed":${JSON.stringify(patch.removed)}}`);
    }
    if (entries.some((entry) => entry.health)) sendHealth(seq).catch(() => raw.destroy());
    if (entries.some((entry) => entry.config)) sendSettings(seq).catch(() => raw.destroy());
    sent = seq;
  }

  async function sendHealth(seq: number): Promise<void> {
    const current = await healthOf(health, caller);
    if (raw.destroyed) return;
    sendEvent({ type: "health", seq: Math.max(seq, sent), serverNow: clock.now(), health: current });
  }

  async function sendSettings(seq: number): Promise<void> {
    const settings = await settingsOf(deps, caller);
    if (raw.destroyed) return;
    sendEvent({ type: "config", seq: Math.max(seq, sent), serverNow: clock.now(), ...settings });
  }

  async function sendIncidents(change: IncidentsChange): Promise<void> {
    const event = await incidentsEvent(deps, change, caller);
    if (event === undefined || raw.destroyed || isFull) return;
    sendEvent({ type: "incidents", seq: sent, serverNow: clock.now(), ...event });
  }

  /** Sends what was held back while the client did not read. If that is too much, the client must fetch the state again. */
  function catchUp(): void {
    isFull = false;
    tookAt = clock.monotonic();
    const missed = rows.since(sent);
    if (missed === undefined) hello(rows.seq, true);
    else pass(missed);
  }

  function repeat(every: Duration, action: () => void): void {
    const timer = clock.after(every, () => {
      timers.splice(timers.indexOf(timer), 1);
      action();
      if (!raw.destroyed) repeat(every, action);
    });
    timers.push(timer);
  }

  async function renew(): Promise<void> {
    const renewed = await deps.renewCaller(request).catch(() => undefined);
    const watched = health.namespaces();
    const seesNone = watched.length > 0 && !watched.some(({ namespace }) => renewed?.sees(namespace) === true);
    if (renewed === undefined || seesNone) {
      raw.end();
    } else if (!seesTheSame(deps, caller, renewed)) {
      caller = renewed;
      hello(rows.seq, true);
    } else {
      caller = renewed;
    }
  }

  const following = rows.follow((entry) => {
    if (!isFull) pass([entry]);
  });
  const followingIncidents = deps.incidents.follow((change) => {
    sendIncidents(change).catch(() => raw.destroy());
  });
  const end = () => raw.end();
  deps.closing.addEventListener("abort", end, { once: true });
  raw.on("drain", catchUp);
  raw.once("close", () => {
    following[Symbol.dispose]();
    followingIncidents[Symbol.dispose]();
    deps.closing.removeEventListener("abort", end);
    for (const timer of timers) timer.cancel();
  });
  raw.on("error", () => raw.destroy());

  const missed = since === undefined ? [] : rows.since(since);
  hello(missed === undefined || missed.length === 0 ? rows.seq : since!, missed === undefined);
  pass(missed ?? []);
  repeat(HEARTBEAT, () => {
    if (!isFull) return write(": \n\n");
    if (clock.monotonic() - tookAt > SLOW_CLIENT_TIMEOUT) raw.destroy();
  });
  repeat(RENEW_CALLER, () => void renew());
}

/** The part of a change that the caller sees; undefined when they see nothing of it. */
async function incidentsEvent(
  { incidents, incidentViews }: StreamDeps,
  { generation, changed, removed, isPartial }: IncidentsChange,
  caller: Caller,
): Promise<Pick<IncidentsEvent, "generation" | "changed" | "removed" | "isPartial" | "counts"> | undefined> {
  const seen = changed.filter(({ namespace }) => caller.sees(namespace));
  const gone = removed.filter(({ namespace }) => caller.sees(namespace));
  if (seen.length === 0 && gone.length === 0 && !isPartial) return undefined;
  const { incidents: all } = await incidents.read();
  return {
    generation,
    changed: await incidentViews.of(seen.slice(0, MAX_INCIDENTS), caller),
    removed: gone.map(({ id }) => id),
    ...(isPartial || seen.length > MAX_INCIDENTS ? { isPartial: true } : {}),
    counts: countsOf(visibleIncidents(all, caller)),
  };
}

/** Several changes as one: the newest version of each row that the caller sees. */
function merged(entries: readonly ChangeLogEntry[], caller: Caller) {
  const rows = new Map<string, string>();
  const removed = new Set<string>();
  for (const entry of entries) {
    for (const row of entry.changed) {
      if (!caller.sees(row.namespace)) continue;
      removed.delete(row.id);
      rows.set(row.id, jsonOf(row));
    }
    for (const { id, namespace } of entry.removed) {
      if (!caller.sees(namespace)) continue;
      rows.delete(id);
      removed.add(id);
    }
  }
  return { rows: [...rows.values()], removed: [...removed] };
}

function seesTheSame({ health }: StreamDeps, a: Caller, b: Caller): boolean {
  return health.namespaces().every(({ namespace }) => a.sees(namespace) === b.sees(namespace));
}
