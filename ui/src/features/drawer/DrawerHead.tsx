import { Button, Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import AngleDownIcon from "@patternfly/react-icons/dist/esm/icons/angle-down-icon";
import AngleUpIcon from "@patternfly/react-icons/dist/esm/icons/angle-up-icon";
import CopyIcon from "@patternfly/react-icons/dist/esm/icons/copy-icon";
import { useState } from "react";
import { isGone, isSilenced, rowName, rowSeverity } from "../../../../src/core/view/row.ts";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { acknowledge, copyCommand, copyWithToast, unacknowledge } from "../../actions.ts";
import { Chip } from "../../common/Chip.tsx";
import { IconButton } from "../../common/IconButton.tsx";
import { SeverityPill } from "../../common/severity.tsx";
import { When } from "../../common/When.tsx";
import { refusal, useApp, useCan, useData, useNow } from "../../context.ts";
import { consoleLinks } from "../../format/commands.ts";
import { openDrawer } from "../../state/location.ts";
import { containerShown, staleNamespaces } from "../../state/row.ts";

interface NeighboursProps {
  readonly id: string;
  /** Row ids in the order of the list. */
  readonly neighbours: readonly string[];
}

/** Buttons to the previous and the next row. */
export function Neighbours({ id, neighbours }: NeighboursProps) {
  const index = neighbours.indexOf(id);
  const previous = index > 0 ? neighbours[index - 1] : undefined;
  const next = index >= 0 ? neighbours[index + 1] : undefined;
  return (
    <>
      <IconButton
        label="Previous in the list"
        icon={<AngleUpIcon />}
        refusal={previous === undefined ? "this is the first row" : undefined}
        onClick={() => previous !== undefined && openDrawer(previous)}
      />
      <IconButton
        label="Next in the list"
        icon={<AngleDownIcon />}
        refusal={next === undefined ? "this is the last row" : undefined}
        onClick={() => next !== undefined && openDrawer(next)}
      />
    </>
  );
}

/** The state of the row, its names, and whether it still exists. */
export function Chips({ row, isGone }: { readonly row: Row; readonly isGone: boolean }) {
  const app = useApp();
  const { meta } = useData();
  const now = useNow();
  const container = containerShown(row);
  return (
    <span className="pw-drawer-chips">
      <SeverityPill severity={rowSeverity(row, staleNamespaces(meta.health))} />
      {row.ack !== undefined && <Chip color="blue">Ack {row.ack.by}</Chip>}
      {row.silenced !== undefined && isSilenced(row, now) && (
        <Chip>
          Silenced until <When at={row.silenced.until} now={now} as="short" />
        </Chip>
      )}
      <span className="pw-muted">
        {row.namespace}
        {container !== undefined && ` · ${container}`}
        {row.type !== undefined && ` (${row.type})`}
      </span>
      <IconButton
        label="Copy the name"
        icon={<CopyIcon />}
        onClick={() => void copyWithToast(app, rowName(row), rowName(row))}
      />
      {row.deletedAt !== undefined ? (
        <span className="pw-warning-line">
          The pod was deleted <When at={row.deletedAt} now={now} as="relative" />.
        </span>
      ) : row.resolvedAt !== undefined ? (
        <span>
          Resolved <When at={row.resolvedAt} now={now} as="relative" />.
        </span>
      ) : (
        isGone && <span className="pw-warning-line">{describeGone(row)} Showing the last known state.</span>
      )}
    </span>
  );
}

/** Pods are deleted; alerts of a workload or a namespace resolve. */
function describeGone(row: Row): string {
  return row.pod === undefined ? "Resolved: no open alerts." : "The pod no longer exists.";
}

export function Actions({ row }: { readonly row: Row }) {
  const app = useApp();
  const can = useCan();
  const ackRefusal = row.alerts === undefined || isGone(row) ? "no open alert" : refusal(can, "ack", row.namespace);
  const silenceRefusal = refusal(can, "silence", row.namespace);
  return (
    <span className="pw-drawer-actions">
      {row.ack === undefined ? (
        <Button
          variant="primary"
          isAriaDisabled={ackRefusal !== undefined}
          title={ackRefusal}
          onClick={() => void acknowledge(app, [row])}
        >
          Acknowledge
        </Button>
      ) : (
        <Button
          variant="secondary"
          isAriaDisabled={ackRefusal !== undefined}
          title={ackRefusal ?? "Remove the acknowledgement"}
          onClick={() => void unacknowledge(app, [row.id])}
        >
          Unacknowledge
        </Button>
      )}
      <Button
        variant="secondary"
        isAriaDisabled={silenceRefusal !== undefined}
        title={silenceRefusal}
        onClick={() => app.dialog.set({ kind: "silence", subject: { kind: "row", row } })}
      >
        Silence…
      </Button>
      <MoreActions row={row} ackRefusal={ackRefusal} />
    </span>
  );
}

function MoreActions({ row, ackRefusal }: { readonly row: Row; readonly ackRefusal: string | undefined }) {
  const app = useApp();
  const { meta } = useData();
  const [isOpen, setOpen] = useState(false);
  const links = consoleLinks(row, meta.consoleUrl);
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "start", appendTo: "inline" }}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)} variant="secondary">
          More
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem
          isAriaDisabled={ackRefusal !== undefined}
          onClick={() => app.dialog.set({ kind: "ack", rows: [row] })}
        >
          Acknowledge with a note…
        </DropdownItem>
        <DropdownItem onClick={() => void copyCommand(app, row)}>Copy the {meta.cli} command</DropdownItem>
        {links !== undefined &&
          (
            [
              ["Pod", links.pod],
              ["Logs", links.logs],
              ["Events", links.events],
            ] as const
          ).map(([text, href]) => (
            <DropdownItem key={text} to={href} isExternalLink rel="noreferrer" target="_blank">
              {text} in the console
            </DropdownItem>
          ))}
      </DropdownList>
    </Dropdown>
  );
}
