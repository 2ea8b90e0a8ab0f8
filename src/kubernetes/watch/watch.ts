import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { createWatchDecoder, type DecodeSink } from "../decode/decoder.ts";
import type { Interner } from "../decode/interner.ts";
import type { Transport, TransportResponse } from "../transport/transport.ts";
import { failureOf, failureOfStatus, WatchFailure } from "./watch-failure.ts";
import { watchLiveness } from "./watch-liveness.ts";
import { checkNamespace, podsPath, readDecoded, requestPods } from "./watch-request.ts";

/** Between five and ten minutes, so that many watches do not end together (`reflector.go`, minWatchTimeout). */
const SHORTEST_WATCH: Duration = 300 * SECOND;
/** How much later than agreed the server may close. */
const GRACE: Duration = 30 * SECOND;

export interface WatchOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly interner: Interner;
  readonly namespace: string;
  /** Where to go on; undefined to have all pods sent first, ended by a bookmark with `initialEventsEnd` (WatchList). */
  readonly resourceVersion: string | undefined;
  /** A bookmark has come on this namespace before, so a silence of 100 s means something. */
  readonly bookmarksExpected: boolean;
  readonly signal: AbortSignal;
  /** Called synchronously and in order. What it throws ends the watch with that. */
  readonly sink: WatchSink;
}

export type WatchConnection = Pick<TransportResponse, "connectionActiveAt">;

export interface WatchSink {
  /** The server has accepted the watch; `connection` goes on saying when its peer was last known to be alive. */
  opened(connection: WatchConnection): void;
  pod(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void;
  bookmark(resourceVersion: string, initialEventsEnd: boolean): void;
}

/** Bookmarks come every 60 s (`cacher.go`, defaultBookmarkFrequency): after one and a half times that, one is missing. */
const SILENCE_WITH_BOOKMARKS: Duration = 100 * SECOND;
/** A server that sends none is silent as long as nothing changes: only a very long silence is worth a reconnect. */
const SILENCE_WITHOUT_BOOKMARKS: Duration = 300 * SECOND;

/**
 * One watch from its request to its end. Resolves when the server closes it in good order; rejects with a WatchFailure
 * for every other end. Never waits between reading and handing over.
 */
export async function followWatch(options: WatchOptions): Promise<void> {
  const { transport, clock, interner, sink, signal, resourceVersion } = options;
  const timeout = SHORTEST_WATCH + Math.floor((clock.random() * SHORTEST_WATCH) / SECOND) * SECOND;
  const path = podsPath(options.namespace, {
    watch: "1",
    allowWatchBookmarks: "true",
    timeoutSeconds: String(timeout / SECOND),
    ...(resourceVersion === undefined ? INITIAL_EVENTS : { resourceVersion }),
  });
  let ended: WatchFailure | undefined;
  let untouched = true;
  try {
    const response = await requestPods({ transport, clock, path, accept: "watch", signal });
    const liveness = watchLiveness({
      clock,
      response,
      silence: options.bookmarksExpected ? SILENCE_WITH_BOOKMARKS : SILENCE_WITHOUT_BOOKMARKS,
      deadline: timeout + GRACE,
      onDead: (failure) => {
        ended = failure;
        response.cancel();
      },
    });
    const decodeSink: DecodeSink = {
      pod: (type, pod) => {
        untouched = false;
        checkNamespace(pod, options.namespace);
        sink.pod(type, pod);
      },
      bookmark: (bookmarkVersion, initialEventsEnd) => {
        untouched = false;
        if (bookmarkVersion === "") throw new WatchFailure("undecodable", "a bookmark came without a resourceVersion");
        // The one that ends the initial events comes from every server, also from those that send no others.
        if (!initialEventsEnd) liveness.setSilence(SILENCE_WITH_BOOKMARKS);
        sink.bookmark(bookmarkVersion, initialEventsEnd);
      },
      // Thrown, so that nothing after it is read and the connection is closed: the server may leave it open.
      error: (status) => {
        throw failureOfStatus(status, true);
      },
    };
    try {
      await readDecoded(
        response,
        (contentType) => {
          const created = createWatchDecoder(contentType, decodeSink, interner);
          sink.opened(response);
          return created;
        },
        () => untouched,
      );
    } finally {
      liveness.stop();
      response.cancel();
    }
  } catch (error) {
    throw ended ?? failureOf(error);
  }
}

/** An empty resourceVersion means the newest there is (KEP-3157). */
const INITIAL_EVENTS = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan", resourceVersion: "" };
