import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { FastifyZodOpenApiTypeProvider } from "fastify-zod-openapi";
import { z } from "zod";
import type { Clock } from "../../ports/clock.ts";
import type { ConfigEvent, Row, State } from "../base/api-types.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { answers } from "../base/field-schemas.ts";
import { HttpProblem } from "../base/problem.ts";
import { sendJson } from "../base/send-json.ts";
import type { Containers } from "../rows/containers.ts";
import { type HealthSource, healthOf } from "../rows/health-view.ts";
import type { StatusRowCache } from "../rows/row-book.ts";
import { jsonOf } from "../rows/row-json.ts";
import { MAX_ROWS_AT_ONCE, matching, pageOf } from "../rows/state-query.ts";
import { canOf } from "./can.ts";
import { CSV_HEADER, csvLineOf } from "./state-csv.ts";

export interface StateDeps {
  readonly book: StatusRowCache;
  readonly containers: Containers;
  readonly health: HealthSource;
  readonly clock: Clock;
  readonly page: PageOptions;
  readonly version: string;
}

/** What the page is to know of its surroundings. */
export interface PageOptions {
  /** What is watched, in words, where the caller sees these namespaces. */
  readonly selector: (namespaces: readonly string[]) => string;
  /** Base address of the OpenShift console, without a trailing slash. */
  readonly consoleUrl: string | undefined;
  readonly cli: "oc" | "kubectl";
  readonly confirmSilence: State["confirmSilence"];
}

/** Bars of a timeline. */
const BUCKETS = 24;

const stateQuery = z.object({
  ns: z.string().max(10_000).optional(),
  state: z.string().max(100).optional(),
  q: z.string().max(200).optional(),
  view: z.enum(["problems", "all", "handled"]).optional(),
  sort: z.string().max(20).optional(),
  page: z.coerce.number().int().min(1).optional(),
  perPage: z.coerce.number().int().min(1).max(200).optional(),
  gone: z.enum(["show", "hide"]).optional(),
});
const csvQuery = stateQuery.omit({ page: true, perPage: true });

/** Rows of a spreadsheet that are written before others get their turn. */
const LINES_A_TURN = 1_000;

/** GET /api/v1/state: everything that the status screen shows, as of one moment. */
export function stateApi(deps: StateDeps) {
  const { book, health, clock, version } = deps;
  return function state(plain: FastifyInstance): void {
    plain.withTypeProvider<FastifyZodOpenApiTypeProvider>().get(
      "/state",
      {
        schema: {
          summary: "What the status page shows",
          description: `All rows, or above ${MAX_ROWS_AT_ONCE} of them one page of those that the query matches. Times are epoch milliseconds. GET /stream goes on from \`seq\`.`,
          tags: ["page"],
          querystring: stateQuery,
          response: answers(z.looseObject({ seq: z.int(), rows: z.array(z.looseObject({ id: z.string() })) })),
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        const settings = await settingsOf(deps, caller);
        const { seq, rows } = await book.read();
        const visible = [...rows.values()].filter(({ namespace }) => caller.sees(namespace));
        const now = clock.now();
        const state = { seq, serverNow: now, version, ...settings, health: await healthOf(health, caller) };
        if (visible.length <= MAX_ROWS_AT_ONCE) return sendJson(request, reply, withRows(state, visible));
        const page = pageOf(visible, given(request.query), { now, windowMs: settings.windowMs, stale: staleOf(deps) });
        return sendJson(request, reply, withRows({ ...state, paging: page.paging }, page.rows));
      },
    );

    plain.withTypeProvider<FastifyZodOpenApiTypeProvider>().get(
      "/state.csv",
      {
        schema: {
          summary: "The rows that a query matches, as a spreadsheet",
          description: "All of them, in their order, however many; RFC 4180 with a header line.",
          tags: ["page"],
          querystring: csvQuery,
          produces: ["text/csv"],
        },
      },
      async (request, reply) => {
        const caller = callerOf(request);
        const { can, windowMs, threshold } = await settingsOf(deps, caller);
        if (can.export !== true) throw new HttpProblem(403, can.export.reason);
        const { rows } = await book.read();
        const visible = [...rows.values()].filter(({ namespace }) => caller.sees(namespace));
        const context = { now: clock.now(), windowMs, threshold, stale: staleOf(deps) };
        const lines = matching(visible, given(request.query), context);
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
  for (let at = 0; at < rows.length; at += LINES_A_TURN) {
    yield rows
      .slice(at, at + LINES_A_TURN)
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

export type Settings = Omit<ConfigEvent, "type" | "seq" | "serverNow">;

/** The members of the state that change with the configuration and the caller's rights. */
export async function settingsOf(
  { containers, health, page }: Omit<StateDeps, "book" | "clock" | "version">,
  caller: Caller,
): Promise<Settings> {
  const { restartTimeframe, restartThreshold } = containers.policy();
  const namespaces = health.namespaces().map(({ namespace }) => namespace);
  return {
    windowMs: restartTimeframe,
    threshold: restartThreshold,
    bucketMs: restartTimeframe / BUCKETS,
    can: await canOf(
      caller,
      namespaces.filter((namespace) => caller.sees(namespace)),
    ),
    selector: page.selector(namespaces.filter((namespace) => caller.sees(namespace))),
    ...(page.consoleUrl === undefined ? {} : { consoleUrl: page.consoleUrl }),
    cli: page.cli,
    confirmSilence: page.confirmSilence,
  };
}

/** Rows are JSON already; the rest is small. */
function withRows(state: Omit<State, "rows">, rows: readonly Row[]): string {
  return `${JSON.stringify(state).slice(0, -1)},"rows":[${rows.map(jsonOf).join(",")}]}`;
}

function given<Query extends object>(query: Query): { [Name in keyof Query]: Exclude<Query[Name], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<Query>
  >;
}
