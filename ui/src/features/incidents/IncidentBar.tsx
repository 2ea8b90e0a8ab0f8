import {
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  MenuToggle,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import CheckIcon from "@patternfly/react-icons/dist/esm/icons/check-icon";
import EllipsisVIcon from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon";
import { useState } from "react";
import {
  INCIDENT_GROUPS,
  INCIDENT_SORTS,
  INCIDENT_VIEWS,
  type IncidentGroup,
  type IncidentSort,
  type IncidentView,
} from "../../../../src/core/incident/views.ts";
import type { IncidentList } from "../../../../src/http/base/api-types.ts";
import { copyWithToast } from "../../actions.ts";
import { severityText } from "../../common/severity.tsx";
import { useApp } from "../../context.ts";
import { incidentLine } from "../../format/incident.ts";
import { count, plural } from "../../format/text.ts";
import { changeIncidents, type IncidentListQuery } from "../../state/incident-query.ts";
import { visit } from "../../state/location.ts";
import { visitWall } from "../../state/open-incident.ts";
import { setPreferences, usePreferences } from "../../state/preferences.ts";
import type { ActiveFilter } from "../list/ActiveFilters.tsx";
import { NamespaceSelect } from "../list/NamespaceSelect.tsx";
import { Search } from "../list/Search.tsx";
import { SeverityToggles } from "../list/SeverityToggles.tsx";
import type { Layout } from "./IncidentTable.tsx";

export const NO_FILTERS: Partial<IncidentListQuery> = { severity: [], ns: [], q: "", page: 1 };

const VIEWS: Record<IncidentView, string> = {
  attention: "Needs attention",
  open: "All open",
  handled: "Handled",
  recovered: "Recovered",
};
const SORTS: Record<IncidentSort, string> = {
  severity: "Severity, newest first",
  newest: "Newest first",
  longest: "Longest first",
  workload: "Workload",
  namespace: "Namespace",
  restarts: "Most restarts",
};
const GROUPS: Record<IncidentGroup, string> = { namespace: "Namespace", cause: "Cause", node: "Node", image: "Image" };
const SEVERITIES = ["critical", "warning", "unknown"] as const;

interface IncidentBarProps {
  readonly list: IncidentList;
  readonly query: IncidentListQuery;
  /** False while the numbers may be too small. */
  readonly isKnown: boolean;
  readonly layout: Layout;
}

export function IncidentBar({ list, query, isKnown, layout }: IncidentBarProps) {
  const namespaces = new Map(list.namespaces.map(({ namespace, open }) => [namespace, open]));
  return (
    <div className="pw-bar">
      {layout === "cards" || layout === "lines" ? (
        <ViewSelect list={list} query={query} />
      ) : (
        <ViewSwitch list={list} query={query} />
      )}
      {layout !== "lines" && (
        <SeverityToggles
          severities={SEVERITIES}
          counts={(severity) => {
            const number = list.severities[severity];
            return number === 0 && !isKnown ? undefined : number;
          }}
          chosen={query.severity}
          onChange={(severity) => changeIncidents({ severity, page: 1 })}
        />
      )}
      <Search
        value={query.q}
        label="Search workload, pod, node:, image:, alert:, reason or last line"
        onSearch={(q) => changeIncidents({ q, page: 1 })}
      />
      {layout !== "lines" && (
        <NamespaceSelect
          chosen={query.ns}
          namespaces={namespaces}
          onChange={(ns) => changeIncidents({ ns, page: 1 })}
        />
      )}
      <MoreMenu list={list} query={query} />
    </div>
  );
}

interface ViewProps {
  readonly list: IncidentList;
  readonly query: IncidentListQuery;
}

function ViewSwitch({ list, query }: ViewProps) {
  return (
    <ToggleGroup aria-label="View">
      {INCIDENT_VIEWS.map((view) => (
        <ToggleGroupItem
          key={view}
          text={
            <>
              {VIEWS[view]} <b>{count(list.counts.views[view])}</b>
            </>
          }
          buttonId={`view-${view}`}
          isSelected={view === query.view}
          onChange={() => changeIncidents({ view, page: 1 })}
        />
      ))}
    </ToggleGroup>
  );
}

function ViewSelect({ list, query }: ViewProps) {
  return (
    <select
      className="pw-view-select"
      aria-label="View"
      value={query.view}
      onChange={(event) => changeIncidents({ view: event.currentTarget.value as IncidentView, page: 1 })}
    >
      {INCIDENT_VIEWS.map((view) => (
        <option key={view} value={view}>
          {VIEWS[view]} ({count(list.counts.views[view])})
        </option>
      ))}
    </select>
  );
}

/** Order, groups and copies: needed less often than the filters. */
function MoreMenu({ list, query }: ViewProps) {
  const app = useApp();
  const { zone } = usePreferences();
  const [isOpen, setOpen] = useState(false);
  const copyAll = () => {
    const text = list.items.map((item) => incidentLine(item, { now: app.store.clock.now(), zone })).join("\n");
    void copyWithToast(app, text, plural(list.items.length, "incident"));
  };
  return (
    <Dropdown
      isOpen={isOpen}
      isScrollable
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "right", appendTo: "inline" }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          aria-label="More: order, groups, saved views, copy as text"
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          icon={<EllipsisVIcon set="default" />}
        />
      )}
    >
      <DropdownGroup label="Order" labelHeadingLevel="h2">
        <DropdownList>
          {INCIDENT_SORTS.map((sort) => (
            <Choice
              key={sort}
              text={SORTS[sort]}
              isChosen={sort === query.sort}
              choose={() => changeIncidents({ sort, page: 1 })}
            />
          ))}
        </DropdownList>
      </DropdownGroup>
      <DropdownGroup label="Group by" labelHeadingLevel="h2">
        <DropdownList>
          <Choice
            text="No groups"
            isChosen={query.group === undefined}
            choose={() => changeIncidents({ group: undefined, page: 1 })}
          />
          {INCIDENT_GROUPS.map((group) => (
            <Choice
              key={group}
              text={GROUPS[group]}
              isChosen={group === query.group}
              choose={() => changeIncidents({ group, page: 1 })}
            />
          ))}
        </DropdownList>
      </DropdownGroup>
      <SavedViews current={query.name} />
      <DropdownGroup label="This list" labelHeadingLevel="h2">
        <DropdownList>
          <DropdownItem onClick={copyAll}>Copy as text</DropdownItem>
          <DropdownItem onClick={visitWall}>Show on a wall screen</DropdownItem>
        </DropdownList>
      </DropdownGroup>
    </Dropdown>
  );
}

