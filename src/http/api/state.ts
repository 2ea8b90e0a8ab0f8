import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { encodeTimes } from "../../core/view/api-times.ts";
import type { Clock } from "../../ports/clock.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";
import { sendJson } from "../base/send-json.ts";
import type { Containers } from "../rows/containers.ts";
import { type HealthSource, healthOf } from "../rows/health-view.ts";
import { jsonOf } from "../rows/row-json.ts";
import { MAX_ROWS_AT_ONCE, matching, pageOf } from "../rows/state-query.ts";
import type { StatusRowCache } from "../rows/status-row-cache.ts";
import { answers, answersText } from "../schemas/fields.ts";
import { type Row, type Settings, type State, stateQuery, state as stateSchema } from "../schemas/state.ts";
import { permissionsOf } from "./permissions.ts";
import { CSV_HEADER, csvLineOf } from "./state-csv.ts";

export interface StateDeps {
  readonly rows: StatusRowCache;
  readonly containers: Containers;
  readonly health: HealthSource;
  readonly clock: Clock;
  readonly page: PageOptions;
  readonly version: string;
}

/** Settings for the page. */
export interface PageOptions {
  /** The selection of namespaces, as shown to a caller who sees these namespaces. */
  readonly selector: (namespaces: readonly string[]) => string;
  /** Base address of the OpenShift console, without a trailing slash. */
  readonly consoleUrl: string | undefined;
  readonly cli: "oc" | "kubectl";
  readonly confirmSilence: State["confirmSilence"];
}

/** Bars of a timeline. */
const BUCKETS = 24;

const csvQuery = stateQuery.omit({ page: true, perPage: true });

/** CSV lines that are written before other work gets the event loop. */
const LINES_PER_SLICE = 1_000;

/** GET /api/v1/state and /state.csv: the rows of the status screen. */
export function stateApi(deps: StateDeps) {
  const { rows: rowCache, health, clock, version } = deps;
  return function state(plain: FastifyInstance): void {
    withApiTypes(plain).get(
      "/state",
      {
        schema: {
          summary: "The data of the status screen",
          description: `All rows, or above ${MAX_ROWS_AT_ONCE} of them one page of those that the query matches. GET /stream continues after \`seq\`.`,
          tags: ["page"],
          querystring: stateQuery,
          response: answers(stateSchema),
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        const settings = await settingsOf(deps, caller);
        const { seq, rows } = await rowCache.read();
        const visible = [...rows.values()].filter(({ namespace }) => caller.sees(namespace));
        const now = clock.now();
        const state = { seq, serverNow: now, version, ...settings, health: await healthOf(health, caller) };
        if (visible.length <= MAX_ROWS_AT_ONCE) return sendJson(request, reply, () => withRows(state, visible));
        const page = pageOf(visible, request.query, { now, windowMs: settings.windowMs, stale: staleOf(deps) });
        return sendJson(request, reply, () => withRows({ ...state, paging: page.paging }, page.rows));
      },
    );

    withApiTypes(plain).get(
      "/state.csv",
      {
        schema: {
          summary: "All rows that match a query, as CSV",
          description: "All of them, in their order, however many; RFC 4180 with a header line.",
          tags: ["page"],
          querystring: csvQuery,
          response: answersText("text/csv", "The rows."),
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        const { can, windowMs, threshold } = await settingsOf(deps, caller);
        if (can.export !== true) throw new HttpProblem(403, can.export.reason);
        const { rows } = await rowCache.read();
        const visible = [...rows.values()].filter(({ namespace }) => caller.sees(namespace));
        const context = { now: clock.now(), windowMs, threshold, stale: staleOf(deps) };
        const lines = matching(visible, request.query, context);
        return reply
          .type("text/csv; charset=utf-8")
          .header("cache-control", "no-store")
          .header("content-disposition", 'attachment; filename="pod-watcher.csv"')
          .send(Readable.from(inTurns(lines, context)));
      },
    );
  };
}

async function* inTurns(rows: readonly Row[], around: Parameters<typeof csvLineOf>[1]): AsyncGenerator<string> {
  yield CSV_HEADER;
  for (let at = 0; at < rows.length; at += LINES_PER_SLICE) {
    yield rows
      .slice(at, at + LINES_PER_SLICE)
      .map((row) => csvLineOf(row, around))
      .join("");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Namespaces whose cache is stale. */
function staleOf({ health }: StateDeps): ReadonlySet<string> {
  return new Set(
    health
      .namespaces()
      .filter(({ syncedSince }) => syncedSince === undefined)
      .map(({ namespace }) => namespace),
  );
}

/** The members of the state that depend on the configuration and the caller's permissions. */
export async function settingsOf(
  { containers, health, page }: Omit<StateDeps, "rows" | "clock" | "version">,
  caller: Caller,
): Promise<Settings> {
  const { restartTimeframe, restartThreshold } = containers.policy();
  const namespaces = health.namespaces().map(({ namespace }) => namespace);
  return {
    windowMs: restartTimeframe,
    threshold: restartThreshold,
    bucketMs: restartTimeframe / BUCKETS,
    can: await permissionsOf(
      caller,
      namespaces.filter((namespace) => caller.sees(namespace)),
    ),
    selector: page.selector(namespaces.filter((namespace) => caller.sees(namespace))),
    ...(page.consoleUrl === undefined ? {} : { consoleUrl: page.consoleUrl }),
    cli: page.cli,
    confirmSilence: page.confirmSilence,
  };
}

/** Rows are serialized once and cached; the rest is small. */
function withRows(state: Omit<State, "rows">, rows: readonly Row[]): string {
  return `${JSON.stringify(encodeTimes(state)).slice(0, -1)},"rows":[${rows.map(jsonOf).join(",")}]}`;
}
