import type { FastifyInstance } from "fastify";
import type { Clock } from "../../ports/clock.ts";
import type { AlertStore } from "../../ports/store.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { badge } from "./badge.ts";
import { feed } from "./feed.ts";
import type { Overview } from "./overview.ts";

export type OverviewFor = (caller: Caller) => Promise<Overview>;

export interface OverviewRoutesDeps {
  readonly overviewFor: OverviewFor;
  readonly store: Pick<AlertStore, "transitions">;
  readonly clock: Clock;
  /** All that are watched now. */
  readonly namespaces: () => readonly string[];
  /** Where people reach the page, without a trailing slash; undefined: links are relative to the feed. */
  readonly publicUrl: string | undefined;
}

/** How far back the feed goes. */
const FEED_ENTRIES = 100;

/** For dashboards and feed readers: /badge.svg and /feed.atom. */
export function overviewRoutes({ overviewFor, store, clock, namespaces, publicUrl }: OverviewRoutesDeps) {
  return function overviews(app: FastifyInstance): void {
    app.get("/badge.svg", { schema: { hide: true } }, async (request, reply) =>
      reply
        .type("image/svg+xml; charset=utf-8")
        .header("cache-control", "no-cache")
        .send(badge(await overviewFor(callerOf(request)))),
    );
    app.get("/feed.atom", { schema: { hide: true } }, async (request, reply) => {
      const caller = callerOf(request);
      const own = caller.seesAll ? {} : { namespaces: namespaces().filter((namespace) => caller.sees(namespace)) };
      const transitions = await store.transitions({ ...own, limit: FEED_ENTRIES * 5 });
      const told = transitions.filter(({ to }) => to === "firing" || to === "resolved");
      return reply
        .type("application/atom+xml; charset=utf-8")
        .header("cache-control", "no-cache")
        .send(feed(told.slice(0, FEED_ENTRIES), clock.now(), publicUrl));
    });
  };
}
