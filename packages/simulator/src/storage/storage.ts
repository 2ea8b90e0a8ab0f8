/**
 * etcd and the watch cache in one: objects by namespace and name, one revision counter, and a history of the latest changes
 * per resource. Older changes are "too old" for a watch (410), as in a real server, which keeps about 75 s
 * (`eventFreshDuration` in apiserver `cacher/watch_cache.go`).
 */
import type { Duration, Instant } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import { storedObject } from "../encode/stored.ts";
import type { Resource, Resources, Stored } from "../encode/types.ts";
import type { ApiObject } from "../model/objects.ts";
import { createHistory } from "./history.ts";

export interface Change<T extends ApiObject = ApiObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly entry: Stored<T>;
  /** The previous version; undefined for ADDED. */
  readonly previous: Stored<T> | undefined;
  readonly revision: number;
  /** By the monotonic clock. */
  readonly at: Instant;
}

export interface StorageOptions {
  readonly clock: Clock;
  /** How long changes stay available to watches that resume. */
  readonly historyAge?: Duration;
  /** This many of the latest changes stay available regardless of age. */
  readonly historyMinimum?: number;
  /**
   * Added to every resourceVersion. A large value tests that a client compares resourceVersions as decimal strings of up to
   * 128 bits (KEP-5504) and not as JavaScript numbers.
   */
  readonly resourceVersionBase?: bigint;
}

export interface Storage {
  readonly pods: Collection<"pods">;
  readonly events: Collection<"events">;
  /** The newest revision of the cluster. */
  revision(): number;
  /** Increases the counter, as writes of other resources do. */
  advance(revisions?: number): void;
  /** The `metadata.resourceVersion` of a revision. */
  resourceVersion(revision: number): string;
  /** The revision of a resourceVersion; undefined when it is invalid. */
  parseResourceVersion(text: string): number | undefined;
  /** Drops the history: a watch that resumes from an earlier revision gets 410. */
  compact(): void;
  /** Restores a backup like etcd: revisions are rolled back and reused. */
  restore(backup: Backup): void;
  backup(): Backup;
}

export interface Backup {
  readonly revision: number;
  readonly pods: ReadonlyMap<string, Stored<Resources["pods"]>>;
  readonly events: ReadonlyMap<string, Stored<Resources["events"]>>;
}

export interface Collection<R extends Resource> {
  readonly resource: R;
  readonly size: number;
  get(namespace: string, name: string): Stored<Resources[R]> | undefined;
  /** All entries, unordered. */
  values(): Iterable<Stored<Resources[R]>>;
  /** All entries, or those of one namespace, ordered by namespace and name. The array is a snapshot that never changes. */
  entries(namespace?: string): readonly Stored<Resources[R]>[];
  /** The entries at an earlier revision; undefined when the history is too short. */
  entriesAt(revision: number): readonly Stored<Resources[R]>[] | undefined;
  /** Creates or updates an object under a new revision. The object must not change afterwards. */
  put(object: Resources[R]): Stored<Resources[R]>;
  /** Stores an entry with its own bytes, created for the new revision. */
  write(make: (revision: number) => Stored<Resources[R]>): Stored<Resources[R]>;
  /** Removes an object. Watches get `final`, or the last version, under a new revision. */
  remove(namespace: string, name: string, final?: Resources[R]): void;
  /** Adds entries without history or events. */
  load(entries: Iterable<Stored<Resources[R]>>): void;
  /** All changes after a revision, oldest first; undefined when some of them are gone. */
  since(revision: number): readonly Change<Resources[R]>[] | undefined;
  /** The oldest revision from which a watch can resume. */
  oldest(): number;
  subscribe(listener: (change: Change<Resources[R]>) => void): Disposable;
}

export function createStorage(options: StorageOptions): Storage {
  const base = options.resourceVersionBase ?? 0n;
  const counter: Counter = {
    revision: 1,
    next: () => ++counter.revision,
    text: (revision) => (base === 0n ? String(revision) : String(base + BigInt(revision))),
  };
  const pods = createCollection("pods", counter, options);
  const events = createCollection("events", counter, options);
  return {
    pods,
    events,
    revision: () => counter.revision,
    advance: (revisions = 1) => {
      counter.revision += revisions;
    },
    resourceVersion: counter.text,
    parseResourceVersion: (text) => {
      if (!/^(0|[1-9][0-9]{0,38})$/.test(text)) return undefined;
      const revision = BigInt(text) - base;
      return Number(revision < 0n ? 0n : revision);
    },
    compact: () => {
      pods.compact();
      events.compact();
    },
    backup: () => ({ revision: counter.revision, pods: pods.copy(), events: events.copy() }),
    restore: (backup) => {
      counter.revision = backup.revision;
      pods.reset(backup.pods);
      events.reset(backup.events);
    },
  };
}

