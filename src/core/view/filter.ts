import { own } from "../model/own.ts";
import type { RowState } from "../model/row-state.ts";
import { isMuted, type RowSeverity, rowSeverity, shownState, type ViewContext, type ViewRow } from "./row.ts";

/** problems: every row that is not Normal; muted: acknowledged or silenced rows. */
export const VIEWS = ["problems", "all", "muted"] as const;
export type View = (typeof VIEWS)[number];

/** Empty lists and an empty search match every row. */
export interface RowFilter {
  readonly namespaces: readonly string[];
  readonly states: readonly RowState[];
  readonly severities: readonly RowSeverity[];
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

/** A chosen state or severity shows its rows in the view `problems` too, normal ones included. */
export function viewFilter(
  { view, states, severities }: Pick<RowFilter, "view" | "states" | "severities">,
  { now }: Pick<ViewContext, "now">,
): (row: ViewRow) => boolean {
  switch (view) {
    case "all":
      return () => true;
    case "muted":
      return (row) => isMuted(row, now);
    case "problems":
      return (row) => states.length + severities.length > 0 || row.state !== "Normal" || row.resolvedAt !== undefined;
  }
}

/** The filters apart from the view. */
export function searchFilter(
  { namespaces, states, severities, search }: Pick<RowFilter, "namespaces" | "states" | "severities" | "search">,
  { stale }: Pick<ViewContext, "stale">,
): (row: ViewRow) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const wantedNamespaces = new Set(namespaces);
  const wantedStates = new Set<string>(states);
  const wantedSeverities = new Set<string>(severities);
  return (row) =>
    (wantedNamespaces.size === 0 || wantedNamespaces.has(row.namespace)) &&
    (wantedStates.size === 0 || wantedStates.has(shownState(row, stale))) &&
    (wantedSeverities.size === 0 || wantedSeverities.has(rowSeverity(row, stale))) &&
    words.every((word) => mentions(row, word));
}

/** The keys of a search, such as `node:`, and the part of the row that each searches. */
const KEYS: Readonly<Record<string, (row: ViewRow) => string | undefined>> = {
  ns: (row) => row.namespace,
  pod: (row) => row.pod,
  container: (row) => row.container,
  owner: (row) => row.owner,
  node: (row) => row.node,
  reason: (row) => row.reason,
};

function mentions(row: ViewRow, word: string): boolean {
  const colon = word.indexOf(":");
  const part = own(KEYS, word.slice(0, Math.max(0, colon)));
  if (part !== undefined)
    return (
      part(row)
        ?.toLowerCase()
        .includes(word.slice(colon + 1)) ?? false
    );
  const contains = (value: string | undefined) => value?.toLowerCase().includes(word) ?? false;
  return (
    contains(row.pod) ||
    contains(row.container) ||
    contains(row.owner) ||
    contains(row.node) ||
    contains(row.reason) ||
    contains(row.summary) ||
    (row.alerts?.some((alert) => contains(alert.name)) ?? false) ||
    contains(row.lastRestart?.reason) ||
    contains(row.namespace)
  );
}
