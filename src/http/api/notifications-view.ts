import { explain } from "../../core/evaluate/explain.ts";
import type { PodSnapshot } from "../../core/model/pod.ts";
import type { Instant } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Notifications, OutboxMessage, OutboxStore, ReceiverStatus } from "../../ports/notifications.ts";
import type { Caller } from "../base/caller.ts";
import type { Containers } from "../rows/containers.ts";
import type { SilencedLabels } from "../rows/rows.ts";
import type { Details } from "../schemas/details.ts";
import type { HealthDetails, ReceiverProblem } from "../schemas/health.ts";
import type { RowSilence } from "../schemas/state.ts";

/** Messages counted at most: beyond that the number says no more. */
const COUNTED = 1_000;

/** The silence that covers these labels now, as a row shows it. */
export function rowSilence({ silences }: Notifications, labels: SilencedLabels): RowSilence | undefined {
  const silence = silences.silenceOf(labels as Parameters<typeof silences.silenceOf>[0]);
  if (silence === undefined) return undefined;
  const { id, by, from, until, reason } = silence;
  return { id, by, from, until, reason };
}

export function kindOf(notifications: Notifications, receiver: string): string {
  return notifications.receivers().find(({ name }) => name === receiver)?.kind ?? "no longer configured";
}

/** Whether a message tells of anything that the caller may see. */
export function seesMessage(caller: Caller, { notification }: OutboxMessage): boolean {
  return caller.seesAll || notification.alerts.some(({ labels }) => caller.sees(labels.namespace));
}

/** A service that is busy for a moment is no problem yet: the message goes out again within seconds. */
const FAILED_REPEATEDLY = 2;

/**
 * Receivers that fail now, with what of the caller's they have not got: what failed more than once and waits, and what
 * was given up since they last took something. The store is asked only when there is one.
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
        detail: problem ?? "the last attempt failed",
      };
    }),
  );
  return problems.flat();
}

/** What waits or was given up of what the caller may see, for the health panel. */
export async function queueOf(caller: Caller, outbox: Pick<OutboxStore, "messages">): Promise<HealthDetails["queue"]> {
  const own = async (state: "pending" | "dead") =>
    (await outbox.messages({ states: [state], limit: COUNTED })).filter((message) => seesMessage(caller, message));
  const pending = await own("pending");
  const dead = await own("dead");
  const oldest = pending.at(-1)?.notification.createdAt;
  return { pending: pending.length, dead: dead.length, ...(oldest === undefined ? {} : { oldest }) };
}

/** Each detector with what it saw and decided about a container and its pod, the firing first. */
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
