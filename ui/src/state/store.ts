import type { Row, State, StreamEvent } from "../../../src/http/base/api-types.ts";
import { createServerClock } from "./clock.ts";

/** What the page knows, replaced as a whole at each batch; `rows` alone is one Map for good, told apart by `version`. */
export interface Data {
  readonly meta: Omit<State, "rows" | "seq" | "serverNow">;
  readonly rows: ReadonlyMap<string, Row>;
  /** Grows with every change of `rows`. */
  readonly version: number;
  /** Of the program when this page was loaded, and of the one that answers now. */
  readonly pageVersion: string;
  readonly serverVersion: string;
}

export interface StoreEvents {
  /** Rows that came into Failure since the last batch. */
  readonly onFailures?: (rows: readonly Row[]) => void;
  /** The state must be fetched again. */
  readonly onResync?: () => void;
  /** Only one page of the rows is held (`State.paging`), and changes elsewhere may have moved it. */
  readonly onPageStale?: () => void;
}

interface LoadOptions {
  readonly asked?: boolean;
  readonly missed?: readonly StreamEvent[];
}

/** Changes come at most four times a second from the server; drawing them at most as often keeps typing smooth. */
export const BATCH_MS = 250;

/**
 * The page's only store. Patches are gathered and applied in batches; while paused they are gathered and counted.
 * A row that did not change keeps its object, so that its line is not drawn again.
 */
export function createStore(events: StoreEvents = {}) {
  const clock = createServerClock();
  const listeners = new Set<() => void>();
  const rows = new Map<string, Row>();
  /** How often a patch has changed a row: odd and even alternate two equal animations. */
  const tints = new Map<string, number>();
  let data: Data | undefined;
  let waiting = new Map<string, Row | undefined>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let paused = false;
  /** What the server said of itself while paused. */
  let heldMeta: Partial<Data["meta"]> = {};
  let seq = 0;
  /** Everything that comes, for those who wait for a whole state. */
  const recordings = new Set<StreamEvent[]>();

  function emit(): void {
    for (const listener of listeners) listener();
  }

  /** Puts changes into the rows, undefined for those that are gone. */
  function put(changes: ReadonlyMap<string, Row | undefined>): void {
    if (data === undefined) return;
    const failures: Row[] = [];
    for (const [id, row] of changes) {
      const before = rows.get(id);
      if (row === undefined) {
        rows.delete(id);
        tints.delete(id);
      } else if (data.meta.paging === undefined || before !== undefined) {
        rows.set(id, row);
        tints.set(id, (tints.get(id) ?? 0) + 1);
        if (row.state === "Failure" && before?.state !== "Failure") failures.push(row);
      }
    }
    data = { ...data, version: data.version + 1 };
    // Whichever row changed: the counts and the order of the pages are the server's.
    if (data.meta.paging !== undefined) events.onPageStale?.();
    if (failures.length > 0) events.onFailures?.(failures);
    emit();
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (data === undefined || paused || waiting.size === 0) return;
    const changes = waiting;
    waiting = new Map();
    put(changes);
  }

  function gather(changed: readonly Row[], removed: readonly string[]): void {
    for (const row of changed) waiting.set(row.id, row);
    for (const id of removed) waiting.set(id, undefined);
    if (paused) emit();
    else timer ??= setTimeout(flush, BATCH_MS);
  }

  /** A whole state that may not be shown yet, as the changes that it would make. */
  function hold(fresh: readonly Row[]): void {
    waiting = new Map();
    const ids = new Set<string>();
    for (const row of fresh) {
      ids.add(row.id);
      if (!isEqual(rows.get(row.id), row)) waiting.set(row.id, row);
    }
    for (const id of rows.keys()) if (!ids.has(id)) waiting.set(id, undefined);
  }

  function setMeta(change: Partial<Data["meta"]>): void {
    if (paused) heldMeta = { ...heldMeta, ...change };
    else if (data !== undefined) data = { ...data, meta: { ...data.meta, ...change } };
  }

  return {
    clock,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get: (): Data | undefined => data,
    /** The last change known. */
    seq: (): number => seq,
    tint: (id: string): number => tints.get(id) ?? 0,
    waiting: (): number => (paused ? waiting.size : 0),
    isPaused: (): boolean => paused,

    /**
     * A whole state: the first, or one fetched again. Rows that are equal keep their objects. While paused it is held,
     * unless the reader `asked` for it. `missed` came while it was on its way, and may be newer.
     */
    load(state: State, { asked = false, missed = [] }: LoadOptions = {}): void {
      const { rows: fresh, seq: at, serverNow, ...meta } = state;
      clock.observe(serverNow);
      seq = at;
      if (paused && !asked && data !== undefined) {
        hold(fresh);
        heldMeta = meta;
        data = { ...data, serverVersion: meta.version };
      } else {
        waiting = new Map();
        heldMeta = {};
        const ids = new Set<string>();
        for (const row of fresh) {
          ids.add(row.id);
          if (!isEqual(rows.get(row.id), row)) rows.set(row.id, row);
        }
        for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
        data = {
          meta,
          rows,
          version: (data?.version ?? 0) + 1,
          pageVersion: data?.pageVersion ?? meta.version,
          serverVersion: meta.version,
        };
      }
      emit();
      for (const event of missed) if (event.type !== "hello") this.apply(event);
    },

    /** Keeps what comes from now on, until `stop` hands it over. */
    record(): { readonly stop: () => readonly StreamEvent[] } {
      const recording: StreamEvent[] = [];
      recordings.add(recording);
      return {
        stop: () => {
          recordings.delete(recording);
          return recording;
        },
      };
    },

    apply(event: StreamEvent): void {
      clock.observe(event.serverNow);
      if (data === undefined) return;
      for (const recording of recordings) recording.push(event);
      if (event.type === "hello") {
        if (event.version !== data.serverVersion) {
          data = { ...data, serverVersion: event.version };
          emit();
        }
        if (event.resync) events.onResync?.();
        return;
      }
      if (event.seq <= seq) return;
      seq = event.seq;
      if (event.type === "patch") {
        gather(event.rows, event.removed);
        return;
      }
      if (event.type === "health") setMeta({ health: event.health });
      else {
        const { type: _type, seq: _seq, serverNow: _serverNow, ...meta } = event;
        setMeta(meta);
      }
      emit();
    },

    /** Rows that an answer to the reader's own action brought before the stream did: they are shown also while paused. */
    merge(changed: readonly Row[]): void {
      for (const row of changed) waiting.delete(row.id);
      put(new Map(changed.map((row) => [row.id, row])));
    },

    pause(): void {
      flush();
      paused = true;
      emit();
    },
    resume(): void {
      paused = false;
      setMeta(heldMeta);
      heldMeta = {};
      flush();
      emit();
    },
  };
}

function isEqual(a: Row | undefined, b: Row): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}

export type Store = ReturnType<typeof createStore>;
