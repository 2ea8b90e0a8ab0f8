import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ClaimOptions, Delivery } from "../../ports/delivery.ts";
import type { AlertStore } from "../../ports/store.ts";
import { isReadOnly } from "../base/browsing.ts";
import { type Caller, callerOf, visibleNamespaces } from "../base/caller.ts";
import type { AcquireConnection } from "../base/connection-limit.ts";
import type { ConsumerNames } from "../base/consumer-names.ts";
import { parseWait } from "../base/time-text.ts";
import type { Containers } from "./containers.ts";
import type { Pull } from "./pull.ts";

export interface ClaimHandlerDeps {
  readonly store: Pick<AlertStore, "deliveries">;
  readonly containers: Containers;
  readonly pull: Pull;
  readonly clock: Clock;
  /** Aborted when the server closes: ends every wait. */
  readonly closing: AbortSignal;
  /** The caller with current permissions; rejects when the credential has expired. */
  readonly renewCaller: (request: FastifyRequest) => Promise<Caller>;
  readonly acquireConnection: AcquireConnection;
  readonly consumerNames: ConsumerNames;
}

/**
 * Handles one claim: claims the due alerts (after a wait, if requested), builds the body with `toBody` for the caller as
 * they are by then, and confirms or releases the claim depending on whether the response arrived. Without `lease`, a
 * complete response marks the alerts as sent.
 */
export type ClaimHandler = <Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  consumer: string,
  query: PullQuery,
  toBody: (deliveries: readonly Delivery[], caller: Caller) => Promise<Body>,
) => Promise<Body>;

/** Alerts are due again when writing the response takes longer. */
const WRITING_LEASE: Duration = MINUTE;
const LEASE =
  /^(([1-9]\d{0,2}|[12]\d{3}|3[0-5]\d{2}|3600)s?|([1-9]|[1-5]\d)m([1-5]?\ds)?|60m|1h|[1-9]\d{3,5}ms|[12]\d{6}ms|3[0-5]\d{5}ms|3600000ms)$/;

export const consumerName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    "A consumer name has at most 63 letters, digits, '.', '_' and '-', and starts with a letter or digit.",
  )
  .meta({ description: "Each consumer receives every alert once.", examples: ["pager"] });

export const pullQuery = z.object({
  wait: length(
    /^((\d{1,2}|[12]\d{2}|300)s?|[0-4]m([1-5]?\ds)?|5m|\d{1,5}ms|[12]\d{5}ms|300000ms)$/,
    "wait must be a length of time from 0s to 300s, such as 30s.",
  ).meta({
    description: "Wait this long for due alerts: 0s to 5m.",
  }),
  lease: length(LEASE, "lease must be a length of time from 1s to 3600s, such as 30s.").meta({
    description:
      "Claim without marking as sent: alerts that are not confirmed within this time, 1s to 1h, are delivered again.",
  }),
  peek: z.enum(["true", "false"]).optional().meta({ description: "Return the due alerts without claiming them." }),
  limit: z.coerce.number().int().min(1).max(1000).optional().meta({ description: "Maximum number of alerts." }),
});
export type PullQuery = z.output<typeof pullQuery>;

export function createClaimHandler(deps: ClaimHandlerDeps): ClaimHandler {
  const { containers, pull, clock, closing, renewCaller, acquireConnection, consumerNames } = deps;
  const { deliveries } = deps.store;
  return async function claimHandler(request, reply, consumer, query, toBody) {
    const options = (caller: Caller, namespaces: readonly string[] | undefined): ClaimOptions => ({
      now: clock.now(),
      lease: query.lease ?? WRITING_LEASE,
      restartPolicy: containers.restartPolicy,
      ...(query.limit === undefined ? {} : { limit: query.limit }),
      ...(namespaces === undefined ? {} : { namespaces }),
      by: caller.user,
    });
    let caller = callerOf(request);
    reply.header("cache-control", "no-store");
    if (query.peek === "true" || isReadOnly(request)) {
      const visible = visibleNamespaces(caller, containers.namespaces());
      return toBody(await deliveries.peek(consumer, options(caller, visible)), caller);
    }

    await consumerNames.admit(consumer, caller);
    const wait = query.wait ?? 0;
    const releaseConnection = wait > 0 ? await acquireConnection(caller) : undefined;
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, closing]);
    // Permissions may change during the wait.
    const claim = async () => {
      caller = await renewCaller(request);
      return deliveries.claim(consumer, options(caller, await consumerNames.claimable(consumer, caller)));
    };
    const claimed = await pull.waitFor(claim, wait, signal).finally(releaseConnection);
    try {
      const body = await toBody(claimed, caller);
      pull.settle(consumer, claimed, reply.raw, query.lease === undefined);
      return body;
    } catch (error) {
      const ids = claimed.map(({ id }) => id);
      await deliveries.release(consumer, ids, clock.now());
      throw error;
    }
  };
}

/** Seconds, or a duration such as 1m30s. The pattern is the range too, so that the OpenAPI document says what is valid. */
function length(valid: RegExp, error: string) {
  return z
    .string()
    .regex(valid, error)
    .transform((given) => parseWait(given) ?? 0)
    .optional()
    .meta({ examples: ["30s"] });
}
