import type { Silence } from "../../src/core/notify/silence.ts";
import type { ActionStore, LoggedAction } from "../../src/ports/activity.ts";
import type { SilenceStore } from "../../src/ports/silences.ts";

export function createFakeSilenceStore(actions: ActionStore): SilenceStore {
  const kept = new Map<string, Silence>();
  const store: SilenceStore = {
    silences: async () => [...kept.values()].sort((a, b) => b.createdAt - a.createdAt),
    put: async (silence, action) => {
      kept.set(silence.id, silence);
      await actions.log(action);
    },
  };
  return store;
}

export function createFakeActionStore(): ActionStore {
  const actions: LoggedAction[] = [];
  return {
    log: async (action) => void actions.push({ ...action, id: actions.length + 1 }),
    actions: async ({ about, from, to, limit = 1_000, cursor }) =>
      actions
        .filter(
          (action) =>
            (about === undefined || action.about.includes(about)) &&
            (from === undefined || action.at >= from) &&
            (to === undefined || action.at <= to) &&
            (cursor === undefined || action.id < Number(cursor)),
        )
        .sort((a, b) => b.id - a.id)
        .slice(0, limit),
  };
}