interface Counter {
  revision: number;
  next(): number;
  text(revision: number): string;
}

/** The operations that are reserved for the storage. */
interface OwnedCollection<R extends Resource> extends Collection<R> {
  compact(): void;
  copy(): ReadonlyMap<string, Stored<Resources[R]>>;
  reset(entries: ReadonlyMap<string, Stored<Resources[R]>>): void;
}

const DEFAULT_HISTORY_AGE: Duration = 75_000;
const DEFAULT_HISTORY_MINIMUM = 100;

function createCollection<R extends Resource>(
  resource: R,
  counter: Counter,
  { clock, historyAge = DEFAULT_HISTORY_AGE, historyMinimum = DEFAULT_HISTORY_MINIMUM }: StorageOptions,
): OwnedCollection<R> {
  type Entry = Stored<Resources[R]>;
  let byKey = new Map<string, Entry>();
  /** The keys in order. Only additions and removals change it, not updates. */
  let order: readonly string[] | undefined;
  /** All entries in order, and those of each namespace; undefined after a change. */
  let current: { readonly all: readonly Entry[]; readonly of: ReadonlyMap<string, readonly Entry[]> } | undefined;
  const history = createHistory<Change<Resources[R]>>({ maxAge: historyAge, minimum: historyMinimum });
  history.compact(counter.revision);
  const listeners = new Set<(change: Change<Resources[R]>) => void>();

  const publish = (type: Change["type"], entry: Entry, previous: Entry | undefined) => {
    const change = { type, entry, previous, revision: entry.revision, at: clock.monotonic() };
    history.add(change);
    for (const listener of listeners) listener(change);
  };
  const read = () => {
    order ??= [...byKey.values()].sort(byNamespaceAndName).map((entry) => keyOf(entry.namespace, entry.name));
    const all = order.flatMap((key) => byKey.get(key) ?? []);
    return { all, of: Map.groupBy(all, ({ namespace }) => namespace) };
  };
  const entries = (namespace?: string) => {
    current ??= read();
    return namespace === undefined ? current.all : (current.of.get(namespace) ?? []);
  };
  const changed = (isSameOrder = false) => {
    current = undefined;
    if (!isSameOrder) order = undefined;
  };

  const write = (make: (revision: number) => Entry): Entry => {
    const entry = make(counter.next());
    const key = keyOf(entry.namespace, entry.name);
    const previous = byKey.get(key);
    byKey.set(key, entry);
    changed(previous !== undefined);
    publish(previous === undefined ? "ADDED" : "MODIFIED", entry, previous);
    return entry;
  };

  return {
    resource,
    get size() {
      return byKey.size;
    },
    get: (namespace, name) => byKey.get(keyOf(namespace, name)),
    values: () => byKey.values(),
    entries,
    entriesAt: (revision) => {
      const changes = history.since(revision);
      if (changes === undefined) return undefined;
      if (changes.length === 0) return entries();
      const then = new Map(byKey);
      for (const { entry, previous } of changes.toReversed()) {
        const key = keyOf(entry.namespace, entry.name);
        if (previous === undefined) then.delete(key);
        else then.set(key, previous);
      }
      return [...then.values()].sort(byNamespaceAndName);
    },
    put: (object) =>
      write((revision) => {
        const metadata = { ...object.metadata, resourceVersion: counter.text(revision) };
        return storedObject(resource, revision, { ...object, metadata });
      }),
    write,
    remove: (namespace, name, final) => {
      const key = keyOf(namespace, name);
      const previous = byKey.get(key);
      if (previous === undefined) return;
      byKey.delete(key);
      changed();
      const revision = counter.next();
      const last = final ?? previous.object;
      const metadata = { ...last.metadata, resourceVersion: counter.text(revision) };
      publish("DELETED", storedObject(resource, revision, { ...last, metadata }), previous);
    },
    load: (loaded) => {
      for (const entry of loaded) {
        byKey.set(keyOf(entry.namespace, entry.name), entry);
        counter.revision = Math.max(counter.revision, entry.revision);
      }
      changed();
      history.compact(counter.revision);
    },
    since: history.since,
    oldest: history.oldest,
    subscribe: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    compact: () => history.compact(counter.revision),
    copy: () => new Map(byKey),
    reset: (restored) => {
      byKey = new Map(restored);
      changed();
      history.compact(counter.revision);
    },
  };
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** In byte order, as etcd orders its keys; names are ASCII, where code units are the same. */
function byNamespaceAndName(a: Stored, b: Stored): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
