import { Fragment } from "react";
import { noCounts } from "../../../../src/core/view/list.ts";
import type { SortColumn } from "../../../../src/core/view/order.ts";
import { shownState } from "../../../../src/core/view/row.ts";
import type { State } from "../../../../src/http/base/api-types.ts";
import { SortHeader } from "../../common/SortHeader.tsx";
import { useApp } from "../../context.ts";
import { count } from "../../format/text.ts";
import { lastWindow, type Zone } from "../../format/time.ts";
import type { Item } from "../../state/items.ts";
import { changeQuery } from "../../state/location.ts";
import type { StaleNamespaces } from "../../state/row.ts";
import type { Group } from "../../state/view.ts";
import { GroupHead } from "./GroupHead.tsx";
import { RowLine } from "./RowLine.tsx";
import type { HeldPage } from "./useHeldPage.ts";

const COLUMNS = 8;

export interface ContainerTableProps {
  readonly held: HeldPage;
  readonly groups: readonly Group[];
  readonly meta: Omit<State, "rows" | "seq" | "serverNow">;
  readonly staleSince: StaleNamespaces;
  readonly now: number;
  readonly zone: Zone;
  readonly sort: string;
  readonly open: string | undefined;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (id: string, selected: boolean) => void;
  readonly onSelectPage: (ids: readonly string[], selected: boolean) => void;
  readonly collapsed: ReadonlySet<string>;
  readonly onToggleGroup: (namespace: string) => void;
  readonly onUnfold: (namespace: string) => void;
}

/** One page of the list, grouped by namespace. */
export function ContainerTable(props: ContainerTableProps) {
  const { held, groups, meta, staleSince, now, zone, sort, open, selected, onSelect, collapsed } = props;
  const { tint } = useApp().store;
  const byName = new Map(groups.map((group) => [group.namespace, group]));
  const ids = held.page.items.flatMap((item) => (item.kind === "row" ? [item.id] : []));
  const sections = inSections(held.page.items);
  return (
    <div className="pw-table-scroll" {...held.hold}>
      <table className="pf-v6-c-table pf-m-compact pw-table" aria-label="Containers">
        <Head {...props} ids={ids} />
        {sections.map(({ namespace, items }) => (
          <tbody key={namespace} className="pf-v6-c-table__tbody">
            <GroupHead
              group={byName.get(namespace) ?? { namespace, counts: noCounts(), staleSince: staleSince.get(namespace) }}
              columns={COLUMNS}
              isCollapsed={collapsed.has(namespace)}
              onToggle={props.onToggleGroup}
              now={now}
              can={meta.can}
              consoleUrl={meta.consoleUrl}
            />
            {items.map((item) => {
              if (item.kind === "head") return <Fragment key={item.key} />;
              if (item.kind === "folded") {
                return (
                  <FoldedLine
                    key={item.key}
                    item={item}
                    unknown={staleSince.has(namespace)}
                    onUnfold={props.onUnfold}
                  />
                );
              }
              const row = held.row(item.id);
              if (row === undefined) return null;
              return (
                <RowLine
                  key={item.key}
                  row={row}
                  state={shownState(row, staleSince)}
                  now={now}
                  meta={meta}
                  can={meta.can}
                  zone={zone}
                  tint={tint(row.id)}
                  isOpen={open === row.id}
                  isSelected={selected.has(row.id)}
                  onSelect={onSelect}
                />
              );
            })}
          </tbody>
        ))}
      </table>
      <p className="pf-v6-screen-reader">{sort === "" ? "Sorted by severity, then by restarts." : ""}</p>
    </div>
  );
}

function Head({ sort, meta, selected, onSelectPage, ids }: ContainerTableProps & { readonly ids: readonly string[] }) {
  const chosen = ids.filter((id) => selected.has(id)).length;
  return (
    <thead className="pf-v6-c-table__thead">
      <tr className="pf-v6-c-table__tr">
        <td className="pf-v6-c-table__td pw-cell-check">
          <input
            type="checkbox"
            className="pw-checkbox"
            aria-label="Select all rows of this page"
            checked={ids.length > 0 && chosen === ids.length}
            ref={(box) => {
              if (box !== null) box.indeterminate = chosen > 0 && chosen < ids.length;
            }}
            onChange={(event) => onSelectPage(ids, event.currentTarget.checked)}
          />
        </td>
        <SortHeader text="State" className="pw-cell-state" {...sortBy("state", sort)} />
        <SortHeader text="Pod" className="pw-cell-pod" {...sortBy("pod", sort)} />
        <SortHeader text="Restarts" className="pw-cell-restarts" {...sortBy("restarts", sort)} />
        <th scope="col" className="pf-v6-c-table__th pf-m-nowrap pw-cell-timeline">
          {lastWindow(meta.windowMs)}
        </th>
        <SortHeader text="Last restart" className="pw-cell-last" {...sortBy("last", sort)} />
        <SortHeader text="Owner" className="pw-cell-owner" {...sortBy("owner", sort)} />
        <th scope="col" className="pf-v6-c-table__th pw-cell-actions">
          <span className="pf-v6-screen-reader">Actions</span>
        </th>
      </tr>
    </thead>
  );
}

/** The first click sorts numbers and times largest first, names from A. */
function sortBy(column: SortColumn, sort: string) {
  const active = sort.replace(/^-/, "") === column;
  const descending = sort.startsWith("-");
  const largestFirst = column === "restarts" || column === "last";
  return {
    direction: active ? (descending ? ("descending" as const) : ("ascending" as const)) : undefined,
    onSort: () => {
      const next = (active ? !descending : largestFirst) ? `-${column}` : column;
      changeQuery({ sort: next === "state" ? "" : next, page: 1 });
    },
  };
}

interface FoldedLineProps {
  readonly item: Extract<Item, { readonly kind: "folded" }>;
  readonly unknown: boolean;
  readonly onUnfold: (namespace: string) => void;
}

function FoldedLine({ item, unknown, onUnfold }: FoldedLineProps) {
  return (
    <tr className="pf-v6-c-table__tr pw-folded">
      <td className="pf-v6-c-table__td" colSpan={COLUMNS}>
        <button type="button" className="pf-v6-c-button pf-m-link pf-m-inline" onClick={() => onUnfold(item.namespace)}>
          {count(item.rows)} {unknown ? "unknown" : "normal"} – show
        </button>
      </td>
    </tr>
  );
}

interface Section {
  readonly namespace: string;
  readonly items: Item[];
}

function inSections(items: readonly Item[]): Section[] {
  const sections: Section[] = [];
  for (const item of items) {
    const last = sections.at(-1);
    if (last?.namespace === item.namespace) last.items.push(item);
    else sections.push({ namespace: item.namespace, items: [item] });
  }
  return sections;
}
