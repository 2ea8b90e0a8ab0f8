import { formatSpan } from "../../../../src/core/model/duration.ts";
import type { SortColumn } from "../../../../src/core/view/order.ts";
import { rowSeverity } from "../../../../src/core/view/row.ts";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { SortHeader } from "../../common/SortHeader.tsx";
import { useApp } from "../../context.ts";
import type { Zone } from "../../format/time.ts";
import { changeQuery } from "../../state/location.ts";
import type { StaleNamespaces } from "../../state/row.ts";
import type { HeldList } from "../list/useHeldList.ts";
import { ContainerLine } from "./ContainerLine.tsx";

export interface ContainerTableProps {
  readonly held: HeldList<Row>;
  readonly staleSince: StaleNamespaces;
  readonly windowMs: number;
  readonly now: number;
  readonly zone: Zone;
  readonly sort: string;
  readonly open: string | undefined;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (id: string, selected: boolean) => void;
  readonly onSelectPage: (ids: readonly string[], selected: boolean) => void;
}

/** One page of the containers, one line each. */
export function ContainerTable(props: ContainerTableProps) {
  const { held, staleSince, windowMs, now, zone, open, selected, onSelect } = props;
  const { tint } = useApp().store;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="pw-scroll" aria-label="Containers" tabIndex={0} {...held.hold}>
      <table className="pw-grid" aria-label="Containers">
        <Head {...props} ids={held.items.map(({ id }) => id)} />
        <tbody>
          {held.items.map((row) => (
            <ContainerLine
              key={row.id}
              row={row}
              severity={rowSeverity(row, staleSince)}
              now={now}
              windowMs={windowMs}
              zone={zone}
              tint={tint(row.id)}
              isOpen={open === row.id}
              isSelected={selected.has(row.id)}
              onSelect={onSelect}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Head({
  sort,
  windowMs,
  selected,
  onSelectPage,
  ids,
}: ContainerTableProps & { readonly ids: readonly string[] }) {
  const chosen = ids.filter((id) => selected.has(id)).length;
  return (
    <thead>
      <tr>
        <td className="pw-col-check">
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
        <SortHeader text="Severity" className="pw-col-severity" {...sortBy("state", sort)} />
        <SortHeader text="Pod" className="pw-col-pod" {...sortBy("pod", sort)} />
        <th scope="col" className="pw-col-container">
          Container
        </th>
        <th scope="col" className="pw-col-namespace">
          Namespace
        </th>
        <th scope="col" className="pw-col-now">
          Now
        </th>
        <SortHeader
          text={`In ${formatSpan(windowMs)}`}
          label={`Restarts in ${formatSpan(windowMs)}`}
          className="pw-col-restarts"
          {...sortBy("restarts", sort)}
        />
        <SortHeader text="Last exit" className="pw-col-exit" {...sortBy("last", sort)} />
        <SortHeader text="Workload" className="pw-col-workload" {...sortBy("owner", sort)} />
        <th scope="col" className="pw-col-node">
          Node
        </th>
        <th scope="col" className="pw-col-handling">
          <span className="pf-v6-screen-reader">Handling</span>
        </th>
      </tr>
    </thead>
  );
}

/** The first click sorts numbers and times largest first, names from A. */
function sortBy(column: SortColumn, sort: string) {
  const active = sort === "" ? column === "state" : sort.replace(/^-/, "") === column;
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
