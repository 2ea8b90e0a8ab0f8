import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { socketReads } from "../transport/socket-reads.ts";
import type { TransportResponse } from "../transport/transport.ts";
import { WatchFailure } from "./watch-failure.ts";

export interface LivenessOptions {
  readonly clock: Clock;
  readonly response: Pick<TransportResponse, "bytesRead" | "connectionBytesRead">;
  /** How long nothing may come. */
  readonly silence: Duration;
  /** What counts as something: so many bytes in this time. One, when not given. */
  readonly leastBytes?: number;
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

/** Each reads up to some megabytes of what lies unread. */
const LOOKS = 20;

/** Watches a body for silence and for its deadline, by time that only grows and by bytes rather than by what they mean. */
export function watchLiveness(options: LivenessOptions): Liveness {
  const { clock, response, silence, leastBytes = 1, deadline, onDead } = options;
  let patience = silence;
  let seen = 0;
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
  const hasCome = () => response.bytesRead - seen >= leastBytes;
  const onSilence = async () => {
    // After a blocked event loop what came lies unread: let it be read before judging (watch.md rule 32). A connection
    // that goes on bringing something may bring it for others, so that it is not waited for without end.
    for (let look = 0; look < LOOKS && !hasCome(); look++) {
      const connection = response.connectionBytesRead;
      await socketReads();
      if (response.connectionBytesRead === connection) break;
    }
    if (hasCome()) return listen();
    const came = response.bytesRead === seen ? "nothing" : `no more than ${response.bytesRead - seen} bytes`;
    die(new WatchFailure("silent", `${came} came for ${patience / SECOND} s`));
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