/** The views that this browser keeps; their addresses work in every browser. */
function SavedViews({ current }: { readonly current: string }) {
  const app = useApp();
  const { views } = usePreferences();
  const isKept = views.some(({ name }) => name === current);
  return (
    <DropdownGroup label="Saved views" labelHeadingLevel="h2">
      <DropdownList>
        {views.map(({ name, search }) => (
          <Choice key={name} text={name} isChosen={name === current} choose={() => visit("", search)} />
        ))}
        <DropdownItem onClick={() => app.dialog.set({ kind: "save-view" })}>Save this view…</DropdownItem>
        {isKept && (
          <DropdownItem onClick={() => setPreferences({ views: views.filter(({ name }) => name !== current) })}>
            Delete the saved view {current}
          </DropdownItem>
        )}
      </DropdownList>
    </DropdownGroup>
  );
}

interface ChoiceProps {
  readonly text: string;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function Choice({ text, isChosen, choose }: ChoiceProps) {
  return (
    <DropdownItem icon={<span className={isChosen ? "" : "pw-invisible"}>{<CheckIcon />}</span>} onClick={choose}>
      {text}
      {isChosen && <span className="pf-v6-screen-reader"> (selected)</span>}
    </DropdownItem>
  );
}

/** The active filters; a view is not one of them. */
export function filtersOf({ severity, ns, q }: IncidentListQuery): ActiveFilter[] {
  return [
    ...severity.map((one) => ({
      text: `Severity: ${severityText(one)}`,
      remove: () => changeIncidents({ severity: severity.filter((each) => each !== one), page: 1 }),
    })),
    ...ns.map((name) => ({
      text: `Namespace: ${name}`,
      remove: () => changeIncidents({ ns: ns.filter((each) => each !== name), page: 1 }),
    })),
    ...(q.trim() === "" ? [] : [{ text: `Search: ${q}`, remove: () => changeIncidents({ q: "", page: 1 }) }]),
  ];
}
