import ArrowsAltVIcon from "@patternfly/react-icons/dist/esm/icons/arrows-alt-v-icon";
import LongArrowAltDownIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-down-icon";
import LongArrowAltUpIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-up-icon";

interface SortHeaderProps {
  readonly text: string;
  /** For screen readers and as the tooltip, where the text is short. */
  readonly label?: string;
  readonly className: string;
  readonly direction: "ascending" | "descending" | undefined;
  readonly onSort: () => void;
}

/** The heading of a column that sorts the list. */
export function SortHeader({ text, label, className, direction, onSort }: SortHeaderProps) {
  const Icon =
    direction === undefined ? ArrowsAltVIcon : direction === "ascending" ? LongArrowAltUpIcon : LongArrowAltDownIcon;
  return (
    <th scope="col" className={className} aria-sort={direction ?? "none"}>
      <button type="button" className="pw-sort" aria-label={label} title={label} onClick={onSort}>
        {text} <Icon set="default" className={direction === undefined ? "pw-sort-off" : ""} />
      </button>
    </th>
  );
}
