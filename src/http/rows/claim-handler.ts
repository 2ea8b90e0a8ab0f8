import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Duration, HOUR, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClaimOptions, Delivery } from "../../ports/delivery.ts";
import type { AlertStore } from "../../ports/store.ts";
import { isLooking } from "../base/browsing.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import type { AcquireConnection } from "../base/connection-limit.ts";
import { parseWait } from "../base/time-text.ts";
import type { Containers } from "./containers.ts";
import type { Pull } from "./pull.ts";

export interface ClaimHandlerDeps {
  readonly store: Pick<AlertStore, "deliveries">;
  readonly containers: Containers;
  readonly pull: Pull;
  readonly clock: Clock;
  /** Ends every wait: the server closes. */
  readonly closing: AbortSignal;
  /** Who this request's caller is now; rejects when their sign-in is over. */
  readonly renewCaller: (request: FastifyRequest) => Promise<Caller>;
  readonly acquireConnection: AcquireConnection;
  /** Rejects for a name that is new when there are too many. */
  readonly admit: (consumer: string, caller: Caller) => Promise<void>;
}

/**
 * Answers one call for alerts: claims what is due (waiting for it where asked to), lets `tell` make the body for the caller as they are by then, and
 * settles the claim by what becomes of the response. Without `lease` a complete response marks the alerts as sent.
 */
export type ClaimHandler = <Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  consumer: string,
  query: PullQuery,
  tell: (deliveries: readonly Delivery[], caller: Caller) => Promise<Body>,
) => Promise<Body>;

/** How long a response may take to be written out before its alerts are due again. */
const WRITING_LEASE: Duration = MINUTE;
const MAX_WAIT: Duration = 5 * MINUTE;
const MAX_LEASE: Duration = HOUR;

export const consumerName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    "A consumer's name has letters, digits, '.', '_' and '-', at most 63, and begins with a letter or digit.",
  )
  .meta({ description: "Whose cursor it is: each consumer is handed every alert once.", examples: ["pager"] });

export const pullQuery = z.object({
  wait: length("wait", 0, MAX_WAIT).meta({ description: "Wait this long for something to hand over." }),
  lease: length("lease", SECOND, MAX_LEASE).meta({
    description: "Hand out without marking: what is not confirmed within this time comes again.",
  }),
  peek: z.enum(["true", "false"]).optional().meta({ description: "Show what is due and change nothing." }),
  limit: z.coerce.number().int().min(1).max(1000).optional().meta({ description: "At most this many alerts." }),
});
export type PullQuery = z.output<typeof pullQuery>;

export function createClaimHandler(deps: ClaimHandlerDeps): ClaimHandler {
  const { containers, pull, clock, closing, renewCaller, acquireConnection, admit } = deps;
  const { deliveries } = deps.store;
  return async function claimHandler(request, reply, consumer, query, tell) {
    const options = (caller: Caller): ClaimOptions => ({
      now: clock.now(),
      lease: query.lease ?? WRITING_LEASE,
      restartPolicy: containers.restartPolicy,
      ...(query.limit === undefined ? {} : { limit: query.limit }),
      ...(caller.seesAll ? {} : { namespaces: containers.namespaces().filter((namespace) => caller.sees(namespace)) }),
    });
    let caller = callerOf(request);
    reply.header("cache-control", "no-store");
    if (query.peek === "true" || isLooking(request))
      return tell(await deliveries.peek(consumer, options(caller)), caller);

    await admit(consumer, caller);
    const wait = query.wait ?? 0;
    const leave = wait > 0 ? acquireConnection(caller) : undefined;
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, closing]);
    // Who waits may lose a role meanwhile.
    const claim = async () => {
      caller = await renewCaller(request);
      return deliveries.claim(consumer, options(caller));
    };
    const claimed = await pull.waitFor(claim, wait, signal).finally(leave);
    try {
      const body = await tell(claimed, caller);
      pull.settle(consumer, claimed, reply.raw, query.lease === undefined);
      return body;
    } catch (error) {
      const ids = claimed.map(({ id }) => id);
      await deliveries.release(consumer, ids, clock.now());
      throw error;
    }
  };
}

/** `30s`, `5m`, `1h`, or a bare number of seconds. */
function length(name: string, shortest: Duration, longest: Duration) {
  return z
    .string()
    .transform((given, context) => {
      const parsed = parseWait(given);
      if (parsed !== undefined && parsed >= shortest && parsed <= longest) return parsed;
      const range = `a length of time from ${shortest / SECOND}s to ${longest / SECOND}s, such as 30s`;
      context.addIssue({ code: "custom", message: `${name} should be ${range}.` });
      return z.NEVER;
    })
    .optional()
    .meta({ type: "string", examples: ["30s"] });
}
