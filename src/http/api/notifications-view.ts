import { explain } from "../../core/evaluate/explain.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { Instant } from "../../core/model/time.ts";
import { shownSilence } from "../../core/notify/silence.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notifications, OutboxMessage, OutboxStore, ReceiverStatus } from "../../ports/notifications.ts";
import type { Caller } from "../base/caller.ts";
import type { Containers } from "../rows/containers.ts";
import type { SilencedLabels } from "../rows/rows.ts";
import type { Details } from "../schemas/details.ts";
import type { HealthDetails, ReceiverProblem } from "../schemas/health.ts";
import type { RowSilence } from "../schemas/state.ts";

/** Messages that are counted at most. */
const COUNTED = 1_000;

/** The active silence for these labels, as a row shows it. */
export function rowSilence({ silences }: Notifications, labels: SilencedLabels): RowSilence | undefined {
  const silence = silences.silenceOf(labels as Parameters<typeof silences.silenceOf>[0]);
  return silence && shownSilence(silence);
}

export function kindOf(notifications: Notifications, receiver: string): string {
  return notifications.receivers().find(({ name }) => name === receiver)?.kind ?? "no longer configured";
}

/** Whether the caller sees one of the alerts of a message. */
export function seesMessage(caller: Caller, { notification }: OutboxMessage): boolean {
  const { alerts } = notification;
  if (caller.seesUnwatched || (caller.seesAll && alerts.length === 0)) return true;
  return alerts.some(({ labels }) => caller.sees(labels.namespace));
}

/** A single failure is not reported: the message is retried within seconds. */
const FAILED_REPEATEDLY = 2;

/**
 * Failing receivers, with the number of messages for the caller that failed more than once and wait, or were given up
 * since the last delivery. The store is only read when a receiver fails.
 */
export async function receiverProblems(
  caller: Caller,
  receivers: readonly ReceiverStatus[],
  outbox: Pick<OutboxStore, "messages">,
  now: Instant,
): Promise<readonly ReceiverProblem[]> {
  const failing = receivers.filter(({ state }) => state === "failing");
  const problems = await Promise.all(
    failing.map(async ({ name, kind, problem, lastDeliveredAt = 0 }) => {
      const messages = await outbox.messages({ receiver: name, states: ["pending", "dead"], limit: COUNTED });
      const undelivered = messages.filter(
        (message) =>
          seesMessage(caller, message) &&
          (message.state === "pending" || (message.settledAt !== undefined && message.settledAt > lastDeliveredAt)),
      );
      if (!undelivered.some(({ state, attempts }) => state === "dead" || attempts >= FAILED_REPEATEDLY)) return [];
      return {
        receiver: name,
        kind,
        undelivered: undelivered.length,
        since: undelivered.at(-1)?.notification.createdAt ?? now,
        detail: (caller.seesAll ? problem : lastFailure(undelivered)) ?? "the last attempt failed",
      };
    }),
  );
  return problems.flat();
}

/** Of messages that the caller sees, newest first: what a receiver answered to others does not concern them. */
export function lastFailure(messages: readonly OutboxMessage[]): string | undefined {
  return messages.find(({ failure }) => failure !== undefined)?.failure?.detail;
}

/** Pending and dead messages with alerts that the caller sees. */
export async function queueOf(caller: Caller, outbox: Pick<OutboxStore, "messages">): Promise<HealthDetails["queue"]> {
  const own = async (state: "pending" | "dead") =>
    (await outbox.messages({ states: [state], limit: COUNTED })).filter((message) => seesMessage(caller, message));
  const pending = await own("pending");
  const dead = await own("dead");
  const oldest = pending.at(-1)?.notification.createdAt;
  return { pending: pending.length, dead: dead.length, ...(oldest === undefined ? {} : { oldest }) };
}

/** The result of each detector for a container and its pod, the firing ones first. */
export function verdictsOf(
  live: LiveState,
  containers: Containers,
  clock: Clock,
  pod: PodSnapshot,
  container: string | undefined,
): NonNullable<Details["verdicts"]> {
  return explain(live.priorState(pod), pod, containers.policy(pod), clock.now())
    .filter((one) => one.container === undefined || one.container === container)
    .map(({ alertname, reason, verdict }) => ({
      detector: alertname,
      verdict: reason,
      firing: verdict === "firing" || verdict === "keep_firing",
    }))
    .sort((a, b) => Number(b.firing) - Number(a.firing));
}
