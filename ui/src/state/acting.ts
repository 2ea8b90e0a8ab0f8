/** An action of the reader on one incident, shown in its row. */
export interface Acting {
  /** started: a spinner; waiting: after 2 s; silent: after 10 s, it may still be done; done: it can be undone. */
  readonly phase: "started" | "waiting" | "silent" | "done";
  readonly what: "acknowledge" | "unacknowledge";
  readonly retry: () => void;
  readonly undo: (() => void) | undefined;
}

export const WAITING_AFTER_MS = 2_000;
export const SILENT_AFTER_MS = 10_000;
/** Long enough to find and use Undo. */
export const UNDO_MS = 10_000;

export type ActingById = ReadonlyMap<string, Acting>;

/** The actions that are under way or can be undone, by incident. */
export function createActing() {
  const listeners = new Set<() => void>();
  const timers = new Map<string, ReturnType<typeof setTimeout>[]>();
  let value: ActingById = new Map();

  function set(ids: readonly string[], acting: Acting | undefined): void {
    const next = new Map(value);
    for (const id of ids) {
      if (acting === undefined) next.delete(id);
      else next.set(id, acting);
    }
    value = next;
    for (const listener of listeners) listener();
  }

  function clear(ids: readonly string[]): void {
    for (const id of ids) {
      for (const timer of timers.get(id) ?? []) clearTimeout(timer);
      timers.delete(id);
    }
  }

  function later(ids: readonly string[], length: number, acting: Acting | undefined): void {
    for (const id of ids) {
      const timer = setTimeout(() => set([id], acting), length);
      timers.set(id, [...(timers.get(id) ?? []), timer]);
    }
  }

  return {
    get: (): ActingById => value,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    begin(ids: readonly string[], acting: Omit<Acting, "phase" | "undo">): void {
      clear(ids);
      const at = (phase: Acting["phase"]): Acting => ({ ...acting, phase, undo: undefined });
      set(ids, at("started"));
      later(ids, WAITING_AFTER_MS, at("waiting"));
      later(ids, SILENT_AFTER_MS, at("silent"));
    },
    done(ids: readonly string[], acting: Omit<Acting, "phase">): void {
      clear(ids);
      set(ids, { ...acting, phase: "done" });
      later(ids, UNDO_MS, undefined);
    },
    end(ids: readonly string[]): void {
      clear(ids);
      set(ids, undefined);
    },
  };
}
