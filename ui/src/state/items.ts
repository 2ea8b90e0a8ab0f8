import { isGone } from "../../../src/core/view/row.ts";
import type { Row } from "../../../src/http/base/api-types.ts";
import type { Group } from "./view.ts";

/** One line of the list as counted by paging: a row, or a line that stands for several rows. */
export type Item =
  | { readonly kind: "row"; readonly key: string; readonly namespace: string; readonly id: string }
  /** `183 normal – show` */
  | { readonly kind: "folded"; readonly key: string; readonly namespace: string; readonly rows: number }
  /** The heading of a group without rows: it is collapsed, or only its state is unknown. */
  | { readonly kind: "head"; readonly key: string; readonly namespace: string };

export interface FoldOptions {
  /** Fold the normal rows of each group. */
  readonly foldNormal: boolean;
  readonly collapsed: ReadonlySet<string>;
  /** Groups whose normal rows were expanded. */
  readonly unfolded: ReadonlySet<string>;
}

/** The groups as one list of lines for paging. */
export function toItems(groups: readonly Group[], { foldNormal, collapsed, unfolded }: FoldOptions): Item[] {
  const items: Item[] = [];
  for (const { namespace, rows } of groups) {
    if (collapsed.has(namespace) || rows.length === 0) {
      items.push({ kind: "head", key: `head ${namespace}`, namespace });
      continue;
    }
    const folds = foldNormal && !unfolded.has(namespace);
    const normal = folds ? rows.filter(isNormal).length : 0;
    for (const row of rows) {
      if (folds && isNormal(row)) continue;
      items.push({ kind: "row", key: row.id, namespace, id: row.id });
    }
    if (normal > 0) items.push({ kind: "folded", key: `folded ${namespace}`, namespace, rows: normal });
  }
  return items;
}

function isNormal(row: Row): boolean {
  return row.state === "Normal" && !isGone(row);
}

export interface PageOfItems {
  readonly items: readonly Item[];
  /** From 1 to `pages`. */
  readonly page: number;
  readonly pages: number;
  readonly total: number;
}

export function pageOf(items: readonly Item[], page: number, perPage: number): PageOfItems {
  const pages = Math.max(1, Math.ceil(items.length / perPage));
  const at = Math.min(Math.max(1, page), pages);
  return { items: items.slice((at - 1) * perPage, at * perPage), page: at, pages, total: items.length };
}

/**
 * The number of lines that differ between two orders: new lines, removed lines, and the fewest lines that must move
 * (all except a longest increasing subsequence).
 */
export function linesMoved(shown: readonly string[], fresh: readonly string[]): number {
  const indexes = new Map(shown.map((key, index) => [key, index]));
  const kept: number[] = [];
  for (const key of fresh) {
    const index = indexes.get(key);
    if (index !== undefined) kept.push(index);
  }
  const changed = shown.length - kept.length + (fresh.length - kept.length);
  // Both lists are one page: each new line pushes another one out. Count such a pair once.
  const replaced = Math.min(shown.length - kept.length, fresh.length - kept.length);
  return changed - replaced + (kept.length - longestIncreasing(kept));
}

/** Length of a longest increasing subsequence, by patience sorting. */
function longestIncreasing(values: readonly number[]): number {
  const piles: number[] = [];
  for (const value of values) {
    let low = 0;
    let high = piles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((piles[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    piles[low] = value;
  }
  return piles.length;
}
