import "@patternfly/react-styles/css/components/Table/table.css";
import BellSlashIcon from "@patternfly/react-icons/dist/esm/icons/bell-slash-icon";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-icon";
import TerminalIcon from "@patternfly/react-icons/dist/esm/icons/terminal-icon";
import { memo } from "react";
import type { ShownState } from "../../../../src/core/model/row-state.ts";
import { isGone, isSilenced, restartCount, rowName } from "../../../../src/core/view/row.ts";
import type { Can, Row, State } from "../../../../src/http/base/api-types.ts";
import { acknowledge, copyCommand } from "../../actions.ts";
import { Chip } from "../../common/Chip.tsx";
import { IconButton } from "../../common/IconButton.tsx";
import { PageLink } from "../../common/PageLink.tsx";
import { Sparkline } from "../../common/Sparkline.tsx";
import { StateLabel } from "../../common/StateLabel.tsx";
import { When } from "../../common/When.tsx";
import { refusal, useApp } from "../../context.ts";
import { plural } from "../../format/text.ts";
import { lastWindow, relative, roughly, shortTime, type Zone } from "../../format/time.ts";
import { openDrawer, openHref } from "../../state/location.ts";
import { containerShown, describeExit, thresholdOf, timesBefore, windowOf } from "../../state/row.ts";
import { timelineBars } from "../../state/timeline.ts";

export interface RowLineProps {
  readonly row: Row;
  readonly state: ShownState;
  readonly now: number;
  readonly meta: Pick<State, "windowMs" | "threshold">;
  readonly can: Can;
  readonly zone: Zone;
  /** Counts the changes; odd and even select two names of one animation, which restarts it. 0 before the first. */
  readonly tint: number;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  readonly onSelect: (id: string, selected: boolean) => void;
}

/** One row of the table. It renders only when its props change. */
export const RowLine = memo(function RowLine(props: RowLineProps) {
  const { row, state, now, meta, can, zone, tint, isOpen, isSelected, onSelect } = props;
  const app = useApp();
  const name = rowName(row);
  const classes = ["pf-v6-c-table__tr", "pw-row"];
  if (isOpen) classes.push("pw-row-open");
  if (row.deletedAt !== undefined) classes.push("pw-row-gone");
  if (tint > 0) classes.push(tint % 2 === 0 ? "pw-tint-even" : "pw-tint-odd");
  return (
    <tr className={classes.join(" ")}>
      <td className="pf-v6-c-table__td pw-cell-check">
        <input
          type="checkbox"
          className="pw-checkbox"
          aria-label={`Select ${row.id}`}
          checked={isSelected}
          onChange={(event) => onSelect(row.id, event.currentTarget.checked)}
        />
      </td>
      <td className="pf-v6-c-table__td pw-cell-state">
        <StateCell row={row} state={state} now={now} zone={zone} />
      </td>
      <th scope="row" className="pf-v6-c-table__th pw-cell-pod">
        <PageLink
          className="pw-pod-link"
          title={name}
          href={openHref(row.id)}
          go={() => openDrawer(row.id)}
          data-row={row.id}
          aria-expanded={isOpen}
        >
          {name}
        </PageLink>
        <SecondLine row={row} now={now} zone={zone} />
      </th>
      <td className="pf-v6-c-table__td pw-cell-restarts">
        <RestartCount row={row} now={now} meta={meta} />
      </td>
      <td className="pf-v6-c-table__td pw-cell-timeline">
        <RowTimeline row={row} now={now} meta={meta} />
      </td>
      <td className="pf-v6-c-table__td pw-cell-last">
        <LastRestartCell row={row} now={now} />
      </td>
      <td className="pf-v6-c-table__td pw-cell-owner">
        {row.pod !== undefined && row.owner !== undefined && (
          <span className="pw-one-line" title={row.owner}>
            {row.owner}
          </span>
        )}
      </td>
      <td className="pf-v6-c-table__td pw-cell-actions">
        <span className="pw-actions">
          {row.alerts !== undefined && !isGone(row) && (
            <>
              <IconButton
                label={row.ack === undefined ? `Acknowledge ${name}` : `Acknowledge ${name} again`}
                icon={<CheckIcon set="default" />}
                refusal={refusal(can, "ack", row.namespace)}
                onClick={() => void acknowledge(app, [row])}
              />
              <IconButton
                label={`Silence ${name}…`}
                icon={<BellSlashIcon set="default" />}
                refusal={refusal(can, "silence", row.namespace)}
                onClick={() => app.dialog.set({ kind: "silence", subject: { kind: "row", row } })}
              />
            </>
          )}
          <IconButton
            label={`Copy the command for ${name}`}
            icon={<TerminalIcon set="default" />}
            onClick={() => void copyCommand(app, row)}
          />
        </span>
      </td>
    </tr>
  );
});

