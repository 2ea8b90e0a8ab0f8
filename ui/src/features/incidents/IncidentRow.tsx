import { memo } from "react";
import type { Can } from "../../../../src/http/base/api-types.ts";
import { Strip } from "../../common/Strip.tsx";
import { SeverityIcon, severityText } from "../../common/severity.tsx";
import { incidentName, nowTitle, span } from "../../format/incident.ts";
import type { Acting } from "../../state/acting.ts";
import { Actions } from "./Actions.tsx";
import { Chips } from "./Chips.tsx";
import { Changed, FailingFor, NameLink, Now, Ready, Restarts, Severity, type Shown, Where, Why } from "./Facts.tsx";

export interface IncidentRowProps extends Shown {
  readonly can: Can;
  readonly windowMs: number;
  readonly acting: Acting | undefined;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  readonly isWide: boolean;
  readonly onSelect: (id: string, selected: boolean) => void;
}

function classOf({ incident, isOpen, isSelected }: IncidentRowProps): string {
  const { handling, severity } = incident;
  const isHandled = handling.ack !== undefined || handling.silenced !== undefined || incident.phase === "resolved";
  return [`pw-severity-${severity}`, isHandled && "pw-handled", isOpen && "pw-open", isSelected && "pw-selected"]
    .filter(Boolean)
    .join(" ");
}

function Select({ incident, isSelected, onSelect }: IncidentRowProps) {
  return (
    <input
      type="checkbox"
      className="pw-checkbox"
      aria-label={`Select ${incidentName(incident).name}`}
      checked={isSelected}
      onChange={(event) => onSelect(incident.id, event.currentTarget.checked)}
    />
  );
}

/** An incident as two lines of the table: facts in columns, and the story below. It renders only when its props change. */
export const IncidentRow = memo(function IncidentRow(props: IncidentRowProps) {
  const { incident, now, zone, can, windowMs, acting, isWide, isOpen } = props;
  const shown = { incident, now, zone };
  const { name } = incidentName(incident);
  const side = (
    <>
      <Chips {...shown} />
      <Actions incident={incident} can={can} acting={acting} isWide={isWide} />
    </>
  );
  return (
    <tbody className={classOf(props)} aria-label={`${name} in ${incident.namespace ?? "the cluster"}`}>
      <tr className="pw-facts-line">
        <td className="pw-bar-cell" rowSpan={2} />
        <td rowSpan={2} className="pw-select-cell">
          <Select {...props} />
        </td>
        <td rowSpan={2}>
          <Severity {...shown} />
        </td>
        <td className="pw-name-cell">
          <NameLink incident={incident} isOpen={isOpen} /> <Where incident={incident} />
        </td>
        <td title={nowTitle(incident, { now, zone })}>
          <Now {...shown} />
        </td>
        <td className="pw-num">
          <Ready incident={incident} />
        </td>
        <td className="pw-num">
          <FailingFor {...shown} />
        </td>
        <td className="pw-num">
          <Restarts incident={incident} windowMs={windowMs} />
        </td>
        <td className="pw-strip-cell">
          <Strip strip={incident.strip} />
        </td>
        {isWide && (
          <td rowSpan={2} className="pw-side-cell">
            <span className="pw-side">{side}</span>
          </td>
        )}
      </tr>
      {isWide ? (
        <tr className="pw-story-line">
          <td colSpan={3}>
            <Why incident={incident} />
          </td>
          <td colSpan={3}>
            <Changed {...shown} />
          </td>
        </tr>
      ) : (
        <tr className="pw-story-line">
          <td colSpan={6}>
            <div className="pw-story">
              <div className="pw-story-main">
                <Why incident={incident} />
                <Changed {...shown} />
              </div>
              <div className="pw-side">{side}</div>
            </div>
          </td>
        </tr>
      )}
    </tbody>
  );
});

/** One card of the list on a narrow screen; every action is a button of 44 px. */
export const IncidentCard = memo(function IncidentCard(props: IncidentRowProps) {
  const { incident, now, zone, can, acting, isOpen } = props;
  const shown = { incident, now, zone };
  const { resolvedAt, since, restarts, ready } = incident;
  return (
    <li className={`pw-card ${classOf(props)}`}>
      <div className="pw-card-head">
        <Select {...props} />
        <Severity {...shown} />
        <span className="pw-card-name">
          <NameLink incident={incident} isOpen={isOpen} /> <span className="pw-sub">{incident.namespace}</span>
        </span>
        <span className="pw-strong pw-num">{span((resolvedAt ?? now) - since)}</span>
      </div>
      <Why incident={incident} />
      <p className="pw-card-facts">
        <Now {...shown} />
        {ready !== undefined && (
          <>
            {" · ready "}
            <Ready incident={incident} />
          </>
        )}
        {restarts !== undefined && restarts.total > 0 && ` · ${restarts.total} restarts`}
      </p>
      <Chips {...shown} />
      <Actions incident={incident} can={can} acting={acting} />
    </li>
  );
});

/** An incident as two lines next to the details: the reason is short, the rest is in the details. */
export const IncidentLine = memo(function IncidentLine(props: IncidentRowProps) {
  const { incident, now, isOpen } = props;
  const { severity, resolvedAt, since, short } = incident;
  return (
    <li className={`pw-line ${classOf(props)}`}>
      <span className="pw-line-icon" role="img" aria-label={severityText(severity)}>
        <SeverityIcon severity={severity} />
      </span>
      <span className="pw-line-name">
        <NameLink incident={incident} isOpen={isOpen} /> <span className="pw-sub">{incident.namespace}</span>
      </span>
      <span className="pw-strong pw-num">{span((resolvedAt ?? now) - since)}</span>
      <p className="pw-line-short pw-sub" title={short}>
        {short}
      </p>
    </li>
  );
});
