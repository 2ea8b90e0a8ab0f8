import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { TransportError } from "./error.ts";
import { socketReads } from "./socket-reads.ts";

/**
 * client-go sends a PING after 30 s of silence and waits 15 s. These values are lower, so that a dead peer is detected
 * within 45 s: up to 10 s until the last byte is noticed, 20 s of silence, 12 s for the acknowledgement.
 */
const MAX_SILENCE: Duration = 20 * SECOND;
const CHECK_INTERVAL: Duration = MAX_SILENCE / 2;
const ACK_TIMEOUT: Duration = 12 * SECOND;

export interface PingOptions {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  readonly clock: Clock;
  readonly onDead: (error: TransportError) => void;
}

export interface Pings {
  start(): void;
  /** No PINGs from now on: after a GOAWAY, Node cancels each PING at once. Activity is still noted. */
  drain(): void;
  stop(): void;
  /** When (monotonic) the peer was last known to be alive; at most 10 s late. */
  readonly lastActivityAt: Duration;
}

/** Sends PINGs to a silent peer. A kernel or load balancer acknowledges TCP, but only the peer acknowledges a PING. */
export function watchWithPings({ session, socket, clock, onDead }: PingOptions): Pings {
  let timer: Timer | undefined;
  let stopped = false;
  let draining = false;
  let counted = 0;
  let lastActivityAt = 0;

  const noteActivity = () => {
    if (socket.bytesRead === counted) return false;
    counted = socket.bytesRead;
    lastActivityAt = clock.monotonic();
    return true;
  };
  const scheduleCheck = () => {
    if (!stopped) timer = clock.after(CHECK_INTERVAL, check);
  };
  const check = () => {
    if (noteActivity() || draining || clock.monotonic() - lastActivityAt < MAX_SILENCE) scheduleCheck();
    else ping();
  };
  const ping = () => {
    timer = clock.after(ACK_TIMEOUT, async () => {
      // After a blocked event loop, the acknowledgement may still be unread (kubernetes-watch.md rule 32).
      await socketReads();
      if (stopped) return;
      if (noteActivity() || draining) return scheduleCheck();
      onDead(
        new TransportError(
          "PING_TIMEOUT",
          `the API server did not acknowledge an HTTP/2 PING within ${ACK_TIMEOUT / SECOND} s: the connection is dead`,
        ),
      );
    });
    session.ping((error) => {
      if (stopped) return;
      // A PING that was not sent, or was cancelled, proves nothing about the peer: only an unanswered one does.
      timer?.cancel();
      if (error === null) noteActivity();
      scheduleCheck();
    });
  };

  return {
    start: () => {
      noteActivity();
      lastActivityAt = clock.monotonic();
      scheduleCheck();
    },
    drain: () => {
      draining = true;
    },
    stop: () => {
      stopped = true;
      timer?.cancel();
    },
    get lastActivityAt() {
      if (draining) noteActivity();
      return lastActivityAt;
    },
  };
}