function StateCell({ row, state, now, zone }: Pick<RowLineProps, "row" | "state" | "now" | "zone">) {
  const { since } = row;
  const before = timesBefore(row);
  const earlier = before === 0 ? "" : `, and ${plural(before, "time")} before`;
  const title = since === undefined ? undefined : `since ${shortTime(since, now, zone)}${earlier}`;
  return (
    <span className="pw-state">
      <StateLabel state={state} title={title} />
      {since !== undefined && state !== "Normal" && (
        <span className="pw-muted pw-nowrap" title={title}>
          {age(now - since)}
        </span>
      )}
    </span>
  );
}

/** Short enough for the state column. */
function age(length: number): string {
  return length < 60_000 ? "< 1 min" : roughly(length);
}

const TYPES = { init: "init", sidecar: "sidecar", ephemeral: "ephemeral" } as const;

/** The container, and who acknowledged or silenced it: visible without a mouse, unlike a tooltip. */
function SecondLine({ row, now, zone }: Pick<RowLineProps, "row" | "now" | "zone">) {
  const container = containerShown(row);
  const { ack, deletedAt, resolvedAt, type } = row;
  const silenced = isSilenced(row, now) ? row.silenced : undefined;
  if ([container, deletedAt, resolvedAt, ack, silenced].every((each) => each === undefined)) return null;
  return (
    <span className="pw-second-line">
      {container !== undefined && <span>{container}</span>}
      {type !== undefined && <span className="pw-type">{TYPES[type]}</span>}
      {deletedAt !== undefined && <span>Deleted {relative(deletedAt, Math.max(now, deletedAt))}</span>}
      {resolvedAt !== undefined && <span>Resolved {relative(resolvedAt, Math.max(now, resolvedAt))}</span>}
      {ack !== undefined && (
        <Chip
          color="blue"
          title={`Acknowledged by ${ack.by} ${relative(ack.at, Math.max(now, ack.at))}${ack.note === undefined ? "" : `: ${ack.note}`}`}
        >
          Ack {ack.by}
        </Chip>
      )}
      {silenced !== undefined && (
        <Chip title={`Silenced by ${silenced.by}: ${silenced.reason}`}>
          Silenced until {shortTime(silenced.until, now, zone)}
        </Chip>
      )}
    </span>
  );
}

function RestartCount({ row, now, meta }: Pick<RowLineProps, "row" | "now" | "meta">) {
  if (row.scope !== "container") return <span className="pw-muted">–</span>;
  const threshold = thresholdOf(row, meta);
  const restarts = restartCount(row, { now, windowMs: meta.windowMs });
  return (
    <span title={row.threshold === undefined ? undefined : "Threshold of this workload"}>
      <strong className="pw-count">{restarts}</strong>
      <span className="pw-muted"> / {threshold}</span>
    </span>
  );
}

function RowTimeline({ row, now, meta }: Pick<RowLineProps, "row" | "now" | "meta">) {
  if (row.scope !== "container") return null;
  const threshold = thresholdOf(row, meta);
  const length = windowOf(row, meta);
  const bars = timelineBars(row.restarts ?? [], now, length, threshold);
  const label = `${plural(restartCount(row, { now, windowMs: meta.windowMs }), "restart")} in the ${lastWindow(length).toLowerCase()}, threshold ${threshold}`;
  return <Sparkline bars={bars} label={label} />;
}

function LastRestartCell({ row, now }: Pick<RowLineProps, "row" | "now">) {
  // An alert without a container has no restarts: show its summary instead.
  if (row.scope !== "container" && row.summary !== undefined)
    return (
      <span className="pw-summary" title={row.summary}>
        {row.summary}
      </span>
    );
  const why = describeExit(row);
  const at = row.lastRestart?.at;
  return (
    <span className="pw-one-line" title={row.summary ?? why}>
      {at !== undefined && <When at={at} now={now} as="relative" />}
      {at !== undefined && why !== "" && <span className="pw-muted"> · </span>}
      {why !== "" && <span className="pw-muted">{why}</span>}
    </span>
  );
}
