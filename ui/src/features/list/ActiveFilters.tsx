import { Button } from "@patternfly/react-core";
import { plural } from "../../format/text.ts";

export interface ActiveFilter {
  readonly text: string;
  readonly remove: () => void;
}

interface ActiveFiltersProps {
  readonly filters: readonly ActiveFilter[];
  /** Number of lines that the filters hide. */
  readonly hidden: number;
  readonly onClear: () => void;
}

/** The active filters, each with a button to remove it: a hidden filter makes an empty list look like good news. */
export function ActiveFilters({ filters, hidden, onClear }: ActiveFiltersProps) {
  if (filters.length === 0) return null;
  return (
    <ul className="pw-filters" aria-label="Active filters">
      {filters.map(({ text, remove }) => (
        <li key={text}>
          <button type="button" className="pw-filter" onClick={remove} aria-label={`Remove filter: ${text}`}>
            <span>{text}</span>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
      <li>
        {hidden > 0 && <span className="pw-muted">{plural(hidden, "line")} hidden · </span>}
        <Button variant="link" isInline onClick={onClear}>
          Clear filters
        </Button>
      </li>
    </ul>
  );
}
