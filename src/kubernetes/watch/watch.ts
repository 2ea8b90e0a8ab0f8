import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { createWatchDecoder } from "../decode/decoder.ts";
import type { Interner } from "../decode/packed-types.ts";
import type { DecodeSink } from "../decode/types.ts";
import type { Transport, TransportResponse } from "../transport/types.ts";
import { failureOf, failureOfStatus, WatchFailure } from "./watch-failure.ts";
import { watchLiveness } from "./watch-liveness.ts";
import { checkNamespace, podsPath, readDecoded, requestPods } from "./watch-request.ts";

/** Jitter makes it 5 to 10 minutes, so that watches do not end together (`reflector.go`, minWatchTimeout). */
const MIN_TIMEOUT: Duration = 300 * SECOND;
/** How much later than `timeoutSeconds` the server may close the watch. */
const GRACE: Duration = 30 * SECOND;

export interface WatchOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly interner: Interner;
  readonly namespace: string;
  /** Resumes from here; undefined for a WatchList, which sends all pods first and then a bookmark (`initialEventsEnd`). */
  readonly resourceVersion: string | undefined;
  /** The server sends bookmarks for this namespace, so 100 s of silence means a dead watch. */
  readonly bookmarksExpected: boolean;
  readonly signal: AbortSignal;
  /** Called synchronously and in order. An error that it throws ends the watch. */
  readonly sink: WatchSink;
}

export type WatchConnection = Pick<TransportResponse, "connectionActiveAt">;

export interface WatchSink {
  /** The server accepted the watch; `connection` reports when the peer was last known to be alive. */
  opened(connection: WatchConnection): void;
  pod(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void;
  bookmark(resourceVersion: string, initialEventsEnd: boolean): void;
}

/** Bookmarks arrive about every 60 s (`cacher.go`, defaultBookmarkFrequency), so one is missing by then. */
const MAX_SILENCE_WITH_BOOKMARKS: Duration = 100 * SECOND;
/** Without bookmarks, a quiet namespace is silent too, so only a long silence is worth a reconnect. */
const MAX_SILENCE_WITHOUT_BOOKMARKS: Duration = 300 * SECOND;

/**
 * Runs one watch from its request to its end. Resolves when the server closes it normally, and rejects with a
 * WatchFailure otherwise. Events are passed to the sink synchronously.
 */
export async function followWatch(options: WatchOptions): Promise<void> {
  const { transport, clock, interner, sink, signal, resourceVersion } = options;
  const timeout = MIN_TIMEOUT + Math.floor((clock.random() * MIN_TIMEOUT) / SECOND) * SECOND;
  const path = podsPath(options.namespace, {
    watch: "1",
    allowWatchBookmarks: "true",
    timeoutSeconds: String(timeout / SECOND),
    ...(resourceVersion === undefined ? INITIAL_EVENTS : { resourceVersion }),
  });
  let ended: WatchFailure | undefined;
  let isEmpty = true;
  try {
    const response = await requestPods({ transport, clock, path, accept: "watch", signal });
    const liveness = watchLiveness({
      clock,
      response,
      silence: options.bookmarksExpected ? MAX_SILENCE_WITH_BOOKMARKS : MAX_SILENCE_WITHOUT_BOOKMARKS,
      deadline: timeout + GRACE,
      onDead: (failure) => {
        ended = failure;
        response.cancel();
      },
    });
    const decodeSink: DecodeSink = {
      pod: (type, pod) => {
        isEmpty = false;
        checkNamespace(pod, options.namespace);
        sink.pod(type, pod);
      },
      bookmark: (bookmarkVersion, initialEventsEnd) => {
        isEmpty = false;
        if (bookmarkVersion === "") throw new WatchFailure("undecodable", "a bookmark has no resourceVersion");
        // Servers that send no other bookmarks still send the one that ends the initial events.
        if (!initialEventsEnd) liveness.setSilence(MAX_SILENCE_WITH_BOOKMARKS);
        sink.bookmark(bookmarkVersion, initialEventsEnd);
      },
      // Throwing closes the stream, which the server may leave open after an ERROR event.
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
        () => isEmpty,
      );
    } finally {
      liveness.stop();
      response.cancel();
    }
  } catch (error) {
    throw ended ?? failureOf(error);
  }
}

/** An empty resourceVersion requests a consistent read (KEP-3157). */
const INITIAL_EVENTS = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan", resourceVersion: "" };
