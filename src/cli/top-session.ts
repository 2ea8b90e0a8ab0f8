import { type Duration, HOUR, type Instant, SECOND } from "../core/model/time.ts";
import { errorMessage } from "../util/error-message.ts";
import type { Remote } from "./remote.ts";
import {
  INITIAL,
  pressed,
  received,
  type TopEffect,
  type TopIncident,
  type TopKey,
  type TopState,
} from "./top-state.ts";

export interface TopSessionOptions {
  readonly remote: Remote;
  readonly now: () => Instant;
  /** The name for acknowledgements and silences, if the server does not authenticate callers. */
  readonly by: string | undefined;
  readonly onQuit: () => void;
}

/** Keeps the incidents up to date, and does what keys ask for. */
export interface TopSession {
  readonly state: () => TopState;
  readonly subscribe: (listener: () => void) => () => void;
  press(key: TopKey): Promise<void>;
  /** Fetches the incidents. Never rejects. */
  refresh(): Promise<void>;
}

export const REFRESH_INTERVAL: Duration = 5 * SECOND;
const SHOWN = 200;

interface IncidentPage {
  readonly items: readonly TopIncident[];
  readonly matching: number;
  readonly unknown: readonly { readonly namespaces: readonly string[] }[];
}

interface Changed {
  readonly changed: number;
  readonly skipped: readonly { readonly reason: string }[];
}

interface Details {
  readonly lastLog?: {
    readonly pod: string;
    readonly container: string;
    readonly lines: readonly string[];
    readonly isPrevious: boolean;
    readonly missing?: string;
  };
}

export function createTopSession({ remote, now, by, onQuit }: TopSessionOptions): TopSession {
  let state = INITIAL;
  const listeners = new Set<() => void>();

  function set(next: TopState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  async function refresh(): Promise<void> {
    try {
      const page = await remote.get<IncidentPage>("incidents", { view: "open", perPage: String(SHOWN) });
      const unknown = page.unknown.flatMap(({ namespaces }) => namespaces);
      set(received(state, { items: page.items, open: page.matching, unknown }));
    } catch (error) {
      set({ ...state, problem: errorMessage(error) });
    }
  }

  async function change(path: string, { id, key }: TopIncident, done: string, more: object): Promise<void> {
    const body = { ids: [id], ...(by === undefined ? {} : { by }), ...more };
    const { changed, skipped } = await remote.send<Changed>("POST", `incidents/${path}`, body);
    set({ ...state, notice: changed > 0 ? `${done}: ${key}` : `${key}: ${skipped[0]?.reason ?? "nothing changed"}` });
    await refresh();
  }

  async function run(effect: TopEffect): Promise<void> {
    switch (effect.type) {
      case "quit":
        return onQuit();
      case "acknowledge":
        return change("acknowledge", effect.incident, "Acknowledged", {});
      case "unacknowledge":
        return change("unacknowledge", effect.incident, "Acknowledgement removed", {});
      case "silence": {
        const until = new Date(now() + HOUR).toISOString();
        return change("silence", effect.incident, "Silenced for 1 h", { until, reason: effect.reason });
      }
      case "log": {
        const { id, key } = effect.incident;
        const { lastLog } = await remote.get<Details>(`incidents/${encodeURIComponent(id)}`);
        const run = lastLog?.isPrevious ? "previous run" : "current run";
        const title = lastLog === undefined ? key : `${lastLog.pod}/${lastLog.container}, ${run}`;
        const lines = lastLog?.lines.length ? lastLog.lines : [lastLog?.missing ?? "There is no log."];
        set({ ...state, log: { title, lines } });
      }
    }
  }

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    refresh,
    press: async (key) => {
      const { state: next, effect } = pressed(state, key);
      set(next);
      if (effect === undefined) return;
      await run(effect).catch((error: unknown) => set({ ...state, mode: "list", notice: errorMessage(error) }));
    },
  };
}
