import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeTimes, encodeTimes } from "../../../src/core/view/api-times.ts";
import { CSV_HEADER, csvLineOf } from "../../../src/http/api/state-csv.ts";
import type { Health, Incident, Row, State, StreamEvent } from "../../../src/http/base/api-types.ts";
import { matching } from "../../../src/http/rows/state-query.ts";
import { countsOf } from "./example-incident-list.ts";
import { answerCall, type Backend, createBackend } from "./fixture-backend.ts";
import { pageFiles } from "./page-files.ts";
import { problem } from "./problem.ts";

/** How the server responds to all calls. */
export type Mood = "well" | "unavailable" | "login" | "unauthorized" | "forbidden";

export interface FixtureServer extends AsyncDisposable {
  readonly url: string;
  readonly backend: Backend;
  /** Every API call so far. */
  readonly calls: readonly RecordedCall[];
  /** Streams that are open now. */
  streams(): number;
  setMood(mood: Mood): void;
  /** Replaces the state without notifying open pages. */
  setState(state: State): void;
  push(rows: readonly Row[], removed?: readonly string[]): void;
  /** Replaces the incidents and notifies open pages. */
  pushIncidents(incidents: readonly Incident[]): void;
  pushHealth(health: Health): void;
  pushConfig(change: Partial<State>): void;
  /** Cuts all streams. Resuming works unless `forget` is set, which simulates a restart of the server. */
  drop(options?: { readonly forget?: boolean; readonly version?: string }): void;
  now(): number;
}

export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

interface FixtureOptions {
  readonly state: State;
  /** The folder of the built page. */
  readonly page: string;
  /** A path prefix such as `/pods`, as stripped by a proxy. */
  readonly prefix?: string;
  /** Stops its clock, for tests that must not depend on the load time of the page. */
  readonly frozen?: boolean;
}

/** The built page and a scripted API behind it, for states that a real cluster does not show on demand. */
export async function startFixture({
  state,
  page,
  prefix = "",
  frozen = false,
}: FixtureOptions): Promise<FixtureServer> {
  const startedAt = Date.now();
  const now = () => backend.state.serverNow + (frozen ? 0 : Date.now() - startedAt);
  const backend = createBackend(state, publish);
  const files = pageFiles(page);
  const calls: RecordedCall[] = [];
  const open = new Set<ServerResponse>();
  let sent: StreamEvent[] = [];
  let mood: Mood = "well";

  function publish(event: Parameters<Backend["publish"]>[0]): void {
    const seq = backend.nextSeq();
    write({ ...event, seq, serverNow: now() });
  }

  function write(event: StreamEvent): void {
    sent.push(event);
    for (const response of open) writeEvent(response, event);
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://page");
    if (!url.pathname.startsWith(`${prefix}/`)) return void response.writeHead(404).end();
    const path = url.pathname.slice(prefix.length);
    if (!path.startsWith("/api/")) return files(path, request, response);
    if (mood === "unavailable") return problem(response, 503, "Not ready yet");
    if (mood === "unauthorized")
      return problem(response, 401, "Not signed in", { signIn: { kind: "token", hint: "oc whoami -t" } });
    if (mood === "login") return void response.writeHead(302, { location: "/oauth/start" }).end();
    if (mood === "forbidden") return problem(response, 403, "Forbidden", { missing: "get pods in any namespace" });
    if (path === "/api/v1/stream") return stream(request, response);
    if (path === "/api/v1/state.csv") return csv(url, response);
    const body = await readBody(request);
    calls.push({ method: request.method ?? "", path, query: url.search, headers: request.headers, body });
    await answerCall(
      backend,
      { method: request.method ?? "", path: path.slice("/api/v1/".length), url, body, now },
      response,
    );
  });

  function stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    const since = Number(request.headers["last-event-id"]);
    const missed = sent.filter((event) => event.seq > since);
    const first = sent[0]?.seq ?? backend.state.seq + 1;
    const resync = !(since >= first - 1);
    const hello = {
      type: "hello",
      seq: resync ? backend.state.seq : since,
      serverNow: now(),
      version: backend.state.version,
      resync,
    } as const;
    writeEvent(response, hello);
    if (!resync) for (const event of missed) writeEvent(response, event);
    open.add(response);
    response.on("close", () => open.delete(response));
  }

  function csv(url: URL, response: ServerResponse): void {
    const { rows, windowMs, threshold } = backend.state;
    const context = { now: now(), windowMs, threshold, stale: new Set<string>() };
    const lines = matching(rows, Object.fromEntries(url.searchParams), context).map((row) => csvLineOf(row, context));
    response.writeHead(200, {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="pod-watcher.csv"',
    });
    response.end([CSV_HEADER, ...lines].join(""));
  }

  const heartbeat = setInterval(() => {
    for (const response of open) response.write(": beat\n\n");
  }, 5_000);

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}/`,
    backend,
    calls,
    streams: () => open.size,
    setMood(next) {
      mood = next;
    },
    setState(next) {
      backend.state = next;
      sent = [];
    },
    push(rows, removed = []) {
      backend.apply(rows, removed);
      publish({ type: "patch", rows, removed });
    },
    pushIncidents(incidents) {
      const removed = backend.incidents.filter(({ id }) => !incidents.some((each) => each.id === id));
      backend.incidents = [...incidents];
      const counts = countsOf(backend.incidents);
      publish({
        type: "incidents",
        generation: backend.state.seq + 1,
        changed: incidents,
        removed: removed.map(({ id }) => id),
        counts,
      });
    },
    pushHealth(health) {
      backend.state = { ...backend.state, health };
      write({ type: "health", seq: backend.nextSeq(), serverNow: now(), health });
    },
    pushConfig(change) {
      backend.state = { ...backend.state, ...change };
      const { windowMs, threshold, bucketMs, can, selector, cli, confirmSilence } = backend.state;
      const event = { windowMs, threshold, bucketMs, can, selector, cli, confirmSilence };
      write({ type: "config", seq: backend.nextSeq(), serverNow: now(), ...event });
    },
    drop({ forget = false, version } = {}) {
      if (forget) sent = [];
      if (forget) backend.nextSeq();
      if (version !== undefined) backend.state = { ...backend.state, version };
      for (const response of open) response.destroy();
    },
    now,
    async [Symbol.asyncDispose]() {
      clearInterval(heartbeat);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function writeEvent(response: ServerResponse, event: StreamEvent): void {
  response.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(encodeTimes(event))}\n\n`);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const piece of request) text += String(piece);
  return text === "" ? undefined : decodeTimes(JSON.parse(text));
}
