import { useRef, useState } from "react";
import { linesMoved } from "../../state/lines-moved.ts";

interface HeldListOptions<Item> {
  /** The page in the newest order. */
  readonly fresh: readonly Item[];
  readonly idOf: (item: Item) => string;
  /** The newest version of an item, even if it left the page. */
  readonly latest: (id: string) => Item | undefined;
  /** Filters, sorting and page: a change applies the new order at once. */
  readonly key: string;
}

export interface HeldList<Item> {
  /** In the order shown, each in its newest version; a removed item stays while the order is held. */
  readonly items: readonly Item[];
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
 * clicks, and a focused row that moves loses the focus.
 */
export function useHeldList<Item>({ fresh, idOf, latest, key }: HeldListOptions<Item>): HeldList<Item> {
  const [pointerIn, setPointerIn] = useState(false);
  const [focusIn, setFocusIn] = useState(false);
  const [, setUpdates] = useState(0);
  const held = useRef<{ readonly key: string; readonly items: readonly Item[] } | undefined>(undefined);

  const isHeld = pointerIn || focusIn;
  if (!isHeld || held.current === undefined || held.current.key !== key) held.current = { key, items: fresh };
  const { items } = held.current;
  return {
    items: items === fresh ? fresh : items.map((item) => latest(idOf(item)) ?? item),
    moved: items === fresh ? 0 : linesMoved(items.map(idOf), fresh.map(idOf)),
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
