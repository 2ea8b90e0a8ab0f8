import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { TransportError } from "./error.ts";
import { socketReads } from "./socket-reads.ts";

/**
 * client-go pings after 30 s of silence and waits 15 s. A little sooner here, so that a dead peer is noticed within
 * 45 s: up to 10 s pass before the last byte is seen, 20 s of silence, 12 s for the answer.
 */
const SILENCE: Duration = 20 * SECOND;
const LOOK_EVERY: Duration = SILENCE / 2;
const ANSWER_WITHIN: Duration = 12 * SECOND;

export interface PingOptions {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  readonly clock: Clock;
  readonly onDead: (error: TransportError) => void;
}

export interface Pings {
  start(): void;
  stop(): void;
  /** When (monotonic) the peer was last known to be alive; 10 s behind at most while it says something. */
  readonly lastActivityAt: Duration;
}

/** Asks a silent peer whether it is alive: a kernel or a load balancer answers TCP, only the peer itself answers this. */
export function watchWithPings({ session, socket, clock, onDead }: PingOptions): Pings {
  let timer: Timer | undefined;
  let stopped = false;
  let seen = 0;
  let lastActivityAt = 0;

  const hear = () => {
    if (socket.bytesRead === seen) return false;
    seen = socket.bytesRead;
    lastActivityAt = clock.monotonic();
    return true;
  };
  const reevaluateLater = () => {
    if (!stopped) timer = clock.after(LOOK_EVERY, look);
  };
  const look = () => {
    if (hear() || clock.monotonic() - lastActivityAt < SILENCE) reevaluateLater();
    else ask();
  };
  const ask = () => {
    timer = clock.after(ANSWER_WITHIN, async () => {
      // A loop that was blocked runs the timers first: the answer may lie unread (watch.md rule 32).
      await socketReads();
      if (stopped) return;
      if (hear()) return reevaluateLater();
      onDead(
        new TransportError(
          "PING_TIMEOUT",
          `the API server did not answer an HTTP/2 PING within ${ANSWER_WITHIN / SECOND} s: the connection is dead`,
        ),
      );
    });
    session.ping((error) => {
      if (error !== null || stopped) return;
      timer?.cancel();
      hear();
      reevaluateLater();
    });
  };

  return {
    start: () => {
      hear();
      lastActivityAt = clock.monotonic();
      reevaluateLater();
    },
    stop: () => {
      stopped = true;
      timer?.cancel();
    },
    get lastActivityAt() {
      return lastActivityAt;
    },
  };
}
