import { createHash } from "node:crypto";
import rateLimit from "@fastify/rate-limit";
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
 * Probes and metrics are never refused: who watches the watcher must not go blind when it is busy. For the same reason
 * nobody is refused for a slow event loop: a late answer with alerts is better than none.
 */
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
