import type { Zone } from "../format/time.ts";
import { createValue, useValue } from "./value.ts";

/** Settings stored in this browser. public/theme-init.js reads `theme` and `contrast` before the first paint. */
export interface Preferences {
  readonly theme: "system" | "light" | "dark";
  readonly contrast: "system" | "high" | "normal";
  readonly zone: Zone;
  readonly perPage: number;
  /** In pixels; undefined until resized. */
  readonly drawerWidth: number | undefined;
  /** Whether `/` and `?` are shortcuts (WCAG 2.1.4 requires a way to turn them off). */
  readonly keys: boolean;
  readonly wrapLog: boolean;
  /** New incidents for which the browser shows a notification: also warnings with `all`. */
  readonly notify: "off" | "critical" | "all";
  readonly sound: boolean;
  /** Views of the incidents with their addresses. */
  readonly views: readonly { readonly name: string; readonly search: string }[];
  /** Recorded with actions where no one signs in; empty until asked. */
  readonly name: string;
}

const KEY = "pod-watcher";
const DEFAULTS: Preferences = {
  theme: "system",
  contrast: "system",
  zone: "local",
  perPage: 100,
  drawerWidth: undefined,
  keys: true,
  wrapLog: true,
  notify: "off",
  sound: false,
  views: [],
  name: "",
};

export const PAGE_SIZES = [50, 100, 200, 500] as const;

/** Falls back to the defaults: storage may be full, forbidden or hold values of another version. */
function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    const preferences = { ...DEFAULTS, ...stored };
    return PAGE_SIZES.some((size) => size === preferences.perPage) ? preferences : { ...preferences, perPage: 100 };
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
    // The preferences apply until the page is closed.
  }
}

export function usePreferences(): Preferences {
  return useValue(preferences);
}

// Follows changes in other tabs.
addEventListener("storage", (event) => {
  if (event.key === KEY) preferences.set(read());
});
