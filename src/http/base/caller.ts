import type { FastifyRequest } from "fastify";

/** Who is asking, and what they may see and do. Made once per request by the access hook. */
export interface Caller {
  /** Login name, for the log of actions; undefined where nobody signs in. */
  readonly user: string | undefined;
  /** True when no namespace is hidden from this caller. */
  readonly seesAll: boolean;
  sees(namespace: string): boolean;
  /** Whether they may read the events or logs there themselves: they are fetched with our account, not with theirs. */
  mayRead(namespace: string, what: "events" | "logs"): Promise<boolean>;
  /** Whether they may acknowledge and silence there. Asks Kubernetes in the mode `kubernetes`. */
  mayAct(namespace: string): Promise<boolean>;
  /** Whether they may do what touches all namespaces at once: test a receiver, silence everything. */
  mayActEverywhere(): Promise<boolean>;
}

/** For the mode `none`: whoever reaches the port may do everything. */
export const EVERYBODY: Caller = {
  user: undefined,
  seesAll: true,
  sees: () => true,
  mayRead: async () => true,
  mayAct: async () => true,
  mayActEverywhere: async () => true,
};

/** By what a caller's share is counted; undefined where nobody signs in, since behind a proxy all share an address. */
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

/** Undefined for a request that nobody is known to have sent. */
export function callerIfKnown(request: FastifyRequest): Caller | undefined {
  return callers.get(request);
}

/** Throws for a request that the access hook has not passed: better an error than an answer to nobody. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error(`${request.method} ${request.routeOptions.url} was reached without access`);
  return caller;
}
