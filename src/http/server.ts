import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-zod-openapi";
import { type Duration, SECOND } from "../core/time.ts";
import type { AlertStore, Clock, Evidence, LiveState } from "../ports.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Registry } from "../telemetry/metrics.ts";
import { EVERYBODY, setCaller } from "./caller.ts";
import type { ConfigView } from "./config-page.ts";
import { createContainers, type PolicyFor } from "./containers.ts";
import { answerClientError, answerErrors, answerFrameworkError } from "./errors.ts";
import { createHandOut } from "./hand-out.ts";
import { securityHeaders } from "./headers.ts";
import { DEFAULT_CONSUMER, legacyRoutes } from "./legacy.ts";
import { metrics } from "./metrics.ts";
import { overviewOf } from "./overview.ts";
import { type OverviewFor, overviewRoutes } from "./overview-routes.ts";
import { pageRoutes } from "./page.ts";
import { probes } from "./probes.ts";
import { createPull } from "./pull.ts";

/** What the HTTP side needs of the others: ports, and what `app.ts` knows. */
export interface HttpDeps {
  readonly live: LiveState;
  readonly store: AlertStore;
  readonly evidence: Evidence;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** The rules in force for a pod of this namespace with these annotations; "" for where nothing else is said. */
  readonly policyFor: PolicyFor;
  /** What the configuration amounts to at this moment. */
  readonly configView: () => ConfigView;
  /** Why the last commit failed; undefined when it succeeded. */
  readonly commitProblem: () => string | undefined;
  /** Whether what was remembered is loaded and watching has begun. */
  readonly started: () => boolean;
}

export interface HttpOptions {
  /** Address to listen at, such as 127.0.0.1 or ::. */
  readonly bind: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Where a proxy in front serves this program: empty, or begins with `/` and does not end with one. */
  readonly pathPrefix: string;
  /** How people reach the page, for links that leave it. */
  readonly publicUrl: string | undefined;
  readonly version: string;
  /** host[:port] of the API server, for people. */
  readonly apiHost: string;
  /** IANA name; of the local times in the legacy answers. */
  readonly timeZone: string;
  readonly includeEvents: boolean;
  readonly pageRefreshSeconds: number;
}

export interface HttpServer extends AsyncDisposable {
  /** Begins to listen. Rejects with one sentence for the operator when the address cannot be had. */
  listen(): Promise<HttpAddress>;
  /** For tests: `app.inject`. */
  readonly app: FastifyInstance;
}

export interface HttpAddress {
  readonly port: number;
  /** Where the page is, with the path prefix and a trailing slash. */
  readonly url: string;
}

/** What is still under way then is cut off: SIGTERM to exit takes 5 s at most. */
const CLOSE_WITHIN: Duration = 4 * SECOND;

/** Builds every route from what it needs; nothing listens until `listen`. Disposing ends waits and streams first. */
export async function createHttpServer(deps: HttpDeps, options: HttpOptions): Promise<HttpServer> {
  const { live, store, evidence, clock, logger, registry, policyFor } = deps;
  const closing = new AbortController();
  const app = Fastify({
    serverFactory: (handler) => createServer(handler),
    genReqId: () => randomUUID(),
    rewriteUrl: ({ url = "/" }) => withoutPrefix(url, options.pathPrefix),
    logger: false,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrors(app, logger);
  await securityHeaders(app, { tls: false });
  app.addHook("onRequest", async (request) => setCaller(request, EVERYBODY));

  const containers = createContainers({ live, clock, policyFor });
  const pull = createPull({ handover: store.handover, live, clock, logger });
  const handOut = createHandOut({ store, containers, pull, clock, closing: closing.signal });
  const overviewFor: OverviewFor = async (caller) => {
    const confirmed = await store.handover.handedOver(DEFAULT_CONSUMER);
    const handedOver = [...confirmed, ...pull.inFlight(DEFAULT_CONSUMER)];
    return overviewOf(live, containers, new Map(handedOver.map((one) => [one.fingerprint, one])), caller);
  };
  const rule = () => {
    const { restartThreshold: threshold, restartTimeframe: timeframe } = containers.policy();
    return { threshold, timeframe };
  };

  legacyRoutes({ live, store, evidence, containers, pull, handOut, clock, options })(app);
  probes({ live, store, commitProblem: deps.commitProblem, started: deps.started })(app);
  metrics({ live, store, registry, version: options.version })(app);
  pageRoutes({ ...options, overviewFor, configView: deps.configView, clock, rule })(app);
  overviewRoutes({ overviewFor, store, clock, publicUrl: options.publicUrl })(app);
  await app.ready();

  return {
    app,
    listen: async () => {
      await app.listen({ host: options.bind, port: options.port }).catch((error: unknown) => {
        throw cannotListen(error, options);
      });
      const { port } = app.server.address() as AddressInfo;
      return { port, url: `http://${urlHost(options.bind)}:${port}${options.pathPrefix}/` };
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      const deadline = clock.after(CLOSE_WITHIN, () => (app.server as Server).closeAllConnections());
      await app.close();
      deadline.cancel();
      await pull.settled();
    },
  };
}

function withoutPrefix(url: string, prefix: string): string {
  if (prefix === "" || !url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  return rest === "" || rest.startsWith("?") ? `/${rest}` : rest.startsWith("/") ? rest : url;
}

function urlHost(bind: string): string {
  if (bind === "0.0.0.0" || bind === "::") return "localhost";
  return bind.includes(":") ? `[${bind}]` : bind;
}

function cannotListen(error: unknown, { bind, port }: Pick<HttpOptions, "bind" | "port">): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} at ${bind} is in use by another program: end that one, or set PORT to a free port (0 takes any).`,
    EACCES: `Port ${port} at ${bind} may not be used by this user: set PORT to one above 1023.`,
    EADDRNOTAVAIL: `${bind} is not an address of this machine: set BIND_ADDRESS to one that is, or to 0.0.0.0 for all.`,
    ENOTFOUND: `${bind} is not an address and cannot be resolved: set BIND_ADDRESS to an address of this machine.`,
  };
  const message = reasons[code ?? ""] ?? `Cannot listen at ${bind}:${port}: ${String(error)}`;
  return new Error(message, { cause: error });
}
