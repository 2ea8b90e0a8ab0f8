import { useEffect } from "react";
import { useApp } from "../context.ts";
import { readIncidentQuery, writeIncidentQuery } from "../state/incident-query.ts";
import { closeDrawer, closePath, getLocation, goTo } from "../state/location.ts";
import { getPreferences } from "../state/preferences.ts";

/** `/` focuses the search, `?` opens the help, Escape closes the drawer. */
export function useKeys(): void {
  const { dialog } = useApp();
  useEffect(() => {
    function pressed(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || dialog.get() !== undefined)
        return;
      const target = event.target instanceof HTMLElement ? event.target : undefined;
      if (event.key === "Escape") {
        const inMenu =
          target?.closest('[role="menu"], [role="listbox"], .pf-v6-c-menu-toggle[aria-expanded="true"]') != null;
        if (!inMenu && getLocation().query.open !== undefined) closeDetails();
        return;
      }
      if (!getPreferences().keys || isField(target)) return;
      if (event.key === "/") {
        event.preventDefault();
        const { screen = "" } = getLocation();
        if (!["", "containers", "notifications"].includes(screen)) goTo("");
        requestAnimationFrame(() => document.getElementById("search")?.focus());
      } else if (event.key === "?") {
        event.preventDefault();
        dialog.set({ kind: "help" });
      }
    }
    // In the capture phase, before an open dialog handles Escape: it must not close the drawer too.
    document.addEventListener("keydown", pressed, { capture: true });
    return () => document.removeEventListener("keydown", pressed, { capture: true });
  }, [dialog]);
}

function closeDetails(): void {
  if (getLocation().screen !== "") {
    closeDrawer();
    return;
  }
  const query = readIncidentQuery(getLocation().search);
  closePath(writeIncidentQuery({ ...query, open: undefined, pod: undefined, ask: undefined }));
}

function isField(target: HTMLElement | undefined): boolean {
  return target?.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") != null;
}
