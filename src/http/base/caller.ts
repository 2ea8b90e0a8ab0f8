import type { FastifyRequest } from "fastify";
import { HttpProblem } from "./problem.ts";

/** The caller of a request and their permissions, as determined by the access hook. */
export interface Caller {
  /** Login name, for the log of actions; undefined in the mode `none`. */
  readonly user: string | undefined;
  /** True when no watched namespace is hidden from this caller. */
  readonly seesAll: boolean;
  /** True when namespaces that are not watched any more are visible too: nobody asked Kubernetes about those. */
  readonly seesUnwatched: boolean;
  sees(namespace: string): boolean;
  /** Whether they may read events or logs there themselves: this program fetches them with its own account. */
  mayRead(namespace: string, what: "events" | "logs"): Promise<boolean>;
  /** Whether they may acknowledge and silence there. In the mode `kubernetes` this is a request to Kubernetes. */
  mayWrite(namespace: string): Promise<boolean>;
  /** Whether they may make changes that affect all namespaces: test a receiver, silence everything. */
  mayWriteEverywhere(): Promise<boolean>;
}

/** For the mode `none`: every caller has all permissions. */
export const EVERYBODY: Caller = {
  user: undefined,
  seesAll: true,
  seesUnwatched: true,
  sees: () => true,
  mayRead: async () => true,
  mayWrite: async () => true,
  mayWriteEverywhere: async () => true,
};

/** Undefined for all namespaces, whether or not they are watched. */
export function visibleNamespaces(caller: Caller, watched: readonly string[]): readonly string[] | undefined {
  return caller.seesUnwatched ? undefined : watched.filter((namespace) => caller.sees(namespace));
}

/** Throws for a caller who sees none of the watched namespaces: shared places are for those who can use them. */
export function requireNamespace(caller: Caller, watched: readonly string[]): void {
  if (watched.length === 0 || watched.some((namespace) => caller.sees(namespace))) return;
  throw new HttpProblem(403, "You have access to none of the watched namespaces.", {
    missing: "get pods in one of the watched namespaces",
  });
}

/** Key for limits per caller; undefined in the mode `none`, where all callers may share the address of a proxy. */
export function callerKey({ user }: Caller): string | undefined {
  return user;
}

/** The name to record for a change; `given` is what a caller says in the mode `none`. */
export function callerName({ user }: Caller, given = "anonymous"): string {
  return user ?? given;
}

const callers = new WeakMap<FastifyRequest, Caller>();

export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** Undefined for a request without an authenticated caller. */
export function callerIfKnown(request: FastifyRequest): Caller | undefined {
  return callers.get(request);
}

/** Throws for a request that has not passed the access hook. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error(`${request.method} ${request.routeOptions.url} was reached without access`);
  return caller;
}
