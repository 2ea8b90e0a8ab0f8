import "@patternfly/react-styles/css/components/Table/table.css";
import CheckCircleIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import ClockIcon from "@patternfly/react-icons/dist/esm/icons/clock-icon";
import ExclamationCircleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import ExclamationTriangleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import RedoIcon from "@patternfly/react-icons/dist/esm/icons/redo-icon";
import UserIcon from "@patternfly/react-icons/dist/esm/icons/user-icon";
import { type ComponentType, Fragment, type ReactNode } from "react";
import { formatSpan } from "../../../../src/core/model/duration.ts";
import type { ActionEntry, NotificationEntry } from "../../../../src/http/base/api-types.ts";
import { failed } from "../../actions.ts";
import { call } from "../../api.ts";
import { Chip } from "../../common/Chip.tsx";
import { IconButton } from "../../common/IconButton.tsx";
import { PageLink } from "../../common/PageLink.tsx";
import { When } from "../../common/When.tsx";
import { refusalOf, useApp, useCan } from "../../context.ts";
import { plural } from "../../format/text.ts";
import { containersHref, goTo, openDrawer, openHref } from "../../state/location.ts";

export type ActivityEntry = NotificationEntry | ActionEntry;

interface SentTableProps {
  readonly entries: readonly ActivityEntry[];
  readonly reload: () => void;
}

export function SentTable({ entries, reload }: SentTableProps) {
  return (
    <div className="pw-table-scroll">
      <table className="pf-v6-c-table pf-m-compact pw-activity" aria-label="Activity, newest first">
        <thead className="pf-v6-c-table__thead">
          <tr className="pf-v6-c-table__tr">
            {["Time", "Action", "Subject", "Receiver or user", "Result", "Attempts", "Duration"].map((text) => (
              <th key={text} scope="col" className="pf-v6-c-table__th pf-m-nowrap">
                {text}
              </th>
            ))}
            <td className="pf-v6-c-table__td" />
          </tr>
        </thead>
        <tbody className="pf-v6-c-table__tbody">
          {entries.map((entry) =>
            entry.kind === "notification" ? (
              <NotificationLine key={`n ${entry.id}`} entry={entry} reload={reload} />
            ) : (
              <ActionLine key={`a ${entry.id}`} entry={entry} />
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

const RESULTS: Record<NotificationEntry["result"], readonly [text: string, color: string, Icon: ComponentType]> = {
  delivered: ["Delivered", "success", CheckCircleIcon],
  pending: ["Pending", "info", ClockIcon],
  failed: ["Failed, will retry", "warning", ExclamationTriangleIcon],
  dead: ["Given up", "danger", ExclamationCircleIcon],
};

function NotificationLine({ entry, reload }: { readonly entry: NotificationEntry; readonly reload: () => void }) {
  const app = useApp();
  const can = useCan();
  const [text, color, Icon] = RESULTS[entry.result];
  const resend = () => {
    call("POST notifications/{id}/resend", { path: { id: entry.id } }).then(
      () => {
        app.toasts.add({ variant: "success", title: `Queued for ${entry.receiver} again` });
        reload();
      },
      (error: unknown) => failed(app, "The notification could not be queued again", error, resend),
    );
  };
  return (
    <tr className="pf-v6-c-table__tr">
      <Cell label="Time">
        <span className="pw-nowrap">
          <When at={entry.at} />
        </span>
      </Cell>
      <Cell label="Action">
        {entry.status === "firing" ? "Alert" : "Resolved"} <span className="pw-muted">({entry.reason})</span>
      </Cell>
      <Cell label="Subject">
        <Subject ids={entry.about} total={entry.alerts} />
      </Cell>
      <Cell label="Receiver">
        {entry.receiver} <span className="pw-muted">{entry.receiverKind}</span>
      </Cell>
      <Cell label="Result">
        <Chip color={color} icon={<Icon />} outline>
          {text}
        </Chip>
        {entry.detail !== undefined && <span className="pw-muted"> {entry.detail}</span>}
      </Cell>
      <Cell label="Attempts">{entry.attempts}</Cell>
      <Cell label="Duration">
        <span className="pw-nowrap">{entry.latencyMs === undefined ? "–" : formatSpan(entry.latencyMs)}</span>
      </Cell>
      <td className="pf-v6-c-table__td">
        {(entry.result === "dead" || entry.result === "failed") && (
          <IconButton
            label={`Send to ${entry.receiver} again`}
            icon={<RedoIcon />}
            refusal={refusalOf(can.testReceivers)}
            onClick={resend}
          />
        )}
      </td>
    </tr>
  );
}

const ACTIONS: Record<ActionEntry["action"], string> = {
  ack: "Acknowledged",
  "ack-ended": "Acknowledgement ended",
  unack: "Removed an acknowledgement",
  silence: "Silenced",
  "silence-changed": "Changed a silence",
  "silence-ended": "Ended a silence",
  test: "Sent a test message",
  resend: "Resent a notification",
  release: "Released deliveries of another caller",
  "config-reload": "Reloaded the configuration",
};

function ActionLine({ entry }: { readonly entry: ActionEntry }) {
  return (
    <tr className="pf-v6-c-table__tr">
      <Cell label="Time">
        <span className="pw-nowrap">
          <When at={entry.at} />
        </span>
      </Cell>
      <Cell label="Action">{ACTIONS[entry.action]}</Cell>
      <Cell label="Subject">
        <Subject ids={entry.about} total={entry.about.length} />
      </Cell>
      <Cell label="User">
        <span className="pw-person">
          <UserIcon /> {entry.by}
        </span>
      </Cell>
      <Cell label="Note" span={3}>
        {entry.note}
      </Cell>
      <td className="pf-v6-c-table__td" />
    </tr>
  );
}

interface CellProps {
  readonly label: string;
  readonly children: ReactNode;
  readonly span?: number;
}

/** `data-label` is the column heading where the table is stacked. */
function Cell({ label, children, span }: CellProps) {
  return (
    <td className="pf-v6-c-table__td" data-label={label} colSpan={span}>
      {children}
    </td>
  );
}

/**
 * The rows concerned, as links: a row opens its details, a workload the list. The log also contains ids of alerts and
 * silences, which are shown only when there is nothing else.
 */
function Subject({ ids, total }: { readonly ids: readonly string[]; readonly total: number }) {
  const rowIds = ids.filter((id) => id.includes("/"));
  const readable = rowIds.length > 0 ? rowIds : ids;
  const shown = readable.slice(0, 2);
  const more = total - (ids.length - readable.length) - shown.length;
  return (
    <span className="pw-break">
      {shown.map((id, index) => (
        <Fragment key={id}>
          {index > 0 && ", "}
          {id.includes("/") ? <RowLink id={id} /> : id}
        </Fragment>
      ))}
      {more > 0 && <span className="pw-muted"> and {plural(more, "more", "more")}</span>}
    </span>
  );
}

function RowLink({ id }: { readonly id: string }) {
  const [namespace = "", name = "", rest = ""] = id.split("/");
  // Kinds start with a capital, pod names cannot.
  const isWorkload = /^[A-Z]/.test(name);
  const list = { ns: [namespace], q: rest };
  return (
    <PageLink
      href={isWorkload ? containersHref(list) : openHref(id)}
      go={() => (isWorkload ? goTo("containers", list) : openDrawer(id))}
      data-row={id}
    >
      {id}
    </PageLink>
  );
}
