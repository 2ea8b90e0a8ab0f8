import type { Zone } from "../format/time.ts";
import { createValue, useValue } from "./value.ts";

/** What this browser remembers. `theme` and `contrast` are read by public/theme-init.js too, before the page is drawn. */
export interface Preferences {
  readonly theme: "system" | "light" | "dark";
  readonly contrast: "system" | "high" | "normal";
  readonly zone: Zone;
  readonly perPage: number;
  /** Pixels; undefined until someone drags it. */
  readonly drawerWidth: number | undefined;
  /** `/` and `?` as keys (WCAG 2.1.4 asks that they can be switched off). */
  readonly keys: boolean;
  readonly wrapLog: boolean;
}

const KEY = "pod-watcher";
const DEFAULTS: Preferences = {
  theme: "system",
  contrast: "system",
  zone: "local",
  perPage: 50,
  drawerWidth: undefined,
  keys: true,
  wrapLog: true,
};

export const PAGE_SIZES = [20, 50, 100, 200] as const;

/** Storage may be full, forbidden or hold another version's values: then the defaults do. */
function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    const preferences = { ...DEFAULTS, ...stored };
    return PAGE_SIZES.some((size) => size === preferences.perPage) ? preferences : { ...preferences, perPage: 50 };
  } catch {
    return DEFAULTS;
  }
}

const preferences = createValue(read());

export const getPreferences = preferences.get;

export function setPreferences(change: Partial<Preferences>): void {
  preferences.set({ ...preferences.get(), ...change });
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences.get()));
  } catch {
    // It holds for this visit.
  }
}

export function usePreferences(): Preferences {
  return useValue(preferences);
}

/** Other tabs follow. */
addEventListener("storage", (event) => {
  if (event.key === KEY) preferences.set(read());
});
