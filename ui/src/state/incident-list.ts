import type { Incident, IncidentList, IncidentQuery, IncidentsEvent } from "../../../src/http/base/api-types.ts";

/** The incidents on the page: one page of the list, and the numbers of all. */
export interface IncidentData {
  readonly list: IncidentList | undefined;
  /** The query that `list` answers. */
  readonly query: IncidentQuery | undefined;
  /** Why the last attempt to load failed. */
  readonly error: unknown;
  readonly isLoading: boolean;
}

interface IncidentListOptions {
  readonly fetchList: (query: IncidentQuery) => Promise<IncidentList>;
  readonly isPaused: () => boolean;
  readonly onLoaded: (list: IncidentList) => void;
  /** New incidents that need attention, for the live region and the browser's notifications. */
  readonly onOpened: (incidents: readonly Incident[]) => void;
}

/** A change may move incidents to another page, which only the server knows: the list is loaded again, at most this often. */
const RELOAD_MS = 1_000;

/**
 * One page of the incidents. An event of the stream changes the incidents in place at once; the order follows with the
 * next answer of the server.
 */
export function createIncidentList({ fetchList, isPaused, onLoaded, onOpened }: IncidentListOptions) {
  const listeners = new Set<() => void>();
  let data: IncidentData = { list: undefined, query: undefined, error: undefined, isLoading: false };
  let wanted: IncidentQuery | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let request = 0;
  /** While paused: whether anything has changed. */
  let isStale = false;
  const known = new Set<string>();

  function set(change: Partial<IncidentData>): void {
    data = { ...data, ...change };
    for (const listener of listeners) listener();
  }

  async function load(query: IncidentQuery): Promise<void> {
    wanted = query;
    request += 1;
    const mine = request;
    clearTimeout(timer);
    timer = undefined;
    set({ isLoading: true });
    try {
      const list = await fetchList(query);
      if (mine !== request) return;
      for (const { id } of list.items) known.add(id);
      set({ list, query, error: undefined, isLoading: false });
      onLoaded(list);
    } catch (error) {
      if (mine !== request) return;
      set({ error, isLoading: false });
      if (data.list !== undefined) reloadSoon();
    }
  }

  function reloadSoon(): void {
    if (wanted === undefined) return;
    const query = wanted;
    timer ??= setTimeout(() => {
      timer = undefined;
      void load(query);
    }, RELOAD_MS);
  }

  /** Replaces incidents of the page by newer versions, such as the answer to the reader's own action. */
  function merge(items: readonly Incident[]): void {
    const { list } = data;
    if (list === undefined || items.length === 0) return;
    const byId = new Map(items.map((item) => [item.id, item]));
    set({ list: { ...list, items: list.items.map((item) => byId.get(item.id) ?? item) } });
  }

  return {
    get: (): IncidentData => data,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    load,
    merge,
    reload: (): void => {
      if (wanted !== undefined) void load(wanted);
    },
    apply(event: IncidentsEvent): void {
      const { list } = data;
      if (list === undefined || event.generation <= list.generation) return;
      if (isPaused()) {
        isStale = true;
        return;
      }
      const opened = event.changed.filter(({ id, handling }) => handling.attention && !known.has(id));
      for (const { id } of event.changed) known.add(id);
      if (opened.length > 0) onOpened(opened);
      const byId = new Map(event.changed.map((item) => [item.id, item]));
      const items = list.items.map((item) => byId.get(item.id) ?? item);
      set({ list: { ...list, generation: event.generation, counts: event.counts, items } });
      reloadSoon();
    },
    resume(): void {
      if (!isStale) return;
      isStale = false;
      if (wanted !== undefined) void load(wanted);
    },
  };
}
