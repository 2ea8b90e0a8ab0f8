import { Fragment } from "react";
import type { Can, Incident, IncidentList } from "../../../../src/http/base/api-types.ts";
import { useApp } from "../../context.ts";
import type { Zone } from "../../format/time.ts";
import { useValue } from "../../state/value.ts";
import type { HeldList } from "../list/useHeldList.ts";
import { IncidentCard, IncidentLine, IncidentRow } from "./IncidentRow.tsx";

export type Layout = "table" | "wide" | "cards" | "lines";

interface IncidentTableProps {
  readonly layout: Layout;
  readonly held: HeldList<Incident>;
  readonly groups: IncidentList["groups"];
  readonly can: Can;
  readonly windowMs: number;
  readonly now: number;
  readonly zone: Zone;
  readonly open: string | undefined;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (id: string, selected: boolean) => void;
  readonly onSelectPage: (selected: boolean) => void;
}

const COLUMNS = ["bar", "check", "severity", "name", "now", "ready", "for", "restarts", "strip"] as const;

/** The incidents of one page: a table, cards on a narrow screen, or lines next to the details. */
export function IncidentTable(props: IncidentTableProps) {
  const { layout, held } = props;
  const isWide = layout === "wide";
  if (layout === "cards" || layout === "lines") {
    return (
      <ul className={`pw-scroll pw-${layout}`} aria-label="Incidents" {...held.hold}>
        <Items {...props} />
      </ul>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="pw-scroll" aria-label="Incidents" tabIndex={0} {...held.hold}>
      <table className="pw-incidents" aria-label="Incidents, the worst and newest first">
        <colgroup>
          {COLUMNS.map((column) => (
            <col key={column} className={`pw-col-${column}`} />
          ))}
          {isWide && <col className="pw-col-side" />}
        </colgroup>
        <Head {...props} isWide={isWide} />
        <Items {...props} />
      </table>
    </section>
  );
}

function Head({ held, selected, onSelectPage, isWide }: IncidentTableProps & { readonly isWide: boolean }) {
  const chosen = held.items.filter(({ id }) => selected.has(id)).length;
  return (
    <thead>
      <tr>
        <td />
        <td className="pw-select-cell">
          <input
            type="checkbox"
            className="pw-checkbox"
            aria-label="Select all incidents on this page"
            checked={held.items.length > 0 && chosen === held.items.length}
            ref={(box) => {
              if (box !== null) box.indeterminate = chosen > 0 && chosen < held.items.length;
            }}
            onChange={(event) => onSelectPage(event.currentTarget.checked)}
          />
        </td>
        <th scope="col">Severity</th>
        <th scope="col">Workload and reason</th>
        <th scope="col">Now</th>
        <th scope="col">Ready</th>
        <th scope="col">Failing for</th>
        <th scope="col">Restarts</th>
        <th scope="col" className="pw-strip-cell">
          Last 24 hours
        </th>
        {isWide && <th scope="col">Handling</th>}
      </tr>
    </thead>
  );
}

function Items(props: IncidentTableProps) {
  const { layout, held, groups = [], can, windowMs, now, zone, open, selected, onSelect } = props;
  const acting = useValue(useApp().acting);
  const Item = layout === "cards" ? IncidentCard : layout === "lines" ? IncidentLine : IncidentRow;
  return held.items.map((incident, index) => {
    const isFirst = incident.group !== undefined && incident.group !== held.items[index - 1]?.group;
    return (
      <Fragment key={incident.id}>
        {isFirst && <GroupHead name={incident.group ?? ""} groups={groups} layout={layout} />}
        <Item
          incident={incident}
          now={now}
          zone={zone}
          can={can}
          windowMs={windowMs}
          acting={acting.get(incident.id)}
          isOpen={open === incident.id || open === incident.key}
          isSelected={selected.has(incident.id)}
          isWide={layout === "wide"}
          onSelect={onSelect}
        />
      </Fragment>
    );
  });
}

interface GroupHeadProps {
  readonly name: string;
  readonly groups: NonNullable<IncidentList["groups"]>;
  readonly layout: Layout;
}

function GroupHead({ name, groups, layout }: GroupHeadProps) {
  const group = groups.find((each) => each.name === name);
  const counts = (["critical", "unknown", "warning"] as const).flatMap((severity) =>
    group === undefined || group[severity] === 0 ? [] : `${group[severity]} ${severity}`,
  );
  const content = (
    <>
      <span className="pw-strong">{name}</span> <span className="pw-sub">{counts.join(", ")}</span>
    </>
  );
  if (layout === "cards" || layout === "lines") return <li className="pw-group">{content}</li>;
  return (
    <tbody className="pw-group">
      <tr>
        <th scope="rowgroup" colSpan={layout === "wide" ? 10 : 9}>
          {content}
        </th>
      </tr>
    </tbody>
  );
}
