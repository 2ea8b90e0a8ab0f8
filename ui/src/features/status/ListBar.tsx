import { Button } from "@patternfly/react-core";
import type { Can, Row } from "../../../../src/http/base/api-types.ts";
import { acknowledge } from "../../actions.ts";
import { refusal, useApp } from "../../context.ts";
import { count, plural } from "../../format/text.ts";
import type { GoneCounts } from "../../state/view.ts";

interface ListBarProps {
  readonly summary: string;
  readonly gone: GoneCounts;
  readonly showsGone: boolean;
  /** Absent while a search lists them anyway. */
  readonly onShowGone: ((show: boolean) => void) | undefined;
  readonly selected: readonly Row[];
  /** Number of selected rows that the list does not show now: bulk actions skip them. */
  readonly unlisted: number;
  readonly onClearSelection: () => void;
  readonly can: Can;
  readonly moved: number;
  readonly onUpdateOrder: () => void;
}

/** The line above the table. Space for "Update order" is always reserved, so that nothing moves when it appears. */
export function ListBar(props: ListBarProps) {
  const { summary, selected, unlisted, onClearSelection, can, moved, onUpdateOrder } = props;
  return (
    <div className="pw-listbar">
      {selected.length === 0 ? (
        <span className="pw-muted">
          {summary}
          <Gone {...props} />
        </span>
      ) : (
        <BulkActions selected={selected} unlisted={unlisted} onClear={onClearSelection} can={can} />
      )}
      <span className="pw-update-order">
        {moved > 0 && (
          <>
            <span className="pw-muted">{plural(moved, "row")} would move</span>
            <Button variant="link" isInline onClick={onUpdateOrder}>
              Update order
            </Button>
          </>
        )}
      </span>
    </div>
  );
}

/** `34 deleted, 2 resolved` */
export function describeGone({ deleted, resolved, either = 0 }: GoneCounts): string {
  const parts = [
    [deleted, "deleted"],
    [resolved, "resolved"],
    [either, "deleted or resolved"],
  ] as const;
  return parts.flatMap(([number, word]) => (number > 0 ? `${count(number)} ${word}` : [])).join(", ");
}

function Gone({ gone, showsGone, onShowGone }: Pick<ListBarProps, "gone" | "showsGone" | "onShowGone">) {
  const text = describeGone(gone);
  if (text === "") return null;
  if (onShowGone === undefined) return ` · ${text}`;
  return (
    <>
      {` · ${text} – `}
      <Button variant="link" isInline size="sm" onClick={() => onShowGone(!showsGone)}>
        {showsGone ? "hide" : "show"}
      </Button>
    </>
  );
}

interface BulkActionsProps {
  readonly selected: readonly Row[];
  readonly unlisted: number;
  readonly onClear: () => void;
  readonly can: Can;
}

function BulkActions({ selected, unlisted, onClear, can }: BulkActionsProps) {
  const app = useApp();
  const withAlerts = selected.filter((row) => row.alerts !== undefined);
  const ackRefusal =
    firstRefusal(selected, can, "ack") ?? (withAlerts.length === 0 ? "Nothing selected has an open alert" : undefined);
  const silenceRefusal = firstRefusal(selected, can, "silence");
  return (
    <fieldset className="pw-bulk" aria-label="Selected rows">
      <strong>{selected.length} selected</strong>
      {unlisted > 0 && <span className="pw-muted">{count(unlisted)} more outside this list</span>}
      <Button
        size="sm"
        variant="secondary"
        isAriaDisabled={ackRefusal !== undefined}
        title={ackRefusal}
        onClick={async () => {
          if (await acknowledge(app, withAlerts)) onClear();
        }}
      >
        Acknowledge {withAlerts.length}
      </Button>
      <Button
        size="sm"
        variant="secondary"
        isAriaDisabled={silenceRefusal !== undefined}
        title={silenceRefusal}
        onClick={() => app.dialog.set({ kind: "silence", subject: { kind: "rows", rows: selected } })}
      >
        Silence {selected.length}…
      </Button>
      <Button size="sm" variant="link" onClick={onClear}>
        Clear selection
      </Button>
    </fieldset>
  );
}

function firstRefusal(rows: readonly Row[], can: Can, what: "ack" | "silence"): string | undefined {
  for (const row of rows) {
    const reason = refusal(can, what, row.namespace);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
