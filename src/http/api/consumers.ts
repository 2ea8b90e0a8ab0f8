import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ActionStore } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Delivery } from "../../ports/delivery.ts";
import type { AlertStore } from "../../ports/store.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { callerOf } from "../base/caller.ts";
import { type ConsumerNames, visibleConsumers } from "../base/consumer-names.ts";
import { alertSchema, alertView } from "../rows/alert-view.ts";
import { type ClaimHandler, consumerName, pullQuery } from "../rows/claim-handler.ts";
import { rowIdOf } from "../rows/rows.ts";
import { answers, list, time } from "../schemas/fields.ts";

export interface ConsumersDeps {
  readonly store: Pick<AlertStore, "deliveries" | "alerts">;
  readonly claimHandler: ClaimHandler;
  /** The confirmed deliveries of this consumer have changed. */
  readonly confirmedDeliveries: (consumer: string) => void;
  readonly consumerNames: Pick<ConsumerNames, "settleable">;
  readonly clock: Clock;
  readonly log: ActionStore["log"];
}

/** Clients of this endpoint confirm what they have processed. */
const DEFAULT_LEASE = "60s";

const deliverySchema = z
  .object({
    id: z.string().meta({ description: "The same for every delivery of this alert to the consumer." }),
    sequence: z.int().meta({ description: "Counts from 1 without gaps, per consumer." }),
    delivery: z.int().meta({ description: "1 for the first delivery, higher for each further one." }),
    leaseUntil: time,
    alert: alertSchema,
  })
  .meta({ id: "Delivery" });

const consumerSchema = z
  .object({
    name: z.string(),
    createdAt: time,
    createdBy: z.string().optional().meta({ description: "The owner." }),
    lastSeenAt: time,
    lastSequence: z
      .int()
      .exactOptional()
      .meta({ description: "Of `default`, this and `leased` are for callers who see all namespaces." }),
    leased: z.int().exactOptional(),
  })
  .meta({ id: "Consumer" });

export const consumerList = z.object({ consumers: list(consumerSchema) });
export const deliveryList = z.object({ deliveries: list(deliverySchema) });

const nameParams = z.object({ name: consumerName });
const idsBody = z.strictObject({ ids: z.array(z.string().max(200)).min(1).max(1000) });

/** /api/v1/consumers: pull alerts with leases and long polls. */
export function consumersApi({ store, claimHandler, confirmedDeliveries, consumerNames, clock, log }: ConsumersDeps) {
  const { deliveries } = store;
  return function consumers(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["consumers"];

    app.get(
      "/consumers",
      {
        schema: {
          summary: "List consumers",
          description: "Callers without access to all namespaces only see `default` and their own.",
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
          summary: "Claim the due alerts of a consumer",
          description:
            "Claimed with a lease of 60s by default. Confirm with POST …/ack, or release with POST …/nack. An alert that is neither confirmed nor released in time is delivered again with the same `id` and a higher `delivery`. A new consumer starts with the alerts that fire now.",
          tags,
          params: nameParams,
          querystring: pullQuery.extend({ lease: pullQuery.shape.lease.prefault(DEFAULT_LEASE) }).strict(),
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
            "A consumer belongs to the caller who created it, except `default`, which callers share and whose deliveries belong to the caller who claimed them. Other callers need write access to the namespaces of the deliveries. `unknown` lists ids of other consumers, of namespaces without permission, and of expired leases; the latter are delivered again.",
          tags,
          params: nameParams,
          body: idsBody,
          response: answers(z.object({ confirmed: list(z.string()), unknown: list(z.string()) })),
        },
      },
      async (request) => {
        const { ids } = request.body;
        const { name } = request.params;
        const caller = callerOf(request);
        let unknown: readonly string[] = ids;
        for (const scope of await consumerNames.settleable(name, caller)) {
          if (unknown.length > 0) unknown = await deliveries.confirm(name, unknown, clock.now(), scope, caller.user);
        }
        confirmedDeliveries(name);
        return { confirmed: ids.filter((id) => !unknown.includes(id)), unknown };
      },
    );

    app.post(
      "/consumers/:name/nack",
      {
        schema: {
          summary: "Release deliveries before the lease ends",
          description: "Activity names the caller who releases deliveries that another caller claimed.",
          tags,
          params: nameParams,
          body: idsBody,
          response: answers(z.object({ released: list(z.string()), unknown: list(z.string()) })),
        },
      },
      async (request) => {
        const { ids } = request.body;
        const { name } = request.params;
        const caller = callerOf(request);
        let unknown: readonly string[] = ids;
        for (const scope of await consumerNames.settleable(name, caller)) {
          if (unknown.length === 0) break;
          const before = unknown;
          unknown = await deliveries.release(name, before, clock.now(), scope);
          const isOfAnother = caller.user !== undefined && scope.claimedBy === undefined;
          if (isOfAnother)
            await logRelease(
              name,
              before.filter((id) => !unknown.includes(id)),
              caller.user,
            );
        }
        return { released: ids.filter((id) => !unknown.includes(id)), unknown };
      },
    );
  };

  async function logRelease(consumer: string, ids: readonly string[], by: string): Promise<void> {
    if (ids.length === 0) return;
    const fingerprints = [...new Set(ids.map((id) => id.slice(0, id.indexOf("."))))];
    const alerts = await Promise.all(fingerprints.map((fingerprint) => store.alerts({ fingerprint, limit: 1 })));
    const rows = new Set(alerts.flat().map(({ labels }) => rowIdOf(labels)));
    const note = `Deliveries to ${consumer} that another caller had claimed`;
    await log({ at: clock.now(), by, action: "release", about: [...rows, ...fingerprints], note });
  }
}

function deliveryView({ alert, ...delivery }: Delivery): z.output<typeof deliverySchema> {
  return { ...delivery, alert: alertView(alert) };
}
