/**
 * Sends the messages of the outbox, with one worker per receiver. Each message is sent at least once, always under the
 * same id: if the process dies between sending and storing the outcome, the message is due again when its lease ends.
 */
import { type Duration, SECOND } from "../core/model/time.ts";
import type { Clock } from "../ports/clock.ts";
import type { Notification, OutboxStore, ReceiverStatus, SendResult } from "../ports/notifications.ts";
import type { NotifyEvents } from "../telemetry/notify-events.ts";
import { sleep } from "../util/sleep.ts";
import { type ReceiverSetup, ReceiverWorker, type ReceiverWorkerOptions } from "./receiver-worker.ts";

export interface OutboxSenderOptions extends Pick<ReceiverWorkerOptions, "enrich" | "maySend"> {
  readonly clock: Clock;
  readonly outbox: Pick<OutboxStore, "claim" | "settle" | "nextDue" | "abandon">;
  readonly events: NotifyEvents;
  readonly receivers: readonly ReceiverSetup[];
}

export interface OutboxSender extends AsyncDisposable {
  /** Gives up the messages of receivers that are no longer configured, and starts to send. */
  start(): Promise<void>;
  /** New messages are due for these receivers; for all by default. */
  wake(receivers?: ReadonlySet<string>): void;
  /** Sends a test notification immediately, without the outbox. Throws if there is no such receiver. */
  test(receiver: string, notification: Notification): Promise<SendResult & { readonly took: Duration }>;
  status(): readonly ReceiverStatus[];
  /** Resolves when nothing is being claimed or sent. */
  idle(): Promise<void>;
}

/** How long attempts may continue when the program stops. */
const SHUTDOWN_GRACE: Duration = 2 * SECOND;

export function createOutboxSender({
  clock,
  outbox,
  events,
  receivers,
  enrich,
  maySend,
}: OutboxSenderOptions): OutboxSender {
  const stopping = new AbortController();
  const workers = new Map(
    receivers.map((setup) => [
      setup.receiver.name,
      new ReceiverWorker(setup, { clock, outbox, events, enrich, maySend, stopping: stopping.signal }),
    ]),
  );
  const pending = () => [...workers.values()].flatMap((worker) => worker.pending);

  return {
    async start() {
      for (const worker of workers.values()) worker.wake();
      try {
        const count = await outbox.abandon([...workers.keys()], "the receiver is no longer configured", clock.now());
        if (count > 0) events.abandoned(count);
      } catch (error) {
        // They stay in the outbox until the next start or reload.
        events.storeFailed("removed receivers", error);
      }
    },

    wake(names) {
      for (const [name, worker] of workers) if (names === undefined || names.has(name)) worker.wake();
    },

    async test(name, notification) {
      const worker = workers.get(name);
      if (worker === undefined) throw new RangeError(`There is no receiver ${name}.`);
      return await worker.test(notification);
    },

    status: () => [...workers.values()].map((worker) => worker.status()),

    async idle() {
      for (let busy = pending(); busy.length > 0; busy = pending()) await Promise.allSettled(busy);
    },

    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...workers.values()].map((worker) => worker.stop()));
      const finished = new AbortController();
      const sent = Promise.allSettled(pending()).then(() => finished.abort());
      await Promise.race([sent, sleep(clock, SHUTDOWN_GRACE, finished.signal)]);
      stopping.abort(new DOMException("The program is stopping.", "AbortError"));
      await sent;
    },
  };
}
