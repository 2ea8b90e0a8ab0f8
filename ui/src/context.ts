import { createContext, use, useSyncExternalStore } from "react";
import type { Can, Permission } from "../../src/http/base/api-types.ts";
import type { App } from "./app.ts";
import { type Freshness, isOutOfDate } from "./state/link.ts";
import type { Data, Store } from "./state/store.ts";
import { useValue } from "./state/value.ts";

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = use(AppContext);
  if (app === undefined) throw new Error("There is no AppContext above this component");
  return app;
}

/** Only below `phase.name === "ready"`. */
export function useData(): Data {
  const data = useValue(useApp().store);
  if (data === undefined) throw new Error("The state is not loaded yet");
  return data;
}

/** One plain value of the store: the component renders again only when it changes. */
export function useStoreValue<T extends string | number | boolean | undefined>(select: (store: Store) => T): T {
  const { store } = useApp();
  return useSyncExternalStore(store.subscribe, () => select(store));
}

export function useNow(): number {
  return useValue(useApp().ticker);
}

const NO_ACTIONS: Partial<Record<Freshness, string>> = {
  "signed-out": "you are signed out",
  denied: "you have no access any more",
};

/** The permissions that hold now: none while the page is out of date. */
export function useCan(): Can {
  const { meta } = useData();
  const { freshness } = useValue(useApp().link);
  if (!isOutOfDate(freshness)) return meta.can;
  const no = { reason: NO_ACTIONS[freshness] ?? "the server does not answer" };
  return { ack: no, silence: no, export: no, testReceivers: no, silenceEverything: no };
}

/** Why the caller may not do it; undefined when they may. */
export function refusal(can: Can, what: "ack" | "silence", namespace?: string): string | undefined {
  const here = namespace === undefined ? undefined : can.namespaces?.[namespace]?.[what];
  return refusalOf(here ?? can[what]);
}

export function refusalOf(permission: Permission): string | undefined {
  return permission === true ? undefined : permission.reason;
}
