import { Button } from "@patternfly/react-core";
import type { Can, Row } from "../../../src/http/api/wire.ts";
import { acknowledge } from "../actions.ts";
import { refusal, useApp } from "../app.ts";
import { plural } from "../format/text.ts";

interface ListBarProps {
  readonly summary: string;
  readonly selected: readonly Row[];
  readonly onClearSelection: () => void;
  readonly can: Can;
  readonly moved: number;
  readonly onUpdateOrder: () => void;
}

/** The line over the table. The room for "Update order" is always kept, so that nothing jumps when it comes. */
export function ListBar({ summary, selected, onClearSelection, can, moved, onUpdateOrder }: ListBarProps) {
  return (
    <div className="pw-listbar">
      {selected.length === 0 ? (
        <span className="pw-muted">{summary}</span>
      ) : (
        <BulkActions selected={selected} onClear={onClearSelection} can={can} />
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

interface BulkActionsProps {
  readonly selected: readonly Row[];
  readonly onClear: () => void;
  readonly can: Can;
}

function BulkActions({ selected, onClear, can }: BulkActionsProps) {
  const app = useApp();
  const withAlerts = selected.filter((row) => row.alerts !== undefined);
  const ackRefusal =
    firstRefusal(selected, can, "ack") ?? (withAlerts.length === 0 ? "Nothing selected has an open alert" : undefined);
  const silenceRefusal = firstRefusal(selected, can, "silence");
  return (
    <fieldset className="pw-bulk" aria-label="Selected rows">
      <strong>{selected.length} selected</strong>
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
