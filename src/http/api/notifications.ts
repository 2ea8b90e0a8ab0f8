import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { DAY } from "../../core/model/time.ts";
import type { Action, ActionStore } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Notifications, OutboxMessage, OutboxStore } from "../../ports/notifications.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerName, callerOf } from "../base/caller.ts";
import { HttpProblem, notFound } from "../base/problem.ts";
import { answers, nothing } from "../schemas/fields.ts";
import { type ReceiverView, receivers as receiversSchema, type TestResult, testResult } from "../schemas/receivers.ts";
import { seesMessage } from "./notifications-view.ts";

export interface NotificationsApiDeps {
  readonly notifications: Notifications;
  readonly store: { readonly outbox: Pick<OutboxStore, "messages" | "resend"> };
  readonly clock: Clock;
  readonly log: ActionStore["log"];
}

/** How long a notification that is sent again is retried. */
const RETRY_RESENT_FOR = DAY;

const idParams = z.object({ id: z.string().max(300) });
const nameParams = z.object({ name: z.string().max(200) });

/** Receivers and their tests, and sending a notification again. */
export function notificationsApi(deps: NotificationsApiDeps) {
  const { notifications, store, clock } = deps;
  return function notificationsRoutes(plain: FastifyInstance): void {
    const app = withApiTypes(plain);
    const tags = ["notifications"];

    app.post(
      "/notifications/:id/resend",
      {
        schema: {
          summary: "Send a notification again, with the same id",
          tags,
          params: idParams,
          response: answers(nothing),
        },
      },
      async (request) => {
        const { id } = request.params;
        const caller = callerOf(request);
        const [message] = await store.outbox.messages({ id, limit: 1 });
        if (message === undefined || !seesMessage(caller, message)) throw notFound(`Notification ${id}`);
        await requireWriteOn(caller, message);
        const now = clock.now();
        if (!(await store.outbox.resend(id, { now, giveUpAt: now + RETRY_RESENT_FOR })))
          throw notFound(`Notification ${id}`);
        await log(caller, "resend", [id, message.notification.receiver]);
        notifications.wake();
        return {};
      },
    );

    app.get(
      "/receivers",
      {
        schema: {
          summary: "List receivers and their state",
          tags,
          response: answers(receiversSchema),
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
        return { receivers };
      },
    );

    app.post(
      "/receivers/:name/test",
      {
        schema: {
          summary: "Send a test notification",
          tags,
          params: nameParams,
          response: answers(testResult),
        },
      },
      async (request) => {
        const { name } = request.params;
        const caller = callerOf(request);
        if (!(await caller.mayWriteEverywhere())) {
          throw new HttpProblem(
            403,
            "Receivers are notified of all namespaces, and you have write access to some of them only.",
          );
        }
        const result = await notifications.test(name);
        if (result === undefined) throw notFound(`Receiver ${name}`);
        const answer: TestResult = {
          delivered: result.delivered,
          latencyMs: result.took,
          ...(result.delivered ? {} : { detail: result.detail }),
        };
        await log(caller, "test", [name], result.delivered ? "delivered" : result.detail);
        return answer;
      },
    );
  };

  function log(caller: Caller, action: Action["action"], about: readonly string[], note?: string): Promise<void> {
    const by = callerName(caller);
    return deps.log({ at: clock.now(), by, action, about, ...(note === undefined ? {} : { note }) });
  }
}

const receiverOf = ({ notification }: OutboxMessage) => notification.receiver;

async function requireWriteOn(caller: Caller, { notification }: OutboxMessage): Promise<void> {
  for (const namespace of new Set(notification.alerts.map(({ labels }) => labels.namespace))) {
    if (await caller.mayWrite(namespace)) continue;
    throw new HttpProblem(403, "The notification is about namespaces to which you have read-only access.");
  }
}
