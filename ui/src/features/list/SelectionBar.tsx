import { Button } from "@patternfly/react-core";
import type { ReactNode } from "react";
import { count } from "../../format/text.ts";

interface SelectionBarProps {
  /** Number of selected lines that the list shows or has on other pages. */
  readonly selected: number;
  /** Number of selected lines that the list does not contain now: actions skip them. */
  readonly unlisted: number;
  /** Selects every line that matches, not only the page; absent when all are selected. */
  readonly all: { readonly count: number; readonly select: () => void } | undefined;
  readonly onClear: () => void;
  /** The actions. */
  readonly children: ReactNode;
}

/** The actions on the selected lines, at the bottom of the list. */
export function SelectionBar({ selected, unlisted, all, onClear, children }: SelectionBarProps) {
  return (
    <fieldset className="pw-selection" aria-label="Selected lines">
      <strong>{count(selected)} selected</strong>
      {unlisted > 0 && <span className="pw-muted">{count(unlisted)} more outside this list</span>}
      {children}
      {all !== undefined && (
        <Button size="sm" variant="link" onClick={all.select}>
          Select all {count(all.count)} that match
        </Button>
      )}
      <Button size="sm" variant="link" onClick={onClear}>
        Clear selection
      </Button>
    </fieldset>
  );
}
