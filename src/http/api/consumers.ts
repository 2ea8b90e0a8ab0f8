import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Clock } from "../../ports/clock.ts";
import type { Delivery } from "../../ports/delivery.ts";
import type { AlertStore } from "../../ports/store.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { visibleConsumers } from "../base/consumer-names.ts";
import { alertSchema, alertView } from "../rows/alert-view.ts";
import { type ClaimHandler, consumerName, pullQuery } from "../rows/claim-handler.ts";
import { answers, list, time } from "../schemas/fields.ts";

export interface ConsumersDeps {
  readonly store: Pick<AlertStore, "deliveries">;
  readonly claimHandler: ClaimHandler;
  /** Tells the pages that what this consumer has been told of has changed. */
  readonly confirmedDeliveries: (consumer: string) => void;
  /** All that are watched now. */
  readonly namespaces: () => readonly string[];
  readonly clock: Clock;
}

/** Without marking: a caller of this interface confirms what it has dealt with. */
const DEFAULT_LEASE = "60s";

const deliverySchema = z
  .object({
    id: z.string().meta({ description: "The same however often this telling has to be delivered." }),
    sequence: z.int().meta({ description: "Counts from 1 without gaps per consumer." }),
    delivery: z.int().meta({ description: "1 the first time, higher when it comes again." }),
    leaseUntil: time,
    alert: alertSchema,
  })
  .meta({ id: "Delivery" });

const consumerSchema = z
  .object({ name: z.string(), createdAt: time, lastSeenAt: time, lastSequence: z.int(), leased: z.int() })
  .meta({ id: "Consumer" });

export const consumerList = z.object({ consumers: list(consumerSchema) });
export const deliveryList = z.object({ deliveries: list(deliverySchema) });

const nameParams = z.object({ name: consumerName });
const idsBody = z.strictObject({ ids: z.array(z.string().max(200)).min(1).max(1000) });

/** /api/v1/consumers: pulling alerts with a cursor, a lease and a long poll. */
export function consumersApi({
  store: { deliveries },
  claimHandler,
  confirmedDeliveries,
  namespaces,
  clock,
}: ConsumersDeps) {
  return function consumers(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["consumers"];

    app.get(
      "/consumers",
      {
        schema: {
          summary: "Who pulls alerts, and how far",
          description: "All for who may see all namespaces; else `default` alone.",
          tags,
          response: answers(consumerList),
        },
      },
      async (request) => ({
        consumers: visibleConsumers(await deliveries.consumers(), callerOf(request)),
      }),
    );

    app.get(
      "/consumers/:name/alerts",
      {
        schema: {
          summary: "What is due to this consumer",
          description:
            "Handed out under a lease of 60s if nothing else is said: confirm with POST …/ack, give back with POST …/nack; what is neither in time comes again with the same `id` and a higher `delivery`. A new consumer begins with what is firing now.",
          tags,
          params: nameParams,
          querystring: pullQuery.extend({ lease: pullQuery.shape.lease.prefault(DEFAULT_LEASE) }),
          response: answers(deliveryList),
        },
      },
      (request, reply) =>
        claimHandler(request, reply, request.params.name, request.query, async (deliveries) => ({
          deliveries: deliveries.map(deliveryView),
        })),
    );

    app.post(
      "/consumers/:name/ack",
      {
        schema: {
          summary: "Confirm deliveries",
          description:
            "`unknown` lists ids that are not of this consumer, are of a namespace that you may not see, or whose lease is over: those come again.",
          tags,
          params: nameParams,
          body: idsBody,
          response: answers(z.object({ confirmed: list(z.string()), unknown: list(z.string()) })),
        },
      },
      async (request) => {
        const { ids } = request.body;
        const { name } = request.params;
        const unknown = await deliveries.confirm(name, ids, clock.now(), visibleTo(callerOf(request)));
        confirmedDeliveries(name);
        return { confirmed: ids.filter((id) => !unknown.includes(id)), unknown };
      },
    );

    app.post(
      "/consumers/:name/nack",
      {
        schema: {
          summary: "Give deliveries back at once",
          tags,
          params: nameParams,
          body: idsBody,
          response: answers(z.object({ released: list(z.string()), unknown: list(z.string()) })),
        },
      },
      async (request) => {
        const { ids } = request.body;
        const visible = visibleTo(callerOf(request));
        const unknown = await deliveries.release(request.params.name, ids, clock.now(), visible);
        return { released: ids.filter((id) => !unknown.includes(id)), unknown };
      },
    );
  };

  /** Undefined for who may see all: alerts of a namespace that is no longer watched are theirs as well. */
  function visibleTo(caller: Caller): readonly string[] | undefined {
    return caller.seesAll ? undefined : namespaces().filter((namespace) => caller.sees(namespace));
  }
}

function deliveryView({ alert, ...delivery }: Delivery): z.output<typeof deliverySchema> {
  return { ...delivery, alert: alertView(alert) };
}
