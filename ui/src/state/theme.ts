import type { Location } from "./location.ts";
import type { Preferences } from "./preferences.ts";

const dark = matchMedia("(prefers-color-scheme: dark)");
const moreContrast = matchMedia("(prefers-contrast: more)");

/** The wall is dark, whatever the preference of this browser; `?theme=light` changes it. */
export function themeOf({
  screen,
  search,
}: Pick<Location, "screen" | "search">): Pick<Preferences, "theme"> | undefined {
  if (screen !== "wall") return undefined;
  return { theme: new URLSearchParams(search).get("theme") === "light" ? "light" : "dark" };
}

/** The same rule as public/theme-init.js, which applies it before the first paint. */
export function applyTheme({ theme, contrast }: Pick<Preferences, "theme" | "contrast">): void {
  const { classList } = document.documentElement;
  classList.toggle("pf-v6-theme-dark", theme === "dark" || (theme === "system" && dark.matches));
  classList.toggle("pf-v6-theme-high-contrast", contrast === "high" || (contrast === "system" && moreContrast.matches));
}

/** Calls back when the preferences of the system change. */
export function onSystemThemeChange(listener: () => void): () => void {
  dark.addEventListener("change", listener);
  moreContrast.addEventListener("change", listener);
  return () => {
    dark.removeEventListener("change", listener);
    moreContrast.removeEventListener("change", listener);
  };
}
