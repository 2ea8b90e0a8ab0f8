import type { FastifyInstance } from "fastify";
import type { Duration, Instant } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { NamespaceHealth } from "../../ports/pods.ts";
import type { AlertStore } from "../../ports/store.ts";
import { errorMessage } from "../../util/error-message.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { visibleConsumers } from "../base/consumer-names.ts";
import type { Containers } from "../rows/containers.ts";
import { type HealthSource, healthOf, namespaceView } from "../rows/health-view.ts";
import { answers } from "../schemas/fields.ts";
import { type HealthDetails, healthDetails } from "../schemas/health.ts";

export interface HealthDeps {
  readonly health: HealthSource;
  readonly containers: Containers;
  readonly store: Pick<AlertStore, "size" | "checkWritable" | "deliveries">;
  readonly clock: Clock;
  readonly about: About;
  readonly live: Pick<LiveState, "skewedNodes" | "source">;
}

/** Facts about the program. */
export interface About {
  readonly version: string;
  readonly startedAt: Instant;
  /** sqlite or postgres. */
  readonly storeKind: string;
  /** Version of the Kubernetes API; undefined before its first response. */
  readonly kubernetes: () => string | undefined;
  /** Server clock minus API server clock, in milliseconds; undefined where unknown. */
  readonly clockSkew: () => Duration | undefined;
  readonly queue: (caller: Caller) => Promise<HealthDetails["queue"]>;
}

/** GET /api/v1/health: whether the data is current, and what is wrong. */
export function healthApi(deps: HealthDeps) {
  return function healthRoute(plain: FastifyInstance): void {
    withApiTypes(plain).get(
      "/health",
      {
        schema: {
          summary: "Health of the watches, receivers and store",
          description:
            "Per namespace: when it was synced, its last event, syncs and reconnects by cause, gaps, and missing permissions with the command that grants them.",
          tags: ["health"],
          response: answers(healthDetails),
        },
      },
      async (request, reply) => reply.header("cache-control", "no-store").send(await detailsOf(deps, request)),
    );
  };
}

async function detailsOf(
  { health, containers, store, clock, about, live }: HealthDeps,
  request: Parameters<typeof callerOf>[0],
) {
  const caller = callerOf(request);
  const now = clock.now();
  const seen = health.namespaces().filter(({ namespace }) => caller.sees(namespace));
  const [writable, bytes, consumers, queue] = await Promise.all([
    store.checkWritable().then(
      () => undefined,
      (error: unknown) => errorMessage(error),
    ),
    store.size().catch(() => undefined),
    store.deliveries.consumers().catch(() => []),
    about.queue(caller),
  ]);
  const confirmed = seen.map(({ syncedSince, lastSyncedAt }) => (syncedSince === undefined ? lastSyncedAt : now));
  const lastEvents = seen.map(({ lastEventAt }) => lastEventAt).filter((at) => at !== undefined);
  const kubernetes = about.kubernetes();
  const clockSkew = about.clockSkew();
  const nodes = skewedNodes(
    live,
    seen.map(({ namespace }) => namespace),
  );
  return {
    ...(await healthOf(health, caller)),
    namespaces: seen.map((one) => namespaceDetails(one, about.startedAt)),
    serverNow: now,
    version: about.version,
    startedAt: about.startedAt,
    node: process.version,
    ...(kubernetes === undefined ? {} : { kubernetes }),
    ...(confirmed.length === 0 || confirmed.includes(undefined)
      ? {}
      : { watchLagMs: Math.max(...confirmed.map((at) => now - at!)) }),
    ...(lastEvents.length === 0 ? {} : { lastEventAt: Math.max(...lastEvents) }),
    ...(clockSkew === undefined ? {} : { clockSkewMs: clockSkew }),
    ...(nodes.length === 0 ? {} : { clockSkew: nodes }),
    queue,
    store: {
      kind: about.storeKind,
      writable: writable === undefined,
      ...(bytes === undefined ? {} : { bytes }),
      ...(writable === undefined ? {} : { problem: writable }),
    },
    containers: seen.reduce((sum, { namespace }) => sum + containers.count(namespace), 0),
    consumers: visibleConsumers(consumers, caller).map(({ name, lastSeenAt, lastSequence }) => ({
      name,
      lastSeenAt,
      ...(lastSequence === undefined ? {} : { lastSequence }),
    })),
  } satisfies HealthDetails;
}

/** The skewed nodes with pods that the caller sees. */
function skewedNodes({ skewedNodes: all, source }: HealthDeps["live"], namespaces: readonly string[]) {
  const skewed = all();
  const seen = new Set<string>();
  if (skewed.size > 0) {
    for (const { node } of namespaces.flatMap((namespace) => [...source.pods(namespace)])) {
      if (node !== undefined && skewed.has(node)) seen.add(node);
    }
  }
  return [...seen].sort().map((node) => ({ node, skewMs: skewed.get(node)! }));
}

function namespaceDetails(health: NamespaceHealth, startedAt: Instant) {
  const { syncedSince, lastSyncedAt, lastBookmarkAt, resourceVersion, syncs, reconnects, refusals, gaps } = health;
  return {
    ...namespaceView(health, startedAt),
    ...(syncedSince === undefined ? {} : { syncedSince }),
    ...(lastSyncedAt === undefined ? {} : { lastSyncedAt }),
    ...(lastBookmarkAt === undefined ? {} : { lastBookmarkAt }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    syncs,
    reconnects,
    refusals,
    decodeErrors: health.decodeErrors,
    differences: health.differences,
    gaps: gaps.map(({ from, to, cause }) => ({ from, ...(to === undefined ? {} : { to }), cause })),
  };
}
