import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Access, credentialOf } from "./auth.ts";
import { checkCsrf, checkHost, checkOrigin, type OriginOptions } from "./auth-origin.ts";
import { type RULES, ruleOf } from "./auth-rules.ts";
import { type Caller, EVERYBODY, setCaller } from "./caller.ts";
import { HttpProblem } from "./problem.ts";

export interface AccessHookOptions extends OriginOptions {
  readonly openMetrics: boolean;
}

/**
 * Puts every request before the rule of its route, and its caller where handlers find it. Registered before the routes:
 * one without a rule throws.
 */
export function guardRoutes(app: FastifyInstance, access: Access, options: AccessHookOptions): void {
  app.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) {
      if (ruleOf(one, url) === undefined) throw new Error(`${one} ${url} has no rule in auth-rules.ts`);
    }
  });
  app.addHook("onRequest", async (request, reply) => {
    checkHost(request, options);
    const { url } = request.routeOptions;
    if (url === undefined) return;
    await pass(request, reply, ruleOf(request.method, url)!);
  });

  async function pass(request: FastifyRequest, reply: FastifyReply, rule: (typeof RULES)[string]): Promise<void> {
    if (rule === "public" || (rule === "metrics" && options.openMetrics)) return;
    const credential = credentialOf(request);
    const caller = await access.caller(credential);
    if (caller === undefined) throw signInFirst(access, reply);
    if (rule === "metrics" && !caller.seesAll) {
      throw new HttpProblem(403, "The metrics name all namespaces: only who may see all of them may read them.");
    }
    if (rule === "act") {
      checkOrigin(request, options);
      checkCsrf(request, access.mode === "none" || credential?.ambient === true);
    }
    setCaller(request, caller);
  }
}

/** The same words for no token, an expired one and a wrong one. */
export function signInFirst({ mode, signIn }: Access, reply: FastifyReply): HttpProblem {
  reply.header("www-authenticate", 'Bearer realm="pod-watcher"');
  const how =
    mode === "kubernetes"
      ? "send a token that Kubernetes accepts (Authorization: Bearer …)"
      : "send one of the configured tokens (Authorization: Bearer …)";
  return new HttpProblem(401, `Nobody is signed in: ${how}.`, signIn === undefined ? {} : { signIn });
}

/** For routes that anybody may reach: the caller where there is one. */
export async function callerIfAny(request: FastifyRequest, access: Access): Promise<Caller | undefined> {
  return access.mode === "none" ? EVERYBODY : access.caller(credentialOf(request));
}
