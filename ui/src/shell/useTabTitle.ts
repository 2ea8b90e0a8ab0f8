import { useEffect } from "react";
import { isUnattended } from "../../../src/core/view/row.ts";
import type { Screen } from "../base.ts";
import { useStoreValue } from "../context.ts";
import { useLocation } from "../state/location.ts";
import type { Store } from "../state/store.ts";

/** The number of failing rows that are neither acknowledged nor silenced. */
function openProblems(store: Store): number | undefined {
  const data = store.get();
  if (data === undefined) return undefined;
  const { paging } = data.meta;
  // When the page does not hold all rows, the server counts them.
  if (paging !== undefined) return paging.unattended;
  const now = store.clock.now();
  let open = 0;
  for (const row of data.rows.values()) {
    if (isUnattended(row, now)) open += 1;
  }
  return open;
}

/** The status screen has no name in the title, because tabs are narrow. */
const NAMES: Partial<Record<Screen, string>> = {
  silences: "Silences",
  activity: "Activity",
  configuration: "Configuration",
};

/** `(3) Pod Watcher`, `(3) Silences · Pod Watcher`, and a favicon with a dot while there are failing rows. */
export function useTabTitle(): void {
  const open = useStoreValue(openProblems);
  const { screen } = useLocation();
  const name = screen === undefined ? "Not found" : NAMES[screen];
  useEffect(() => {
    document.title = `${open ? `(${open}) ` : ""}${name === undefined ? "" : `${name} · `}Pod Watcher`;
    const icon = document.getElementById("favicon");
    icon?.setAttribute("href", open ? "./favicon-alert.svg" : "./favicon.svg");
  }, [open, name]);
}
