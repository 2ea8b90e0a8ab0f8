/** WATCH: the changes of one resource, in one namespace or in all. */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock, Timer } from "../../../../src/ports/clock.ts";
import { batched, joined } from "../encode/pieces.ts";
import { storedObject } from "../encode/stored.ts";
import type { Encoding, Resource, Stored } from "../encode/types.ts";
import type { Frame, WatchFaults } from "../faults/watch-faults.ts";
import type { Exchange } from "../http/exchange.ts";
import { failure, invalidResourceVersion, tooLargeResourceVersion, tooOld } from "../model/status.ts";
import type { Change, Collection, Storage } from "../storage/storage.ts";
import type { ListOptions } from "./list-options.ts";
import { respond, responseHeaders } from "./responses.ts";

export interface WatchSettings {
  readonly clock: Clock;
  /** A real server sends one about every minute (`defaultBookmarkFrequency`), and one 2 s before the end. */
  readonly bookmarkInterval: Duration;
  /** Whether no pods outside of the simulator change. Otherwise each bookmark counts as newer than the start of its watch. */
  readonly quiet: boolean;
  /** A watch without timeoutSeconds lasts between once and twice this (`--min-request-timeout`). */
  readonly minRequestTimeout: Duration;
  /** A watch with more unread bytes than this is closed, as in a real server. */
  readonly slowWatcherLimit: number;
}

export interface WatchRequest {
  readonly exchange: Exchange;
  readonly encoding: Encoding;
  readonly resource: Resource;
  /** Empty for all. */
  readonly namespace: string;
  readonly options: ListOptions;
  readonly faults?: WatchFaults | undefined;
}

const BOOKMARK_BEFORE_END: Duration = 2_000;

/** Serves one watch until it times out, its client disconnects or it is broken. */
export async function serveWatch(
  storage: Storage,
  { exchange, encoding, resource, namespace, options, faults }: WatchRequest,
  settings: WatchSettings,
): Promise<void> {
  const { clock } = settings;
  const collection: Collection<Resource> = storage[resource];
  const timers: Timer[] = [];
  let nextBookmark: Timer | undefined;
  const send = (frame: Omit<Frame, "initial" | "endsInitialEvents"> & Partial<Frame>) => {
    if (faults === undefined) exchange.write(frame.bytes);
    else faults.write({ initial: false, endsInitialEvents: false, ...frame });
    if (exchange.bytesWaiting > settings.slowWatcherLimit) exchange.end();
  };
  const bookmark = (revision: number, endsInitialEvents = false) => {
    const bytes = encoding.bookmark(resource, storage.resourceVersion(revision), endsInitialEvents);
    send({ type: "BOOKMARK", entry: undefined, endsInitialEvents, bytes });
  };
  if (options.resourceVersion !== undefined && storage.parseResourceVersion(options.resourceVersion) === undefined) {
    return respond(exchange, encoding, failure(500, "", invalidResourceVersion(options.resourceVersion)));
  }
  exchange.start(200, responseHeaders(encoding.watchContentType));
  faults?.opened();
  const start = startOf(storage, collection, options);
  if ("refusal" in start) {
    send({ type: "ERROR", entry: undefined, bytes: encoding.errorEvent(start.refusal) });
    exchange.end();
    return;
  }

  // Changes that happen while the initial events are being sent are queued.
  let held: Change[] | undefined = [];
  let sent = start.revision;
  const deliver = (change: Change) => {
    if (change.revision <= sent) return;
    const event = asSeenThrough(change, resource, namespace, options);
    sent = change.revision;
    if (event === undefined) return;
    send({ ...event, bytes: joined(encoding.event(event.type, resource, event.entry)) });
  };
  using _subscription = collection.subscribe((change) => {
    if (held === undefined) deliver(change);
    else held.push(change);
  });
  const ended = new Promise<void>((resolve) => exchange.onClose(resolve));

  const timeout =
    options.timeoutSeconds === undefined
      ? settings.minRequestTimeout * (1 + clock.random())
      : options.timeoutSeconds * 1_000;
  timers.push(clock.after(timeout, () => exchange.end()));

  if (start.initial) {
    const wanted = collection
      .entries(namespace === "" ? undefined : namespace)
      .filter((entry) => isWanted(entry, namespace, options));
    if (faults === undefined) {
      const events = wanted.values().flatMap((entry) => encoding.event("ADDED", resource, entry));
      for (const piece of batched(events)) {
        if (exchange.closed) break;
        if (!exchange.write(piece)) await exchange.drained();
      }
    } else {
      for (const entry of faults.order(wanted)) {
        send({ type: "ADDED", entry, initial: true, bytes: joined(encoding.event("ADDED", resource, entry)) });
      }
    }
    if (options.sendInitialEvents === true && options.allowWatchBookmarks) bookmark(start.revision, true);
  } else {
    for (const change of collection.since(start.revision) ?? []) deliver(change);
  }
  const waiting = held;
  held = undefined;
  for (const change of waiting) deliver(change);

  const bookmarkInterval = faults?.bookmarkInterval ?? settings.bookmarkInterval;
  if (options.allowWatchBookmarks && bookmarkInterval !== Number.POSITIVE_INFINITY) {
    // A bookmark must be newer than the start of the watch (`cache_watcher.go`). After a restore, the cache may even be
    // behind.
    const oldest = settings.quiet ? start.revision + 1 : sent;
    const bookmarkIfNewer = () => {
      if (storage.revision() >= oldest) bookmark(storage.revision());
    };
    const tick = () => {
      bookmarkIfNewer();
      nextBookmark = clock.after(bookmarkInterval, tick);
    };
    nextBookmark = clock.after(bookmarkInterval, tick);
    if (timeout > BOOKMARK_BEFORE_END) {
      timers.push(clock.after(timeout - BOOKMARK_BEFORE_END, bookmarkIfNewer));
    }
  }
  await ended;
  nextBookmark?.cancel();
  for (const timer of timers) timer.cancel();
}

