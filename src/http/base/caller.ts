import type { FastifyRequest } from "fastify";

/** The caller of a request and their permissions, as determined by the access hook. */
export interface Caller {
  /** Login name, for the log of actions; undefined in the mode `none`. */
  readonly user: string | undefined;
  /** True when no namespace is hidden from this caller. */
  readonly seesAll: boolean;
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
  sees: () => true,
  mayRead: async () => true,
  mayWrite: async () => true,
  mayWriteEverywhere: async () => true,
};

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
