import type { FastifyInstance } from "fastify";
import type { FastifyZodOpenApiTypeProvider } from "fastify-zod-openapi";
import { z } from "zod";
import type { Action, ActionStore } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Notifications, OutboxMessage, OutboxStore } from "../../ports/notifications.ts";
import type { ReceiverView, TestResult } from "../base/api-types.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { answers, labels, list, page, pageQuery, time } from "../base/field-schemas.ts";
import { HttpProblem, notFound } from "../base/problem.ts";
import { rfc3339 } from "../base/time-text.ts";
import { type ActivityDeps, activityOf, RESENT_FOR } from "./activity.ts";
import { seesMessage } from "./notifications-view.ts";

export interface NotificationsApiDeps extends ActivityDeps {
  readonly notifications: Notifications;
  readonly store: ActivityDeps["store"] & {
    readonly outbox: OutboxStore;
  };
  readonly clock: Clock;
  readonly log: ActionStore["log"];
}

const results = z.enum(["delivered", "pending", "failed", "dead"]);
const activityQuery = pageQuery.extend({
  kind: z.enum(["notification", "action"]).optional(),
  result: results.optional(),
  receiver: z.string().max(200).optional(),
  q: z.string().max(200).optional(),
  from: z.coerce.number().int().min(0).optional(),
  to: z.coerce.number().int().min(0).optional(),
});

const notificationSchema = z
  .object({
    id: z.string().meta({ description: "The same for every attempt; receivers tell repetitions by it." }),
    receiver: z.string(),
    status: z.enum(["firing", "resolved"]),
    state: z
      .enum(["pending", "delivered", "dead"])
      .meta({ description: "`dead` was given up, and can be sent again." }),
    reason: z.string(),
    createdAt: time,
    attempts: z.int(),
    dueAt: time.optional().meta({ description: "When it is tried next." }),
    settledAt: time.optional(),
    failure: z.object({ reason: z.string(), detail: z.string() }).optional(),
    alerts: list(z.object({ fingerprint: z.string(), episode: z.int(), labels })),
    truncatedAlerts: z.int(),
  })
  .meta({ id: "Notification" });

const notificationsQuery = pageQuery.extend({
  receiver: z.string().max(200).optional(),
  state: z.enum(["pending", "delivered", "dead"]).optional(),
});
const idParams = z.object({ id: z.string().max(300) });
const nameParams = z.object({ name: z.string().max(200) });
const loose = z.looseObject({});

