import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { DAY } from "../../core/model/time.ts";
import type { Action, ActionStore } from "../../ports/activity.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notifications, OutboxMessage, OutboxStore, ReceiverStatus } from "../../ports/notifications.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerName, callerOf } from "../base/caller.ts";
import { HttpProblem, notFound } from "../base/problem.ts";
import { answers, nothing } from "../schemas/fields.ts";
import { type ReceiverView, receivers as receiversSchema, type TestResult, testResult } from "../schemas/receivers.ts";
import { lastFailure, seesMessage } from "./notifications-view.ts";

export interface NotificationsApiDeps {
  readonly notifications: Notifications;
  readonly store: { readonly outbox: Pick<OutboxStore, "messages" | "resend"> };
  readonly alerts: LiveState["alerts"];
  readonly clock: Clock;
  readonly log: ActionStore["log"];
}

/** How long a notification that is sent again is retried. */
const RETRY_RESENT_FOR = DAY;

const MAX_READ = 1_000;
/** Alerts whose receivers are computed for one request. */
const MAX_EXPLAINED = 200;

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
          description:
            "With access to some namespaces only: the receivers of their alerts, as their notifications show them.",
          tags,
          response: answers(receiversSchema),
        },
      },
      async (request) => {
        const caller = callerOf(request);
        const states = caller.seesAll ? (["pending"] as const) : undefined;
        const messages = await store.outbox.messages({ ...(states === undefined ? {} : { states }), limit: MAX_READ });
        const own = Map.groupBy(
          messages.filter((message) => seesMessage(caller, message)),
          receiverOf,
        );
        const concerned = concernedReceivers(caller, own.keys());
        const receivers = notifications
          .receivers()
          .filter(({ name }) => concerned === undefined || concerned.has(name))
          .map((receiver) => receiverView(receiver, own.get(receiver.name) ?? [], caller.seesAll));
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

  /** Receivers of the caller's alerts; undefined for those who see all namespaces. */
  function concernedReceivers(caller: Caller, notified: Iterable<string>): ReadonlySet<string> | undefined {
    if (caller.seesAll) return undefined;
    const names = new Set(notified);
    let explained = 0;
    for (const alert of deps.alerts()) {
      if (!caller.sees(alert.labels.namespace) || alert.state.name === "resolved") continue;
      for (const { receiver } of notifications.explain(alert)) names.add(receiver);
      if (++explained >= MAX_EXPLAINED) break;
    }
    return names;
  }

  function log(caller: Caller, action: Action["action"], about: readonly string[], note?: string): Promise<void> {
    const by = callerName(caller);
    return deps.log({ at: clock.now(), by, action, about, ...(note === undefined ? {} : { note }) });
  }
}

/** Callers who do not see all namespaces get the state of the receiver as their own notifications show it. */
function receiverView(receiver: ReceiverStatus, own: readonly OutboxMessage[], seesAll: boolean): ReceiverView {
  const { name, kind } = receiver;
  const pending = own.filter((message) => message.state === "pending");
  const delivered = own.filter((message) => message.state === "delivered").map(({ settledAt }) => settledAt ?? 0);
  const failure = lastFailure(own.filter((message) => message.state !== "delivered"));
  const isFailing = receiver.state === "failing" && failure !== undefined;
  const ownState = isFailing ? "failing" : delivered.length === 0 ? "unused" : "ok";
  const lastDeliveredAt = seesAll
    ? receiver.lastDeliveredAt
    : delivered.length === 0
      ? undefined
      : Math.max(...delivered);
  const problem = seesAll ? receiver.problem : isFailing ? failure : undefined;
  return {
    name,
    kind,
    state: seesAll ? receiver.state : ownState,
    pending: pending.length,
    ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt }),
    ...(problem === undefined ? {} : { problem }),
  };
}

const receiverOf = ({ notification }: OutboxMessage) => notification.receiver;

async function requireWriteOn(caller: Caller, { notification }: OutboxMessage): Promise<void> {
  for (const namespace of new Set(notification.alerts.map(({ labels }) => labels.namespace))) {
    if (await caller.mayWrite(namespace)) continue;
    throw new HttpProblem(403, "The notification is about namespaces to which you have read-only access.");
  }
}
