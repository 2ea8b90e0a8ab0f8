import "@patternfly/react-styles/css/components/Table/table.css";
import BellIcon from "@patternfly/react-icons/dist/esm/icons/bell-icon";
import BellSlashIcon from "@patternfly/react-icons/dist/esm/icons/bell-slash-icon";
import UserCheckIcon from "@patternfly/react-icons/dist/esm/icons/user-check-icon";
import { memo } from "react";
import { isSilenced, type RowSeverity, restartCount, rowName } from "../../../../src/core/view/row.ts";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { MiddleCut } from "../../common/MiddleCut.tsx";
import { PageLink } from "../../common/PageLink.tsx";
import { SeverityWord } from "../../common/severity.tsx";
import { relative, shortTime, type Zone } from "../../format/time.ts";
import { openDrawer, openHref } from "../../state/location.ts";

export interface ContainerLineProps {
  readonly row: Row;
  readonly severity: RowSeverity;
  readonly now: number;
  readonly windowMs: number;
  readonly zone: Zone;
  /** Counts the changes; odd and even select two names of one animation, which restarts it. 0 before the first. */
  readonly tint: number;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  readonly onSelect: (id: string, selected: boolean) => void;
}

/** One row of the table. It renders only when its props change. */
export const ContainerLine = memo(function ContainerLine(props: ContainerLineProps) {
  const { row, severity, now, windowMs, zone, tint, isOpen, isSelected, onSelect } = props;
  const name = rowName(row);
  const classes = ["pw-row"];
  if (isOpen) classes.push("pw-row-open");
  if (isSelected) classes.push("pw-row-selected");
  if (row.deletedAt !== undefined) classes.push("pw-row-gone");
  if (tint > 0) classes.push(tint % 2 === 0 ? "pw-tint-even" : "pw-tint-odd");
  const status = nowOf(row, now);
  const exit = exitOf(row);
  return (
    <tr className={classes.join(" ")}>
      <td className="pw-col-check">
        <input
          type="checkbox"
          className="pw-checkbox"
          aria-label={`Select ${row.id}`}
          checked={isSelected}
          onChange={(event) => onSelect(row.id, event.currentTarget.checked)}
        />
      </td>
      <td className="pw-col-severity">
        <SeverityWord severity={severity} />
      </td>
      <th scope="row" className="pw-col-pod">
        <PageLink
          className="pw-pod-link"
          title={name}
          aria-label={name}
          href={openHref(row.id)}
          go={() => openDrawer(row.id)}
          data-row={row.id}
          aria-expanded={isOpen}
        >
          <MiddleCut text={name} />
        </PageLink>
      </th>
      <td className="pw-col-container" title={row.container}>
        {row.container}
        {row.type !== undefined && <span className="pw-muted"> {row.type}</span>}
      </td>
      <td className="pw-col-namespace" title={row.namespace}>
        {row.namespace}
      </td>
      <td className="pw-col-now" title={row.summary ?? status}>
        {status}
      </td>
      <td className="pw-col-restarts">
        {row.scope === "container" ? restartCount(row, { now, windowMs }) : <span className="pw-muted">–</span>}
      </td>
      <td className="pw-col-exit" title={exit}>
        {exit}
      </td>
      <td className="pw-col-workload" title={row.owner}>
        {row.owner ?? "–"}
      </td>
      <td className="pw-col-node" title={row.node}>
        {row.node ?? "–"}
      </td>
      <td className="pw-col-handling">
        <Handling row={row} now={now} zone={zone} />
      </td>
    </tr>
  );
});

/** The status of the pod, as `kubectl get pods` says it. */
function nowOf({ reason, deletedAt, resolvedAt }: Row, now: number): string {
  if (deletedAt !== undefined) return `Deleted ${relative(deletedAt, Math.max(now, deletedAt))}`;
  if (resolvedAt !== undefined) return `Resolved ${relative(resolvedAt, Math.max(now, resolvedAt))}`;
  return reason ?? "–";
}

/** `137 OOMKilled` */
function exitOf({ lastRestart }: Row): string {
  const parts = [lastRestart?.exitCode, lastRestart?.reason].filter((part) => part !== undefined);
  return parts.length === 0 ? "–" : parts.join(" ");
}

/** Acknowledgement, silence or notification, as one icon with a name. */
function Handling({ row, now, zone }: Pick<ContainerLineProps, "row" | "now" | "zone">) {
  const { ack, silenced } = row;
  if (ack !== undefined) {
    const note = ack.note === undefined ? "" : `: ${ack.note}`;
    return <Icon Of={UserCheckIcon} label={`Acknowledged by ${ack.by} ${shortTime(ack.at, now, zone)}${note}`} />;
  }
  if (silenced !== undefined && isSilenced(row, now)) {
    return (
      <Icon Of={BellSlashIcon} label={`Silenced until ${shortTime(silenced.until, now, zone)}: ${silenced.reason}`} />
    );
  }
  return row.state === "Sent" ? <Icon Of={BellIcon} label="Notified" /> : null;
}

function Icon({ Of, label }: { readonly Of: typeof BellIcon; readonly label: string }) {
  return (
    <span role="img" aria-label={label} title={label}>
      <Of set="default" />
    </span>
  );
}
