import { useRef, useState } from "react";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { type Item, linesMoved, type PageOfItems } from "../../state/items.ts";

interface Snapshot {
  readonly key: string;
  readonly page: PageOfItems;
  /** As they were when the order was taken: a row that goes away stays on the screen until the order is let go. */
  readonly rows: ReadonlyMap<string, Row>;
}

export interface HeldPage {
  readonly page: PageOfItems;
  readonly row: (id: string) => Row | undefined;
  /** Lines that would change their place. */
  readonly moved: number;
  readonly update: () => void;
  /** For the element around the list. */
  readonly hold: {
    readonly onPointerEnter: (event: { readonly pointerType: string }) => void;
    readonly onPointerLeave: () => void;
    readonly onFocus: () => void;
    readonly onBlur: (event: { readonly currentTarget: Element; readonly relatedTarget: EventTarget | null }) => void;
  };
}

/**
 * Holds the order of the list while someone is in it with the pointer or the focus: a row that moves away under the
 * pointer is clicked by mistake, and a focused one that moves loses the focus. `key` changes with what the reader asked
 * for (filters, sorting, page), which takes a new order at once.
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
  const kept = new Map<string, Row>();
  for (const item of items) {
    const row = item.kind === "row" ? rows.get(item.id) : undefined;
    if (row !== undefined) kept.set(row.id, row);
  }
  return kept;
}
