import { useEffect } from "react";
import type { Screen } from "../base.ts";
import { useApp } from "../context.ts";
import { listQuery, readIncidentQuery, writeIncidentQuery } from "../state/incident-query.ts";
import { closeDrawer, closePath, getLocation, goTo, goToScreen, visit } from "../state/location.ts";
import { visitWall } from "../state/open-incident.ts";
import { getPreferences } from "../state/preferences.ts";
import { pressIncidentKey } from "./incident-keys.ts";

/** Screens by the letter after `g`. */
const SCREENS: Readonly<Record<string, Screen>> = { i: "", c: "containers", s: "silences", n: "notifications" };

/** The single keys of the help, and Escape, which closes the details. */
export function useKeys(): void {
  const app = useApp();
  const { dialog } = app;
  useEffect(() => {
    let isAfterG = false;
    function pressed(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || dialog.get() !== undefined)
        return;
      const target = event.target instanceof HTMLElement ? event.target : undefined;
      if (getLocation().screen === "wall") {
        if (event.key === "Escape") visit("", writeIncidentQuery(listQuery(getLocation())));
        return;
      }
      if (event.key === "Escape") {
        const inMenu =
          target?.closest('[role="menu"], [role="listbox"], .pf-v6-c-menu-toggle[aria-expanded="true"]') != null;
        if (!inMenu && getLocation().query.open !== undefined) closeDetails();
        return;
      }
      if (!getPreferences().keys || isField(target)) return;
      const screen = isAfterG ? SCREENS[event.key] : undefined;
      isAfterG = event.key === "g";
      if (screen !== undefined) {
        goToScreen(screen);
      } else if (getLocation().screen === "" && pressIncidentKey(app, event.key)) {
        event.preventDefault();
      } else if (event.key === "w") {
        visitWall();
      } else if (event.key === "p") {
        if (app.store.isPaused()) app.store.resume();
        else app.store.pause();
        app.ticker.tick();
      } else if (event.key === "/") {
        event.preventDefault();
        if (!["", "containers", "notifications"].includes(getLocation().screen ?? "none")) goTo("");
        requestAnimationFrame(() => document.getElementById("search")?.focus());
      } else if (event.key === "?") {
        event.preventDefault();
        dialog.set({ kind: "help" });
      }
    }
    // In the capture phase, before an open dialog handles Escape: it must not close the drawer too.
    document.addEventListener("keydown", pressed, { capture: true });
    return () => document.removeEventListener("keydown", pressed, { capture: true });
  }, [app, dialog]);
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
