import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { CachePosition } from "./cache-position.ts";
import type { ConsistencyChecker } from "./consistency-check.ts";
import type { HealthRecord } from "./health-record.ts";
import { type ListOptions, listPods } from "./list.ts";
import type { PodCache } from "./pod-cache.ts";
import { type ClosedWatch, followFrom, type WatchConnection } from "./pod-watch.ts";
import type { NamespaceWatchList } from "./watch-list.ts";
import type { OutcomeHandler } from "./watch-outcome.ts";
import { checkNamespaceExists } from "./watch-request.ts";

/** The reads of one reflector: each fills the cache and rejects with a WatchFailure. */
export interface PodReader {
  /** A list has succeeded since a watch was last accepted, so a refused watch is refused on its own. */
  readonly listedLast: boolean;
  /** Rejects when the API server says that the namespace does not exist. */
  checkExistence(): Promise<void>;
  checkExistenceIfDue(): Promise<void>;
  list(cause: string, how: Pick<ListOptions, "unpaged" | "notOlderThan">): Promise<void>;
  /** Without `from`, the watch starts with a full sync (WatchList), after which `synced` is called. */
  watch(from: string | undefined, synced?: () => void): Promise<ClosedWatch>;
}

export interface PodReaderOptions {
  readonly source: Omit<ListOptions, "onPod" | "onRestart">;
  readonly cache: PodCache;
  readonly position: CachePosition;
  readonly health: HealthRecord;
  readonly checker: ConsistencyChecker;
  readonly outcomes: OutcomeHandler;
  readonly watchList: NamespaceWatchList;
  readonly confirm: () => void;
  readonly opened: (connection: WatchConnection) => void;
}

/** Neither a watch nor a list of no pods reports that its namespace was deleted. */
const EXISTENCE_CHECK_INTERVAL: Duration = 5 * MINUTE;

export function createPodReader(options: PodReaderOptions): PodReader {
  const { source, cache, position, health, checker, outcomes, watchList, confirm } = options;
  const { clock } = source;
  let listedLast = false;
  /** Monotonic. */
  let existenceCheckedAt = Number.NEGATIVE_INFINITY;

  async function checkExistence(): Promise<void> {
    existenceCheckedAt = clock.monotonic();
    listedLast = false;
    await checkNamespaceExists(source);
  }

  return {
    get listedLast() {
      return listedLast;
    },
    checkExistence,
    checkExistenceIfDue: async () => {
      const isDue = clock.monotonic() - existenceCheckedAt >= EXISTENCE_CHECK_INTERVAL;
      if (cache.size === 0 && isDue) await checkExistence();
    },

    list: async (cause, how) => {
      let replacement = cache.beginReplacement();
      listedLast = false;
      try {
        const onRestart = () => {
          replacement = cache.beginReplacement();
        };
        const { resourceVersion } = await listPods({ ...source, ...how, onPod: position.put, onRestart });
        listedLast = true;
        position.complete(replacement, resourceVersion, cause);
      } finally {
        replacement.abandon();
      }
    },

    watch: async (from, synced) => {
      const replacement = from === undefined ? cache.beginReplacement() : undefined;
      try {
        return await followFrom({
          ...source,
          resourceVersion: from,
          bookmarksExpected: position.bookmarksSeen,
          sink: {
            opened: (connection) => {
              listedLast = false;
              options.opened(connection);
            },
            pod: (type, pod, isInitial) => {
              position.apply(type, pod);
              health.event();
              if (isInitial) return;
              outcomes.received(true);
              position.advance(pod.resourceVersion);
            },
            bookmark: (resourceVersion) => {
              outcomes.received(resourceVersion !== position.resourceVersion);
              position.bookmark(resourceVersion);
              health.bookmark();
              confirm();
            },
            initialEnd: (resourceVersion) => {
              watchList.worked();
              health.bookmark();
              if (replacement !== undefined) position.complete(replacement, resourceVersion, position.syncCause);
              synced?.();
            },
            caughtUp: () => {
              outcomes.accepted();
              checker.watching(true);
              confirm();
            },
          },
        });
      } finally {
        checker.watching(false);
        replacement?.abandon();
      }
    },
  };
}
