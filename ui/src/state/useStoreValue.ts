import { useSyncExternalStore } from "react";
import { useApp } from "../app.ts";
import type { Store } from "./store.ts";

/** One plain value of the store: the component is drawn again only when it changes. */
export function useStoreValue<T extends string | number | boolean | undefined>(select: (store: Store) => T): T {
  const { store } = useApp();
  return useSyncExternalStore(store.subscribe, () => select(store));
}