/** The outbox, its receivers, and what people did: who was told what, when and why, and how to tell them again. */
export function notificationsApi(deps: NotificationsApiDeps) {
  const { notifications, store, clock } = deps;
  return function notificationsRoutes(plain: FastifyInstance): void {
    const app = plain.withTypeProvider<FastifyZodOpenApiTypeProvider>();
    const tags = ["notifications"];

    app.get(
      "/activity",
      {
        schema: {
          summary: "What was sent and what people did, newest first",
          description: "Times are epoch milliseconds.",
          tags: ["page"],
          querystring: activityQuery,
          response: answers(loose),
        },
      },
      async (request) => {
        const query = Object.fromEntries(Object.entries(request.query).filter(([, value]) => value !== undefined));
        return { ...(await activityOf(deps, callerOf(request), query)) };
      },
    );

    app.get(
      "/notifications",
      {
        schema: {
          summary: "The outbox, newest first",
          tags,
          querystring: notificationsQuery,
          response: answers(page(notificationSchema)),
        },
      },
      async (request) => {
        const { receiver, state, cursor, limit } = request.query;
        const caller = callerOf(request);
        if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) {
          throw new HttpProblem(400, "The cursor is not one that this program gave: leave it out to begin anew.");
        }
        const messages = await store.outbox.messages({
          limit,
          ...(receiver === undefined ? {} : { receiver }),
          ...(state === undefined ? {} : { states: [state] }),
          ...(cursor === undefined ? {} : { cursor }),
        });
        return {
          entries: messages
            .filter((message) => seesMessage(caller, message))
            .map((message) => notificationView(message, caller)),
          next: messages.length < limit ? undefined : String(messages.at(-1)!.sequence),
        };
      },
    );

    app.post(
      "/notifications/:id/resend",
      {
        schema: {
          summary: "Send a message once more, with the same id",
          tags,
          params: idParams,
          response: answers(loose),
        },
      },
      async (request) => {
        const { id } = request.params;
        const caller = callerOf(request);
        const [message] = await store.outbox.messages({ id, limit: 1 });
        if (message === undefined || !seesMessage(caller, message)) throw notFound(`Message ${id}`);
        await requireActOn(caller, message);
        const now = clock.now();
        if (!(await store.outbox.resend(id, { now, giveUpAt: now + RESENT_FOR }))) throw notFound(`Message ${id}`);
        await log(caller, "resend", [id, message.notification.receiver]);
        notifications.wake();
        return {};
      },
    );

    app.get(
      "/receivers",
      {
        schema: {
          summary: "Who is told, and whether that works",
          tags,
          response: answers(z.object({ receivers: list(loose) })),
        },
      },
      async (request) => {
        const caller = callerOf(request);
        const waiting = await store.outbox.messages({ states: ["pending"], limit: 1_000 });
        const pending = Map.groupBy(
          waiting.filter((message) => seesMessage(caller, message)),
          receiverOf,
        );
        const receivers = notifications
          .receivers()
          .map(({ name, kind, state, lastDeliveredAt, problem }): ReceiverView => {
            return {
              name,
              kind,
              state,
              pending: pending.get(name)?.length ?? 0,
              ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt }),
              ...(problem === undefined ? {} : { problem }),
            };
          });
        return { receivers: receivers.map((receiver) => ({ ...receiver })) };
      },
    );

    app.post(
      "/receivers/:name/test",
      {
        schema: {
          summary: "Send a message that says that it is a test",
          tags,
          params: nameParams,
          response: answers(loose),
        },
      },
      async (request) => {
        const { name } = request.params;
        const caller = callerOf(request);
        if (!(await caller.mayActEverywhere())) {
          throw new HttpProblem(403, "Receivers are told of all namespaces, and your role does not cover them all.");
        }
        const result = await notifications.test(name);
        if (result === undefined) throw notFound(`Receiver ${name}`);
        const answer: TestResult = {
          delivered: result.delivered,
          latency: result.took,
          ...(result.delivered ? {} : { detail: result.detail }),
        };
        await log(caller, "test", [name], result.delivered ? "delivered" : result.detail);
        return { ...answer };
      },
    );
  };

  function log(caller: Caller, action: Action["action"], about: readonly string[], note?: string): Promise<void> {
    const by = caller.user ?? "anonymous";
    return deps.log({ at: clock.now(), by, action, about, ...(note === undefined ? {} : { note }) });
  }
}

const receiverOf = ({ notification }: OutboxMessage) => notification.receiver;

async function requireActOn(caller: Caller, { notification }: OutboxMessage): Promise<void> {
  for (const namespace of new Set(notification.alerts.map(({ labels }) => labels.namespace))) {
    if (await caller.mayAct(namespace)) continue;
    throw new HttpProblem(403, "The message tells of namespaces in which your role may not change anything.");
  }
}

function notificationView(message: OutboxMessage, caller: Caller): z.input<typeof notificationSchema> {
  const { notification, state, attempts, dueAt, settledAt, failure } = message;
  const { id, receiver, status, reason, createdAt, truncatedAlerts } = notification;
  return {
    id,
    receiver,
    status,
    state,
    reason,
    createdAt: rfc3339(createdAt),
    attempts,
    dueAt: state === "pending" ? rfc3339(dueAt) : undefined,
    settledAt: settledAt === undefined ? undefined : rfc3339(settledAt),
    failure,
    alerts: notification.alerts
      .filter(({ labels }) => caller.sees(labels.namespace))
      .map(({ fingerprint, episode, labels }) => ({ fingerprint, episode, labels })),
    truncatedAlerts: caller.seesAll ? truncatedAlerts : 0,
  };
}
