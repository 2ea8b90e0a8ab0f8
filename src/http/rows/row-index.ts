import { isSame } from "../../core/util/same.ts";
import type { Row } from "../schemas/state.ts";

export interface RowChanges {
  readonly changed: readonly Row[];
  /** As they were last. */
  readonly removed: readonly Row[];
}

/** The current rows, by id and by group. */
export class RowIndex {
  readonly #rows = new Map<string, Row>();
  readonly #idsOfGroup = new Map<string, readonly string[]>();
  readonly #expiring = new Set<string>();

  get rows(): ReadonlyMap<string, Row> {
    return this.#rows;
  }

  groups(): Iterable<string> {
    return this.#idsOfGroup.keys();
  }

  has(group: string): boolean {
    return this.#idsOfGroup.has(group);
  }

  /** Groups with rows that change when time passes: a silence ends, or a deleted pod's window. */
  expiring(): Iterable<string> {
    return this.#expiring;
  }

  /** Puts the rows of a group in place of its previous ones. */
  replace(group: string, next: readonly Row[]): RowChanges {
    const changed = next.filter((row) => !isSame(this.#rows.get(row.id), row));
    for (const row of changed) this.#rows.set(row.id, row);
    const ids = next.map(({ id }) => id);
    const removed: Row[] = [];
    for (const id of this.#idsOfGroup.get(group) ?? []) {
      const row = this.#rows.get(id);
      if (row === undefined || ids.includes(id)) continue;
      removed.push(row);
      this.#rows.delete(id);
    }
    if (ids.length === 0) this.#idsOfGroup.delete(group);
    else this.#idsOfGroup.set(group, ids);
    if (next.some(isExpiring)) this.#expiring.add(group);
    else this.#expiring.delete(group);
    return { changed, removed };
  }

  clear(): void {
    this.#rows.clear();
    this.#idsOfGroup.clear();
    this.#expiring.clear();
  }
}

function isExpiring({ deletedAt, resolvedAt, silenced, changes }: Row): boolean {
  return deletedAt !== undefined || resolvedAt !== undefined || silenced !== undefined || changes !== undefined;
}
