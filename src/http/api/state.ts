import type { FastifyInstance } from "fastify";
import type { FastifyZodOpenApiTypeProvider } from "fastify-zod-openapi";
import { z } from "zod";
import type { Clock } from "../../ports.ts";
import { type Caller, callerOf } from "../caller.ts";
import type { Containers } from "../containers.ts";
import { sendJson } from "../send-json.ts";
import { canOf } from "./can.ts";
import { type HealthSource, healthOf } from "./health-view.ts";
import type { RowBook } from "./row-book.ts";
import { answers } from "./schema.ts";
import { MAX_ROWS_AT_ONCE, queryRows } from "./state-query.ts";
import type { ConfigEvent, State } from "./wire.ts";

export interface StateDeps {
  readonly book: RowBook;
  readonly containers: Containers;
  readonly health: HealthSource;
  readonly clock: Clock;
  readonly page: PageOptions;
  readonly version: string;
}

/** What the page is to know of its surroundings. */
export interface PageOptions {
  /** What is watched, in words. */
  readonly selector: string;
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
});

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
        const visible = [...rows.values()].filter(({ row }) => caller.sees(row.namespace));
        const state = { seq, serverNow: clock.now(), version, ...settings, health: await healthOf(health, caller) };
        if (visible.length <= MAX_ROWS_AT_ONCE) {
          return sendJson(
            request,
            reply,
            withRows(
              state,
              visible.map(({ json }) => json),
            ),
          );
        }
        const query = Object.fromEntries(Object.entries(request.query).filter(([, value]) => value !== undefined));
        const page = queryRows(
          visible.map(({ row }) => row),
          query,
          clock.now(),
        );
        return sendJson(
          request,
          reply,
          withRows(
            { ...state, paging: page.paging },
            page.rows.map((row) => JSON.stringify(row)),
          ),
        );
      },
    );
  };
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
    selector: page.selector,
    ...(page.consoleUrl === undefined ? {} : { consoleUrl: page.consoleUrl }),
    cli: page.cli,
    confirmSilence: page.confirmSilence,
  };
}

/** Rows are JSON already; the rest is small. */
function withRows(state: Omit<State, "rows">, rows: readonly string[]): string {
  return `${JSON.stringify(state).slice(0, -1)},"rows":[${rows.join(",")}]}`;
}
