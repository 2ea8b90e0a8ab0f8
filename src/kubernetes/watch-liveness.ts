import { type Duration, SECOND } from "../core/time.ts";
import type { Clock, Timer } from "../ports.ts";
import type { TransportResponse } from "./transport.ts";
import { loopTurns } from "./transport-turns.ts";
import { WatchFailure } from "./watch-failure.ts";

export interface LivenessOptions {
  readonly clock: Clock;
  readonly response: Pick<TransportResponse, "bytesRead" | "connectionBytesRead">;
  /** How long nothing may come. */
  readonly silence: Duration;
  /** When all must be over; never, when not given. */
  readonly deadline?: Duration;
  /** Called at most once. */
  readonly onDead: (failure: WatchFailure) => void;
}

export interface Liveness {
  /** How long nothing may come from now on. */
  setSilence(silence: Duration): void;
  stop(): void;
}

/** Watches a body for silence and for its deadline, by time that only grows and by bytes rather than by what they mean. */
export function watchLiveness({ clock, response, silence, deadline, onDead }: LivenessOptions): Liveness {
  let patience = silence;
  let seen = -1;
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
  const listen = () => {
    if (stopped) return;
    seen = response.bytesRead;
    timer?.cancel();
    timer = clock.after(patience, onSilence);
  };
  const onSilence = async () => {
    if (response.bytesRead !== seen) return listen();
    // After a blocked event loop what came lies unread: let it be read before judging (watch.md rule 32).
    const connection = response.connectionBytesRead;
    await loopTurns();
    if (response.bytesRead !== seen || response.connectionBytesRead !== connection) return listen();
    die(new WatchFailure("silent", `nothing came for ${patience / SECOND} s`));
  };
  const end =
    deadline === undefined
      ? undefined
      : clock.after(deadline, () =>
          die(
            new WatchFailure("silent", "the server did not end the watch when its time was up", { label: "overdue" }),
          ),
        );
  listen();

  return {
    setSilence: (next) => {
      if (patience === next) return;
      patience = next;
      listen();
    },
    stop,
  };
}
