import "@patternfly/react-styles/css/components/Table/table.css";
import ArrowsAltVIcon from "@patternfly/react-icons/dist/esm/icons/arrows-alt-v-icon";
import LongArrowAltDownIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-down-icon";
import LongArrowAltUpIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-up-icon";

interface SortHeaderProps {
  readonly text: string;
  readonly className: string;
  readonly direction: "ascending" | "descending" | undefined;
  readonly onSort: () => void;
}

/** The markup of PatternFly's sortable column heading; its component includes popovers and tooltips. */
export function SortHeader({ text, className, direction, onSort }: SortHeaderProps) {
  const Icon =
    direction === undefined ? ArrowsAltVIcon : direction === "ascending" ? LongArrowAltUpIcon : LongArrowAltDownIcon;
  return (
    <th
      scope="col"
      className={`pf-v6-c-table__th pf-v6-c-table__sort pf-m-nowrap ${className}${direction === undefined ? "" : " pf-m-selected"}`}
      aria-sort={direction ?? "none"}
    >
      <button type="button" className="pf-v6-c-table__button" onClick={onSort}>
        <span className="pf-v6-c-table__button-content">
          <span className="pf-v6-c-table__text">{text}</span>
          <span className="pf-v6-c-table__sort-indicator">
            <Icon />
          </span>
        </span>
      </button>
    </th>
  );
}
