import {
  Badge,
  Button,
  MenuToggle,
  Pagination,
  Select,
  SelectList,
  SelectOption,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import DownloadIcon from "@patternfly/react-icons/dist/esm/icons/download-icon";
import { useEffect, useRef, useState } from "react";
import type { Permission, View } from "../../../../src/http/base/api-types.ts";
import { IconButton } from "../../common/IconButton.tsx";
import { SearchField } from "../../common/SearchField.tsx";
import { refusalOf } from "../../context.ts";
import { count } from "../../format/text.ts";
import type { PageOfItems } from "../../state/items.ts";
import { changeQuery } from "../../state/location.ts";
import { PAGE_SIZES, setPreferences } from "../../state/preferences.ts";
import type { Query } from "../../state/query.ts";

/** Debounces typing. */
const TYPING_MS = 150;

interface StatusToolbarProps {
  readonly query: Query;
  readonly namespaces: readonly { readonly namespace: string; readonly problems: number }[];
  readonly mayExport: Permission;
  readonly onExport: () => void;
  readonly page: PageOfItems;
  readonly perPage: number;
}

export function StatusToolbar({ query, namespaces, mayExport, onExport, page, perPage }: StatusToolbarProps) {
  return (
    <div className="pw-toolbar">
      <div className="pw-toolbar-search">
        <Search value={query.q} />
      </div>
      <div className="pw-toolbar-namespaces">
        <NamespaceSelect chosen={query.ns} namespaces={namespaces} />
      </div>
      <ViewSwitch view={query.view} />
      <SortBy sort={query.sort} />
      <IconButton
        label="Download this list as CSV"
        icon={<DownloadIcon />}
        refusal={refusalOf(mayExport)}
        onClick={onExport}
      />
      <div className="pw-toolbar-pages">
        <Pages page={page} perPage={perPage} isCompact />
      </div>
    </div>
  );
}

interface PagesProps {
  readonly page: PageOfItems;
  readonly perPage: number;
  readonly isCompact?: boolean;
}

export function Pages({ page, perPage, isCompact = false }: PagesProps) {
  return (
    <Pagination
      itemCount={page.total}
      page={page.page}
      perPage={perPage}
      perPageOptions={PAGE_SIZES.map((value) => ({ title: String(value), value }))}
      onSetPage={(_event, next) => changeQuery({ page: next })}
      onPerPageSelect={(_event, next) => {
        setPreferences({ perPage: next });
        changeQuery({ page: 1 });
      }}
      isCompact={isCompact}
      {...(isCompact ? {} : { variant: "bottom" as const })}
      widgetId={isCompact ? "pages-top" : "pages-bottom"}
      titles={{ paginationAriaLabel: isCompact ? "Pages, top" : "Pages, bottom" }}
    />
  );
}

/** Updates at once while typing; the address and the list follow when the typing pauses. */
function Search({ value }: { readonly value: string }) {
  const [typed, setTyped] = useState(value);
  const committed = useRef(value);
  useEffect(() => {
    if (value !== committed.current) {
      committed.current = value;
      setTyped(value);
    }
  }, [value]);
  useEffect(() => {
    if (typed === committed.current) return;
    const timer = setTimeout(() => {
      committed.current = typed;
      changeQuery({ q: typed, page: 1 });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <SearchField
      id="search"
      label="Search pod, container, owner, node or reason"
      placeholder="Pod, container, owner"
      value={typed}
      onChange={setTyped}
    />
  );
}

interface NamespaceSelectProps {
  readonly chosen: readonly string[];
  readonly namespaces: readonly { readonly namespace: string; readonly problems: number }[];
}

function NamespaceSelect({ chosen, namespaces }: NamespaceSelectProps) {
  const [isOpen, setOpen] = useState(false);
  const label =
    chosen.length === 0 ? "All namespaces" : chosen.length === 1 ? chosen[0] : `${chosen.length} namespaces`;
  return (
    <Select
      role="menu"
      isOpen={isOpen}
      onOpenChange={setOpen}
      selected={[...chosen]}
      isScrollable
      popperProps={{ appendTo: "inline" }}
      maxMenuHeight="22rem"
      onSelect={(_event, value) => {
        const name = String(value);
        changeQuery({
          ns: chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name],
          page: 1,
        });
      }}
      toggle={(ref) => (
        <MenuToggle ref={ref} isExpanded={isOpen} onClick={() => setOpen(!isOpen)} isFullWidth>
          {label}
        </MenuToggle>
      )}
    >
      <SelectList aria-label="Namespaces">
        {namespaces.map(({ namespace, problems }) => (
          <SelectOption key={namespace} hasCheckbox value={namespace} isSelected={chosen.includes(namespace)}>
            <span className="pw-option">
              {namespace}
              {problems > 0 && (
                <Badge isRead screenReaderText={problems === 1 ? "problem" : "problems"}>
                  {count(problems)}
                </Badge>
              )}
            </span>
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  );
}

const VIEWS: readonly (readonly [View, string])[] = [
  ["problems", "Problems"],
  ["all", "All"],
  ["muted", "Acknowledged or silenced"],
];

function ViewSwitch({ view }: { readonly view: View }) {
  return (
    <ToggleGroup aria-label="View">
      {VIEWS.map(([value, text]) => (
        <ToggleGroupItem
          key={value}
          text={text}
          buttonId={`view-${value}`}
          isSelected={view === value}
          onChange={() => changeQuery({ view: value, page: 1 })}
        />
      ))}
    </ToggleGroup>
  );
}

const SORTS: readonly (readonly [sort: string, text: string])[] = [
  ["", "Severity"],
  ["-restarts", "Most restarts"],
  ["-last", "Last restart"],
  ["pod", "Pod"],
  ["owner", "Owner"],
];

/** For narrow screens, where the list has no column headings. An order chosen by a heading stays selectable. */
function SortBy({ sort }: { readonly sort: string }) {
  const isOffered = SORTS.some(([each]) => each === sort);
  return (
    <label className="pw-sort-by">
      Sort by
      <select value={sort} onChange={(event) => changeQuery({ sort: event.currentTarget.value, page: 1 })}>
        {(isOffered ? SORTS : [...SORTS, [sort, "Custom"] as const]).map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The active filters, each with a button to remove it: a hidden filter makes an empty list look like good news. */
export function FilterChips({ query, onClear }: { readonly query: Query; readonly onClear: () => void }) {
  const chips = [
    ...query.state.map((state) => ({
      key: `state ${state}`,
      text: `State: ${state === "Sent" ? "Alert sent" : state}`,
      remove: () => changeQuery({ state: query.state.filter((each) => each !== state), page: 1 }),
    })),
    ...query.ns.map((name) => ({
      key: `ns ${name}`,
      text: `Namespace: ${name}`,
      remove: () => changeQuery({ ns: query.ns.filter((each) => each !== name), page: 1 }),
    })),
    ...(query.q.trim() === ""
      ? []
      : [{ key: "q", text: `Search: ${query.q}`, remove: () => changeQuery({ q: "", page: 1 }) }]),
  ];
  if (chips.length === 0) return null;
  return (
    <ul className="pw-filters" aria-label="Active filters">
      {chips.map(({ key, text, remove }) => (
        <li key={key}>
          <button type="button" className="pw-filter" onClick={remove} aria-label={`Remove filter: ${text}`}>
            <span>{text}</span>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
      <li>
        <Button variant="link" isInline onClick={onClear}>
          Clear filters
        </Button>
      </li>
    </ul>
  );
}
