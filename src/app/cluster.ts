import type { Config } from "../config/config.ts";
import { createAccessReview, missingPermissions, type OwnIdentity, ownIdentity } from "../kubernetes/api/access.ts";
import { createApiRequest } from "../kubernetes/api/api-request.ts";
import { watchClusterFacts } from "../kubernetes/api/cluster-facts.ts";
import { createEvidence } from "../kubernetes/api/evidence.ts";
import { resolveClusterAccess } from "../kubernetes/auth/credentials.ts";
import { createTransport } from "../kubernetes/transport/transport.ts";
import { createPodSource } from "../kubernetes/watch/pod-source.ts";
import type { Clock } from "../ports/clock.ts";
import { VERSION } from "../ports/version.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Registry } from "../telemetry/metrics.ts";
import { createWatchEvents } from "../telemetry/watch-events.ts";
import { watchPermissions } from "../watcher/pollers/permissions.ts";

export type Cluster = Awaited<ReturnType<typeof connectCluster>>;

/** Everything that talks to the API server. Rejects without credentials; an unreachable server is retried. */
export async function connectCluster(
  config: Pick<Config, "cluster" | "namespaces">,
  clock: Clock,
  logger: Logger,
  registry: Registry,
) {
  await using parts = new AsyncDisposableStack();
  const access = await resolveClusterAccess(config.cluster, clock);
  const transport = parts.use(createTransport({ access, clock, userAgent: `pod-watcher/${VERSION}` }));
  const request = createApiRequest(transport, clock);
  const review = createAccessReview(request);
  const facts = parts.use(watchClusterFacts({ request, clock }));
  /** Undefined until the API server has answered. */
  let identity: OwnIdentity | undefined;
  const identified = ownIdentity(access, request).then((found) => {
    identity = found;
    return found;
  });
  const pods = parts.use(
    createPodSource({
      transport,
      clock,
      events: createWatchEvents(logger, registry),
      namespaces: config.namespaces,
      identity: {
        get serviceAccount() {
          return identity?.serviceAccount;
        },
        access: access.description,
        get cli() {
          return facts.cli();
        },
      },
    }),
  );
  const { source } = parts.use(
    watchPermissions({
      source: pods,
      missingIn: async (namespace) => missingPermissions(review, facts.cli(), namespace, (await identified).user),
      clock,
      logger,
    }),
  );
  const connected = parts.move();
  return {
    /** The namespace of our credentials. */
    ownNamespace: access.namespace,
    /** Our user at the API server; undefined until it is known. */
    user: () => identity?.user,
    host: access.server.host,
    request,
    review,
    facts,
    evidence: createEvidence({ request, clock }),
    /** The pods, with missing permissions in the health of their namespace. */
    source,
    watch: pods.watch,
    [Symbol.asyncDispose]: () => connected.disposeAsync(),
  };
}
