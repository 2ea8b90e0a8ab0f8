import type { PodSnapshot } from "../../core/model/pod.ts";
import type { WatchEvents } from "../../telemetry/watch-events.ts";
import type { ConsistencyChecker } from "./consistency-check.ts";
import type { HealthRecord } from "./health-record.ts";
import type { PodCache, Put, Replacement } from "./pod-cache.ts";
import { isOlder } from "./resource-version.ts";

/** Applies events and lists to the cache, and tracks up to which resourceVersion the cache is complete. */
export interface CachePosition {
  /** The cache is complete up to this version; undefined when a full sync is needed. */
  readonly resourceVersion: string | undefined;
  /** Why the next full sync is needed. */
  readonly syncCause: string;
  /** The server sends bookmarks, so a long silence means that the watch is dead. */
  readonly bookmarksSeen: boolean;
  put(pod: PodSnapshot): Put;
  /** Applies a watch event, which does not advance the position. */
  apply(type: "ADDED" | "MODIFIED" | "DELETED", pod: PodSnapshot): void;
  /** All events up to this version are in the cache. */
  advance(resourceVersion: string): void;
  /** As `advance`, reported by a bookmark of a running watch. */
  bookmark(resourceVersion: string): void;
  /** A full sync is complete at this version. */
  complete(replacement: Replacement, resourceVersion: string, cause: string): void;
  /** Requires a full sync. */
  reset(cause: string): void;
}

export interface CachePositionOptions {
  readonly namespace: string;
  readonly cache: PodCache;
  readonly health: HealthRecord;
  readonly checker: ConsistencyChecker;
  readonly events: WatchEvents;
  readonly confirm: () => void;
  /** As `ReflectorSink.rolledBack`. */
  readonly rolledBack: () => boolean;
}

export function createCachePosition(options: CachePositionOptions): CachePosition {
  const { namespace, cache, health, checker, events, confirm } = options;
  let position: string | undefined;
  /** The newest version received. A list that is older means that etcd was restored from a backup. */
  let newest: string | undefined;
  let syncCause = "start";
  let bookmarksSeen = false;

  function put(pod: PodSnapshot): Put {
    const result = cache.put(pod);
    if (result === "older") events.olderState(namespace, pod.name);
    return result;
  }

  function advance(resourceVersion: string): void {
    position = resourceVersion;
    if (newest === undefined || !isOlder(resourceVersion, newest)) newest = resourceVersion;
    health.advanced(resourceVersion);
    checker.advanced(resourceVersion);
  }

  return {
    get resourceVersion() {
      return position;
    },
    get syncCause() {
      return syncCause;
    },
    get bookmarksSeen() {
      return bookmarksSeen;
    },
    put,
    advance,
    apply: (type, pod) => {
      checker.reported(pod.name);
      if (type === "DELETED") cache.delete(pod);
      else if (put(pod) === "added" && type === "MODIFIED") events.unknownModified(namespace, pod.name);
    },
    bookmark: (resourceVersion) => {
      bookmarksSeen = true;
      advance(resourceVersion);
    },
    complete: (replacement, resourceVersion, cause) => {
      const rolledBack = newest !== undefined && isOlder(resourceVersion, newest);
      if (newest !== undefined && rolledBack) {
        events.rolledBack(namespace, newest, resourceVersion, options.rolledBack());
        newest = undefined;
      }
      // The list is not older, so the silence only meant that the server has stopped sending bookmarks.
      if (!rolledBack && cause === "silent") bookmarksSeen = false;
      const missing = replacement.complete(rolledBack);
      health.synced(cause);
      advance(resourceVersion);
      events.synced(namespace, cause, cache.size, missing);
      confirm();
    },
    reset: (cause) => {
      position = undefined;
      syncCause = cause;
      checker.interrupt();
    },
  };
}
