import type { Patch, Row, State, StreamEvent } from "../../../src/http/base/api-types.ts";
import { createServerClock } from "./clock.ts";
import { createRowTable, type RowChanges } from "./row-table.ts";

/** Replaced as a whole with each batch, except `rows`: the same Map, whose changes `version` counts. */
export interface Data {
  readonly meta: Omit<State, "rows" | "seq" | "serverNow">;
  readonly rows: ReadonlyMap<string, Row>;
  /** Grows with every change of `rows`. */
  readonly version: number;
  /** The version of the program that served this page, and of the one that responds now. */
  readonly pageVersion: string;
  readonly serverVersion: string;
}

export interface StoreEvents {
  /** The state must be fetched again. */
  readonly onResync?: () => void;
  /** The store holds one page of the rows (`State.paging`), and changes elsewhere may affect it. */
  readonly onPageStale?: () => void;
}

interface LoadOptions {
  /** The reader asked for it: show it even while paused. */
  readonly asked?: boolean;
  /** Events that arrived while the state was loading. */
  readonly missed?: readonly StreamEvent[];
}

/** The server sends at most four changes per second; rendering no more often keeps typing smooth. */
export const BATCH_MS = 250;

/** The page's only store. Patches are collected and applied in batches; while paused they are only counted. */
export function createStore(events: StoreEvents = {}) {
  const clock = createServerClock();
  const { subscribe, emit } = createListeners();
  const { record, add: addToRecordings } = createRecorder();
  const table = createRowTable();
  let data: Data | undefined;
  let pending = new Map<string, Row | undefined>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let paused = false;
  /** Changes of `meta` that arrived while paused. */
  let pendingMeta: Partial<Data["meta"]> = {};
  let seq = 0;

  function applyRows(changes: RowChanges): void {
    if (data === undefined) return;
    const isPaged = data.meta.paging !== undefined;
    table.apply(changes, isPaged);
    data = { ...data, version: data.version + 1 };
    // Any change may affect the counts and the order of the pages, which the server computes.
    if (isPaged) events.onPageStale?.();
    emit();
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (data === undefined || paused || pending.size === 0) return;
    const changes = pending;
    pending = new Map();
    applyRows(changes);
  }

  function collect({ rows, removed }: Pick<Patch, "rows" | "removed">): void {
    for (const row of rows) pending.set(row.id, row);
    for (const id of removed) pending.set(id, undefined);
    if (paused) emit();
    else timer ??= setTimeout(flush, BATCH_MS);
  }

  function setMeta(change: Partial<Data["meta"]>): void {
    if (paused) pendingMeta = { ...pendingMeta, ...change };
    else if (data !== undefined) data = { ...data, meta: { ...data.meta, ...change } };
  }

  function apply(event: StreamEvent): void {
    clock.observe(event.serverNow);
    if (data === undefined) return;
    addToRecordings(event);
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
    if (event.type === "patch") collect(event);
    else if (event.type !== "incidents") {
      const { type: _type, seq: _seq, serverNow: _serverNow, ...meta } = event;
      setMeta(meta);
      emit();
    }
  }

  /** Applies a loaded state. */
  function load(state: State, { asked = false, missed = [] }: LoadOptions = {}): void {
    const { rows: fresh, seq: loadedSeq, serverNow, ...meta } = state;
    clock.observe(serverNow);
    seq = loadedSeq;
    if (paused && !asked && data !== undefined) {
      pending = table.difference(fresh);
      pendingMeta = meta;
      data = { ...data, serverVersion: meta.version };
    } else {
      pending = new Map();
      pendingMeta = {};
      table.replace(fresh);
      data = loaded(meta, table.rows, data);
    }
    emit();
    for (const event of missed) if (event.type !== "hello") apply(event);
  }

  return {
    clock,
    subscribe,
    get: (): Data | undefined => data,
    /** The number of the last change received. */
    seq: (): number => seq,
    tint: table.tint,
    waiting: (): number => (paused ? pending.size : 0),
    isPaused: (): boolean => paused,
    load,
    apply,
    /** Records events until `stop` returns them. */
    record,

    /** Applies rows from the response to the reader's own action, even while paused. */
    merge(changed: readonly Row[]): void {
      for (const row of changed) pending.delete(row.id);
      applyRows(new Map(changed.map((row) => [row.id, row])));
    },

    pause(): void {
      flush();
      paused = true;
      emit();
    },
    resume(): void {
      paused = false;
      setMeta(pendingMeta);
      pendingMeta = {};
      flush();
      emit();
    },
  };
}

function loaded(meta: Data["meta"], rows: Data["rows"], before: Data | undefined): Data {
  return {
    meta,
    rows,
    version: (before?.version ?? 0) + 1,
    pageVersion: before?.pageVersion ?? meta.version,
    serverVersion: meta.version,
  };
}

function createListeners() {
  const listeners = new Set<() => void>();
  return {
    emit(): void {
      for (const listener of listeners) listener();
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Records events while a state is loading. */
function createRecorder() {
  const recordings = new Set<StreamEvent[]>();
  return {
    add(event: StreamEvent): void {
      for (const recording of recordings) recording.push(event);
    },
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
  };
}

export type Store = ReturnType<typeof createStore>;
