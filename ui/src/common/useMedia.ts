import { useCallback, useSyncExternalStore } from "react";

/** Whether a media query matches now. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** Narrower: cards instead of a table, a menu instead of the screens, and the document scrolls. */
export const NARROW = "(max-width: 1007px)";
/** Narrower: the details are a page instead of a drawer. */
export const NO_DRAWER = "(max-width: 1179px)";
/** Wide enough for a column of the handling and all actions. */
export const WIDE = "(min-width: 1648px)";
