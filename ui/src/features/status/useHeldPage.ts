import { useRef, useState } from "react";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { type Item, linesMoved, type PageOfItems } from "../../state/items.ts";

interface Snapshot {
  readonly key: string;
  readonly page: PageOfItems;
  /** Rows at the time of the snapshot: a removed row stays on the screen while the order is held. */
  readonly rows: ReadonlyMap<string, Row>;
}

export interface HeldPage {
  readonly page: PageOfItems;
  readonly row: (id: string) => Row | undefined;
  /** Number of lines that would move. */
  readonly moved: number;
  readonly update: () => void;
  /** Handlers for the element around the list. */
  readonly hold: {
    readonly onPointerEnter: (event: { readonly pointerType: string }) => void;
    readonly onPointerLeave: () => void;
    readonly onFocus: () => void;
    readonly onBlur: (event: { readonly currentTarget: Element; readonly relatedTarget: EventTarget | null }) => void;
  };
}

/**
 * Holds the order of the list while the pointer or the focus is in it: rows that move under the pointer cause wrong
 * clicks, and a focused row that moves loses the focus. A change of `key` (filters, sorting, page) applies the new order
 * at once.
 */
export function useHeldPage(fresh: PageOfItems, rows: ReadonlyMap<string, Row>, key: string): HeldPage {
  const [pointerIn, setPointerIn] = useState(false);
  const [focusIn, setFocusIn] = useState(false);
  const [, setUpdates] = useState(0);
  const held = useRef<Snapshot | undefined>(undefined);

  const isHeld = pointerIn || focusIn;
  if (!isHeld || held.current === undefined || held.current.key !== key) {
    held.current = { key, page: fresh, rows: rowsOf(fresh.items, rows) };
  }
  const snapshot = held.current;
  return {
    page: snapshot.page,
    row: (id) => rows.get(id) ?? snapshot.rows.get(id),
    moved: snapshot.page === fresh ? 0 : linesMoved(keysOf(snapshot.page.items), keysOf(fresh.items)),
    update: () => {
      held.current = undefined;
      setUpdates((updates) => updates + 1);
    },
    hold: {
      onPointerEnter: (event) => setPointerIn(event.pointerType === "mouse"),
      onPointerLeave: () => setPointerIn(false),
      onFocus: () => setFocusIn(true),
      onBlur: (event) => {
        if (!(event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)))
          setFocusIn(false);
      },
    },
  };
}

function keysOf(items: readonly Item[]): string[] {
  return items.map((item) => item.key);
}

function rowsOf(items: readonly Item[], rows: ReadonlyMap<string, Row>): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const item of items) {
    const row = item.kind === "row" ? rows.get(item.id) : undefined;
    if (row !== undefined) found.set(row.id, row);
  }
  return found;
}
