import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { socketReads } from "../transport/socket-reads.ts";
import type { TransportResponse } from "../transport/types.ts";
import { WatchFailure } from "./watch-failure.ts";

export interface LivenessOptions {
  readonly clock: Clock;
  readonly response: Pick<TransportResponse, "bytesRead" | "connectionBytesRead">;
  /** How long the body may stay silent. */
  readonly silence: Duration;
  /** Minimum number of bytes within that time; 1 by default. */
  readonly minBytes?: number;
  /** Maximum total time; unlimited by default. */
  readonly deadline?: Duration;
  /** Called at most once. */
  readonly onDead: (failure: WatchFailure) => void;
}

export interface Liveness {
  /** How long the body may stay silent from now on. */
  setSilence(silence: Duration): void;
  stop(): void;
}

/** Each round reads up to a few megabytes from the socket. */
const MAX_READ_ROUNDS = 20;

/** Reports a body that is silent or exceeds its deadline, by the monotonic clock and by bytes, not by events. */
export function watchLiveness(options: LivenessOptions): Liveness {
  const { clock, response, silence, minBytes = 1, deadline, onDead } = options;
  let maxSilence = silence;
  let counted = 0;
  let timer: Timer | undefined;
  let stopped = false;

  const stop = () => {
    stopped = true;
    timer?.cancel();
    end?.cancel();
  };
  const die = (failure: WatchFailure) => {
    if (stopped) return;
    stop();
    onDead(failure);
  };
  const restart = () => {
    if (stopped) return;
    counted = response.bytesRead;
    timer?.cancel();
    timer = clock.after(maxSilence, onSilence);
  };
  const hasReceived = () => response.bytesRead - counted >= minBytes;
  const onSilence = async () => {
    // After a blocked event loop, received bytes may still be unread (kubernetes-watch.md rule 32). The number of rounds
    // is limited, because other streams of the connection may keep receiving.
    for (let round = 0; round < MAX_READ_ROUNDS && !hasReceived(); round++) {
      const connection = response.connectionBytesRead;
      await socketReads();
      if (response.connectionBytesRead === connection) break;
    }
    if (hasReceived()) return restart();
    const received = response.bytesRead === counted ? "nothing" : `only ${response.bytesRead - counted} bytes`;
    die(new WatchFailure("silent", `received ${received} for ${maxSilence / SECOND} s`));
  };
  const end =
    deadline === undefined
      ? undefined
      : clock.after(deadline, () =>
          die(new WatchFailure("silent", "the server did not close the watch at its deadline", { label: "overdue" })),
        );
  restart();

  return {
    setSilence: (next) => {
      if (maxSilence === next) return;
      maxSilence = next;
      restart();
    },
    stop,
  };
}
