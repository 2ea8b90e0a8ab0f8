import type { RowState } from "../model/row-state.ts";
import { isMuted, shownState, type ViewContext, type ViewRow } from "./row.ts";

/** problems: every row that is not Normal; muted: acknowledged or silenced rows. */
export const VIEWS = ["problems", "all", "muted"] as const;
export type View = (typeof VIEWS)[number];

/** Empty lists and an empty search match every row. */
export interface RowFilter {
  readonly namespaces: readonly string[];
  readonly states: readonly RowState[];
  /** Words, each of which must occur in one of the row's names or reasons. */
  readonly search: string;
  readonly view: View;
  /** Also list rows that are gone. */
  readonly gone: boolean;
}

/** A search by name also finds pods that are gone. */
export function listsGone({ gone, search }: Pick<RowFilter, "gone" | "search">): boolean {
  return gone || search.trim() !== "";
}

/** A chosen state shows its rows in the view `problems` too, Normal included. */
export function viewFilter(
  { view, states }: Pick<RowFilter, "view" | "states">,
  { now }: Pick<ViewContext, "now">,
): (row: ViewRow) => boolean {
  switch (view) {
    case "all":
      return () => true;
    case "muted":
      return (row) => isMuted(row, now);
    case "problems":
      return (row) => states.length > 0 || row.state !== "Normal" || row.resolvedAt !== undefined;
  }
}

/** The filters apart from the view. */
export function searchFilter(
  { namespaces, states, search }: Pick<RowFilter, "namespaces" | "states" | "search">,
  { stale }: Pick<ViewContext, "stale">,
): (row: ViewRow) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const wantedNamespaces = new Set(namespaces);
  const wantedStates = new Set<string>(states);
  return (row) =>
    (wantedNamespaces.size === 0 || wantedNamespaces.has(row.namespace)) &&
    (wantedStates.size === 0 || wantedStates.has(shownState(row, stale))) &&
    words.every((word) => mentions(row, word));
}

function mentions(row: ViewRow, word: string): boolean {
  const contains = (value: string | undefined) => value?.toLowerCase().includes(word) ?? false;
  return (
    contains(row.pod) ||
    contains(row.container) ||
    contains(row.owner) ||
    contains(row.node) ||
    contains(row.reason) ||
    contains(row.lastRestart?.reason) ||
    contains(row.namespace)
  );
}
