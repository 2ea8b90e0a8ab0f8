import type { Row } from "../../../src/http/base/api-types.ts";

/** Changed rows by id; undefined removes the row. */
export type RowChanges = ReadonlyMap<string, Row | undefined>;

/** The rows of the page. An unchanged row keeps its object, so that its line does not render again. */
export function createRowTable() {
  const rows = new Map<string, Row>();
  /** The number of patches per row; its parity alternates two equal animations. */
  const tints = new Map<string, number>();

  function difference(fresh: readonly Row[]): Map<string, Row | undefined> {
    const changes = new Map<string, Row | undefined>();
    const ids = new Set<string>();
    for (const row of fresh) {
      ids.add(row.id);
      if (!isEqual(rows.get(row.id), row)) changes.set(row.id, row);
    }
    for (const id of rows.keys()) if (!ids.has(id)) changes.set(id, undefined);
    return changes;
  }

  return {
    /** Always the same Map. */
    rows,
    tint: (id: string): number => tints.get(id) ?? 0,
    /** The changes that `replace` would make. */
    difference,
    /** Replaces all rows with those of a loaded state. */
    replace(fresh: readonly Row[]): void {
      for (const [id, row] of difference(fresh)) {
        if (row === undefined) rows.delete(id);
        else rows.set(id, row);
      }
    },
    /** Applies patches. With `isPaged`, new rows are ignored. */
    apply(changes: RowChanges, isPaged: boolean): void {
      for (const [id, row] of changes) {
        const before = rows.get(id);
        if (row === undefined) {
          rows.delete(id);
          tints.delete(id);
        } else if (!isPaged || before !== undefined) {
          rows.set(id, row);
          tints.set(id, (tints.get(id) ?? 0) + 1);
        }
      }
    },
  };
}

function isEqual(a: Row | undefined, b: Row): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b);
}
