import { Button } from "@patternfly/react-core";
import AngleLeftIcon from "@patternfly/react-icons/dist/esm/icons/angle-left-icon";
import AngleRightIcon from "@patternfly/react-icons/dist/esm/icons/angle-right-icon";
import { IconButton } from "../../common/IconButton.tsx";
import { count } from "../../format/text.ts";
import { changeQuery } from "../../state/location.ts";
import { PAGE_SIZES, setPreferences } from "../../state/preferences.ts";
import type { ContainerList } from "../../state/view.ts";

interface PagesProps {
  readonly list: ContainerList;
  readonly perPage: number;
  readonly showsGone: boolean;
  /** Absent while a search lists them anyway. */
  readonly onShowGone: ((show: boolean) => void) | undefined;
}

/** The range of the page, and the way to the others. */
export function Pages({ list, perPage, showsGone, onShowGone }: PagesProps) {
  const { page, pages, rows, matching, total, gone } = list;
  const first = (page - 1) * perPage + 1;
  return (
    <div className="pw-pages">
      <span className="pw-range">
        {rows.length > 0 && `${count(first)}–${count(first + rows.length - 1)} of `}
        {count(matching)} that match
        {matching < total && <span className="pw-muted"> · {count(total)} in all</span>}
      </span>
      {gone > 0 && onShowGone !== undefined && (
        <span className="pw-muted">
          {count(gone)} deleted or resolved{" "}
          <Button variant="link" isInline size="sm" onClick={() => onShowGone(!showsGone)}>
            {showsGone ? "Hide them" : "Show them"}
          </Button>
        </span>
      )}
      {pages > 1 && (
        <nav aria-label="Pages" className="pw-page-buttons">
          <IconButton
            label="Previous page"
            icon={<AngleLeftIcon set="default" />}
            refusal={page === 1 ? "this is the first page" : undefined}
            onClick={() => changeQuery({ page: page - 1 })}
          />
          <span className="pw-muted">
            {count(page)} of {count(pages)}
          </span>
          <IconButton
            label="Next page"
            icon={<AngleRightIcon set="default" />}
            refusal={page === pages ? "this is the last page" : undefined}
            onClick={() => changeQuery({ page: page + 1 })}
          />
        </nav>
      )}
      {matching > PAGE_SIZES[0] && (
        <label className="pw-per-page">
          <select
            value={perPage}
            onChange={(event) => {
              setPreferences({ perPage: Number(event.currentTarget.value) });
              changeQuery({ page: 1 });
            }}
          >
            {PAGE_SIZES.map((size) => (
              <option key={size} value={size}>
                {size}
              </option>
            ))}
          </select>{" "}
          a page
        </label>
      )}
    </div>
  );
}
