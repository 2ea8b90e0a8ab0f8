import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Caller, EVERYBODY, setCaller } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";
import type { Access } from "./auth.ts";
import { checkCsrf, checkHost, checkOrigin, type OriginOptions } from "./auth-origin.ts";
import { type RULES, ruleOf } from "./auth-rules.ts";
import type { Limits } from "./rate-limits.ts";

export interface AccessHookOptions extends OriginOptions {
  readonly publicMetrics: boolean;
  readonly limits: Limits;
}

/**
 * Puts every request before the rule of its route, and its caller where handlers find it. Registered before the routes:
 * one without a rule throws.
 */
export function guardRoutes(app: FastifyInstance, access: Access, options: AccessHookOptions): void {
  const { limits, publicMetrics } = options;
  app.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) {
      if (ruleOf(one, url) === undefined) throw new Error(`${one} ${url} has no rule in auth-rules.ts`);
    }
  });
  app.addHook("onRequest", async (request, reply) => {
    checkHost(request, options);
    const { url } = request.routeOptions;
    const rule = url === undefined ? "public" : ruleOf(request.method, url)!;
    if (isProbe(url) || (rule === "metrics" && publicMetrics)) return;
    if (rule === "public") {
      if (isFile(url)) limits.file(request.ip);
      else limits.page(request.ip);
      return;
    }
    // Unless the handler says otherwise: what one caller may see is not for whoever asks the same cache next.
    reply.header("cache-control", "no-store");
    await pass(request, rule);
  });

  async function pass(request: FastifyRequest, rule: (typeof RULES)[string]): Promise<void> {
    const credential = access.credential(request);
    if (credential === undefined && access.mode !== "none") limits.page(request.ip);
    const caller = await access.caller(credential, request.ip);
    if (caller === undefined) throw signInFirst(access);
    setCaller(request, caller);
    // Who watches the watcher must not go blind when it is busy.
    if (rule !== "metrics") limits.caller(caller.user, request.ip);
    if (rule === "metrics" && !caller.seesAll) {
      throw new HttpProblem(403, "The metrics name all namespaces: only who may see all of them may read them.");
    }
    if (rule === "act") {
      checkOrigin(request, options);
      checkCsrf(request, access, credential);
    }
  }
}

/** The kubelet's questions are never refused: who is told to restart us for being busy would do so. */
function isProbe(url: string | undefined): boolean {
  return url === "/livez" || url === "/readyz" || url === "/startupz";
}

function isFile(url: string | undefined): boolean {
  return url === "/page.css" || url === "/*" || url?.startsWith("/api/docs/static") === true;
}

/** The same words for no token, an expired one and a wrong one. */
export function signInFirst({ mode, signIn }: Access): HttpProblem {
  const how =
    mode === "kubernetes"
      ? "send a token that Kubernetes accepts (Authorization: Bearer …)"
      : "send one of the configured tokens (Authorization: Bearer …)";
  const members = signIn === undefined ? {} : { signIn };
  const headers = { "www-authenticate": 'Bearer realm="pod-watcher"' };
  return new HttpProblem(401, `Nobody is signed in: ${how}.`, members, headers);
}

/** The caller as they are now, for what goes on for longer than rights do. Rejects when their sign-in is over. */
export async function renewCaller(request: FastifyRequest, access: Access): Promise<Caller> {
  const caller = await access.caller(access.credential(request), request.ip);
  if (caller === undefined) throw signInFirst(access);
  return caller;
}

/** For routes that anybody may reach: the caller where there is one. */
export async function callerIfAny(request: FastifyRequest, access: Access): Promise<Caller | undefined> {
  return access.mode === "none" ? EVERYBODY : access.caller(access.credential(request), request.ip);
}
