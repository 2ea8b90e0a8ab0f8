import { randomUUID } from "node:crypto";
import type { Server as TlsServer } from "node:tls";
import Fastify, { type FastifyInstance } from "fastify";
import { validatorCompiler } from "fastify-zod-openapi";
import { type Duration, SECOND } from "../../core/model/time.ts";
import { createAccessEvents } from "../../telemetry/access-events.ts";
import { isLoopback } from "../../util/loopback.ts";
import { guardRoutes } from "../auth/access-hook.ts";
import { createAccess } from "../auth/auth.ts";
import type { OriginOptions } from "../auth/auth-origin.ts";
import { cookiesFor } from "../auth/cookies.ts";
import { createLimits, limitFailedLogins } from "../auth/rate-limits.ts";
import { answerClientError, answerErrors, answerFrameworkError, type UnknownPage } from "../base/errors.ts";
import { securityHeaders } from "../base/headers.ts";
import { measureRequests } from "../base/http-metrics.ts";
import { logRefusals } from "./access-log.ts";
import { addressOf, cannotListen, type HttpAddress, pathWithoutPrefix } from "./address.ts";
import { createConnections, guardConnections } from "./connections.ts";
import { createListener, LIMITS, type Listener } from "./listener.ts";
import type { HttpDeps, HttpOptions } from "./options.ts";
import { type Change, registerRoutes } from "./routes.ts";
import { readServingPair, reloadCertificates } from "./tls.ts";
import { limitUnsent } from "./unsent.ts";

export type { HttpAddress } from "./address.ts";
export type { HttpDeps, HttpOptions } from "./options.ts";

export interface HttpServer extends AsyncDisposable {
  /** Starts to listen at this port, or at the configured one. Rejects with a sentence for the operator when the address is unavailable. */
  listen(port?: number): Promise<HttpAddress>;
  /** Sends a change to open pages: a delivery, the end of a silence, a new configuration. */
  changed(what: Change): void;
  /** For tests: `app.inject`. */
  readonly app: FastifyInstance;
}

/** Then open connections are closed: SIGTERM to exit takes 5 s at most. */
const CLOSE_WITHIN: Duration = 4 * SECOND;

/**
 * Builds every route from what it needs; nothing listens until `listen`. Disposing ends waits and streams first.
 * Rejects with a sentence for the operator when the certificate cannot be used.
 */
export async function createHttpServer(deps: HttpDeps, options: HttpOptions): Promise<HttpServer> {
  const { clock, logger, live } = deps;
  const { auth, tls, bind, hosts, publicUrl, own, pathPrefix } = options;
  const origin: OriginOptions = { bind, mode: auth.mode, hosts, publicUrl, own };
  const pair = tls === undefined ? undefined : await readServingPair(tls, clock.now());
  const closing = new AbortController();
  const namespaces = () => live.source.namespaces();
  const cookies = cookiesFor({ secure: isSecure(options), pathPrefix, isEncrypted: tls !== undefined });
  const access = limitFailedLogins(
    createAccess(auth, { review: deps.access, clock, namespaces, cookies, cli: () => options.cli }),
    clock,
    options,
  );

  const connections = createConnections(clock, options.trustedProxies);
  let listener: Listener | undefined;
  const app = Fastify({
    serverFactory: (handler) => {
      listener = createListener(handler, pair, clock, connections);
      return listener.server;
    },
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    genReqId: () => randomUUID(),
    rewriteUrl: ({ url = "/" }) => pathWithoutPrefix(url, options.pathPrefix),
    bodyLimit: LIMITS.bodyBytes,
    routerOptions: { maxParamLength: LIMITS.pathParameter },
    logger: false,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
  });
  app.setValidatorCompiler(validatorCompiler);
  // Responses are typed by their schemas; see base/api-routes.ts.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  let unknownPage: UnknownPage = () => undefined;
  answerErrors(app, logger, (request, reply) => unknownPage(request, reply));
  app.addHook("onRequest", async (request, reply) => void reply.header("x-request-id", request.id));
  const streams = measureRequests(app, deps.registry);
  guardConnections(app, connections, clock);
  limitUnsent(app, clock);
  await securityHeaders(app, { tls: pair !== undefined });
  guardRoutes(app, access, {
    ...origin,
    publicMetrics: auth.publicMetrics,
    limits: createLimits(clock, options),
  });
  const events = createAccessEvents(logger, clock);
  logRefusals(app, access, events);
  const routes = await registerRoutes(app, {
    deps,
    options,
    access,
    origin,
    closing: closing.signal,
    streams,
    namespaces,
    events,
    onUnknownPage: (answer) => {
      unknownPage = answer;
    },
  });
  await app.ready();
  const certificates =
    tls === undefined || pair === undefined
      ? undefined
      : reloadCertificates(tls, pair, app.server as unknown as TlsServer, clock, logger);

  return {
    app,
    changed: routes.changed,
    listen: async (port = options.port) => {
      await app.listen({ host: options.bind, port }).catch((error: unknown) => {
        throw cannotListen(error, { bind: options.bind, port });
      });
      return addressOf(app.server, options, pair === undefined ? "http" : "https");
    },
    [Symbol.asyncDispose]: async () => {
      certificates?.[Symbol.dispose]();
      closing.abort();
      const deadline = clock.after(CLOSE_WITHIN, () => listener?.cut());
      await app.close();
      deadline.cancel();
      await routes.settled();
    },
  };
}

/**
 * Cookies are kept from plain HTTP unless people are said to come by it: at loop-back, or at the public address.
 * Usually it is a proxy in front that they reach by HTTPS.
 */
function isSecure({ tls, publicUrl, bind }: HttpOptions): boolean {
  if (publicUrl !== undefined) return publicUrl.startsWith("https:");
  return tls !== undefined || !isLoopback(bind);
}
