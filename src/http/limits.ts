import { createHash } from "node:crypto";
import rateLimit from "@fastify/rate-limit";
import underPressure from "@fastify/under-pressure";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { SECOND } from "../core/time.ts";
import { credentialOf } from "./auth.ts";
import { ruleOf } from "./auth-rules.ts";
import { HttpProblem } from "./problem.ts";

export interface RateLimits {
  /** Requests of one caller (by credential, else by address) in a minute. */
  readonly requestsPerMinute: number;
}

/**
 * Above this delay of the event loop, answers come too late to be of use: 503 lets proxies and callers back off. The
 * mean over a while, so that one long turn (a garbage collection, a big answer) refuses nobody.
 */
const TOO_BUSY = 5 * SECOND;
const MEASURED_OVER = 10 * SECOND;

/** Probes and metrics are never refused: who watches the watcher must not go blind when it is busy. */
export async function limitRequests(app: FastifyInstance, { requestsPerMinute }: RateLimits): Promise<void> {
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60 * SECOND,
    cache: 5_000,
    keyGenerator: keyOf,
    allowList: isExempt,
    addHeadersOnExceeding: { "x-ratelimit-limit": false, "x-ratelimit-remaining": false, "x-ratelimit-reset": false },
    errorResponseBuilder: (_request, { after }) => new HttpProblem(429, `Too many requests: come again in ${after}.`),
  });
  await app.register(underPressure, {
    maxEventLoopDelay: TOO_BUSY,
    sampleInterval: MEASURED_OVER,
    pressureHandler: (request, reply) => {
      if (isExempt(request)) return;
      reply.header("retry-after", "10");
      throw new HttpProblem(503, "The server is overloaded: try again shortly.");
    },
  });
}

/** Behind a proxy all callers share an address, so their tokens tell them apart; never kept as they are. */
function keyOf(request: FastifyRequest): string {
  const token = credentialOf(request)?.token;
  return token === undefined ? `from ${request.ip}` : createHash("sha256").update(token).digest("base64");
}

function isExempt(request: FastifyRequest): boolean {
  const url = request.routeOptions.url;
  const rule = url === undefined ? undefined : ruleOf(request.method, url);
  return rule === "metrics" || (rule === "public" && /^\/(livez|readyz|startupz)$/.test(url!));
}