interface Start {
  readonly revision: number;
  /** Whether the existing objects are sent first, as ADDED events. */
  readonly initial: boolean;
}

/** The start of a watch (API concepts, "Semantics for watch"). Errors are sent as an ERROR event in a 200 response. */
function startOf(
  storage: Storage,
  collection: Collection<Resource>,
  options: ListOptions,
): Start | { readonly refusal: ReturnType<typeof tooOld> } {
  const now = storage.revision();
  const given = options.resourceVersion;
  const wanted = given === undefined ? 0 : (storage.parseResourceVersion(given) ?? 0);
  if (options.sendInitialEvents !== undefined) {
    if (wanted > now) return { refusal: tooLargeResourceVersion(given ?? "", storage.resourceVersion(now)) };
    return { revision: now, initial: options.sendInitialEvents };
  }
  if (wanted === 0) return { revision: now, initial: true };
  if (wanted < collection.oldest()) {
    return { refusal: tooOld(given ?? "", storage.resourceVersion(collection.oldest())) };
  }
  return { revision: wanted, initial: false };
}

function isWanted(entry: Stored, namespace: string, { matches }: ListOptions): boolean {
  return (namespace === "" || entry.namespace === namespace) && (matches?.(entry.object) ?? true);
}

/**
 * The event of a change for a watch with a namespace and selectors. An object that leaves the selection is sent as DELETED
 * with its *previous* state (apiserver `cacher.go`, `convertToWatchEvent`).
 */
function asSeenThrough(
  { type, entry, previous, revision }: Change,
  resource: Resource,
  namespace: string,
  options: ListOptions,
): { readonly type: Change["type"]; readonly entry: Stored } | undefined {
  if (namespace !== "" && entry.namespace !== namespace) return undefined;
  if (options.matches === undefined) return { type, entry };
  const now = type !== "DELETED" && options.matches(entry.object);
  const before = previous !== undefined && options.matches(previous.object);
  if (now) return { type: before ? "MODIFIED" : "ADDED", entry };
  if (!before || previous === undefined) return undefined;
  if (type === "DELETED") return { type, entry };
  const { resourceVersion } = entry.object.metadata;
  const left = { ...previous.object, metadata: { ...previous.object.metadata, resourceVersion } };
  return { type: "DELETED", entry: storedObject(resource, revision, left) };
}
