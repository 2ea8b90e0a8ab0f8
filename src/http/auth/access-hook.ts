import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Caller, EVERYBODY, setCaller } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";
import type { Access } from "./auth.ts";
import { checkCsrf, checkHost, checkOrigin, type OriginOptions } from "./auth-origin.ts";
import { isLiteralAddress, methodsAt, type RULES, ruleOf } from "./auth-rules.ts";
import type { Limits } from "./rate-limits.ts";

export interface AccessHookOptions extends OriginOptions {
  readonly publicMetrics: boolean;
  readonly limits: Limits;
}

/**
 * Applies the rule of its route to every request and stores the caller for the handlers. Register it before the routes: a
 * route without a rule throws.
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
    checkMethod(request, limits);
    const rule = url === undefined ? "public" : ruleOf(request.method, url)!;
    if (isProbe(url) || (rule === "metrics" && publicMetrics)) return;
    if (rule === "public") {
      if (isFile(url)) limits.file(request.ip);
      else limits.page(request.ip);
      return;
    }
    // The default: responses depend on the caller, so a shared cache must not store them.
    reply.header("cache-control", "no-store");
    await pass(request, rule);
  });

  async function pass(request: FastifyRequest, rule: (typeof RULES)[string]): Promise<void> {
    const credential = access.credential(request);
    if (credential === undefined && access.mode !== "none") limits.page(request.ip);
    const caller = await access.caller(credential, request.ip);
    if (caller === undefined) throw signInFirst(access);
    setCaller(request, caller);
    // Monitoring must keep working under load.
    if (rule !== "metrics") limits.caller(caller.user, request.ip);
    if (rule === "metrics" && !caller.seesAll) {
      throw new HttpProblem(403, "The metrics name all namespaces: reading them needs access to all of them.");
    }
    if (rule === "write") {
      checkOrigin(request, options);
      checkCsrf(request, access, credential);
    }
  }
}

/** RFC 9110, 15.5.6: another method at the address of a route. */
function checkMethod({ method, url, routeOptions, ip }: FastifyRequest, limits: Limits): void {
  const path = url.replace(/\?.*$/, "");
  const route = routeOptions.url;
  if (route !== undefined && route !== "/*" && !isLiteralAddress(path)) return;
  const methods = methodsAt(path);
  if (methods.length === 0 || methods.includes(method)) return;
  limits.page(ip);
  const allow = methods.join(", ");
  throw new HttpProblem(405, `${method} does not exist at this address. Use ${allow}.`, {}, { allow });
}

/** Probes are never rate limited: the kubelet would restart a busy program. */
export function isProbe(url: string | undefined): boolean {
  return url === "/livez" || url === "/readyz" || url === "/startupz";
}

function isFile(url: string | undefined): boolean {
  return url === "/page.css" || url === "/*" || url?.startsWith("/api/docs/static") === true;
}

/** The same response without a token, with an expired and with a wrong one. */
export function signInFirst({ mode, signIn: howToSignIn }: Access): HttpProblem {
  const how =
    mode === "kubernetes"
      ? "send a token that Kubernetes accepts (Authorization: Bearer …)"
      : "send one of the configured tokens (Authorization: Bearer …)";
  const signIn = howToSignIn();
  const members = signIn === undefined ? {} : { signIn };
  const headers = { "www-authenticate": 'Bearer realm="pod-watcher"' };
  return new HttpProblem(401, `Not signed in: ${how}.`, members, headers);
}

/** The caller with their current permissions, for streams and long polls. Rejects when the credential has expired. */
export async function renewCaller(request: FastifyRequest, access: Access): Promise<Caller> {
  const caller = await access.caller(access.credential(request), request.ip);
  if (caller === undefined) throw signInFirst(access);
  return caller;
}

/** For public routes: the caller, if the request has a valid credential. */
export async function callerIfAny(request: FastifyRequest, access: Access): Promise<Caller | undefined> {
  return access.mode === "none" ? EVERYBODY : access.caller(access.credential(request), request.ip);
}
