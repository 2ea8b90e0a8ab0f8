import type { ServerResponse } from "node:http";
import { Socket } from "node:net";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ConfirmedDelivery, Delivery, DeliveryStore } from "../../ports/delivery.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { isHttp2 } from "../base/http2.ts";

/** Waits for due alerts, and confirms or releases claims depending on whether the response arrived. */
export interface Pull {
  /** Repeats the attempt until alerts are due, `wait` is over, or the signal aborts (client disconnected, server closes). */
  waitFor(
    attempt: () => Promise<readonly Delivery[]>,
    wait: Duration,
    signal: AbortSignal,
  ): Promise<readonly Delivery[]>;
  /** Confirms the deliveries when the response has been sent completely, and releases them when it was aborted. */
  settle(consumer: string, deliveries: readonly Delivery[], response: ServerResponse, mark: boolean): void;
  /** Sent, and not yet known whether they arrived; shown as delivered. */
  inFlight(consumer: string): readonly ConfirmedDelivery[];
  /** Resolves when no response is in progress. */
  settled(): Promise<void>;
}

export interface PullOptions {
  readonly deliveries: DeliveryStore;
  readonly live: Pick<LiveState, "subscribe">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Deliveries were confirmed or released. */
  readonly onDelivered: () => void;
}

/** A lease ends without an event, so a waiting claim is repeated at this interval. */
const RETRY_INTERVAL: Duration = 5 * SECOND;
/**
 * How long a connection is watched after the last byte was passed to the kernel: a client that died with unread data sends
 * a reset, a client that has read everything closes properly or keeps the connection.
 */
const RESET_GRACE: Duration = 250;

export function createPull({ deliveries, live, clock, logger, onDelivered }: PullOptions): Pull {
  const settling = new Set<Promise<void>>();
  const written = new Set<{ readonly consumer: string; readonly confirmedDeliveries: readonly ConfirmedDelivery[] }>();

  async function waitFor(attempt: () => Promise<readonly Delivery[]>, wait: Duration, signal: AbortSignal) {
    const deadline = clock.monotonic() + wait;
    for (;;) {
      // Subscribe before the attempt, so that a commit in between is not missed.
      using change = nextChange(live);
      const claimed = await attempt();
      const left = deadline - clock.monotonic();
      if (claimed.length > 0 || left <= 0 || signal.aborted) return claimed;
      await firstOf(change.seen, Math.min(left, RETRY_INTERVAL), signal);
      if (signal.aborted) return [];
    }
  }

  function firstOf(change: Promise<void>, delay: Duration, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.after(delay, resolve);
    const aborted = () => resolve();
    signal.addEventListener("abort", aborted, { once: true });
    void change.then(resolve);
    return promise.finally(() => {
      timer.cancel();
      signal.removeEventListener("abort", aborted);
    });
  }

  async function finish(consumer: string, claimed: readonly Delivery[], response: ServerResponse, mark: boolean) {
    const ids = claimed.map(({ id }) => id);
    const outcome = watchResponse(response, clock);
    const at = clock.now();
    const delivery = {
      consumer,
      confirmedDeliveries: claimed.map(({ alert: { fingerprint, episode } }) => ({ fingerprint, episode, at })),
    };
    if ((await outcome.written) && mark) {
      written.add(delivery);
      onDelivered();
    }
    try {
      if (!(await outcome.arrived)) {
        await deliveries.release(consumer, ids, clock.now());
        logger.warn(
          { event: "delivery_aborted", consumer, alerts: ids.length },
          "A response was aborted; its alerts are due again.",
        );
      } else if (mark) {
        const late = await deliveries.confirm(consumer, ids, clock.now());
        if (late.length > 0) {
          logger.warn(
            { event: "delivery_late", consumer, alerts: late.length },
            "A response took longer than its lease; its alerts are delivered again.",
          );
        }
      }
    } finally {
      written.delete(delivery);
      onDelivered();
    }
  }

  return {
    waitFor,
    settle: (consumer, deliveries, response, mark) => {
      if (deliveries.length === 0) return;
      const settlement = finish(consumer, deliveries, response, mark)
        .catch((error: unknown) => {
          logger.error(
            { event: "delivery_unconfirmed", consumer, err: error },
            "A delivery could not be recorded; its alerts are delivered again when the lease ends.",
          );
        })
        .finally(() => settling.delete(settlement));
      settling.add(settlement);
    },
    inFlight: (consumer) =>
      [...written]
        .filter((delivery) => delivery.consumer === consumer)
        .flatMap(({ confirmedDeliveries }) => confirmedDeliveries),
    settled: async () => {
      while (settling.size > 0) await Promise.all(settling);
    },
  };
}

function nextChange(live: Pick<LiveState, "subscribe">): Disposable & { readonly seen: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const subscription = live.subscribe((changes) => {
    if (changes.alerts.length > 0) resolve();
  });
  return { seen: promise, [Symbol.dispose]: () => subscription[Symbol.dispose]() };
}

/**
 * `written`: every byte was passed to the kernel. `arrived`: and the client did not reset the connection within
 * `RESET_GRACE`.
 */
function watchResponse(response: ServerResponse, clock: Clock) {
  const written = Promise.withResolvers<boolean>();
  const arrived = Promise.withResolvers<boolean>();
  const give = (value: boolean) => {
    written.resolve(value);
    arrived.resolve(value);
  };
  const { socket } = response;
  if (response.destroyed || socket?.destroyed === true) give(false);
  response.once("close", () => {
    if (!response.writableFinished) give(false);
  });
  response.once("finish", () => {
    // On HTTP/2 this comes with the end of the stream, whatever that was.
    if (isHttp2(response)) {
      give(response.stream.writableFinished && !response.stream.aborted);
      return;
    }
    written.resolve(true);
    if (!(socket instanceof Socket) || socket.destroyed) {
      give(true);
      return;
    }
    const grace = clock.after(RESET_GRACE, () => arrived.resolve(true));
    const reset = () => arrived.resolve(false);
    const closed = (hadError: boolean) => arrived.resolve(!hadError);
    socket.once("error", reset).once("close", closed);
    void arrived.promise.then(() => {
      grace.cancel();
      socket.off("error", reset).off("close", closed);
    });
  });
  return { written: written.promise, arrived: arrived.promise };
}
