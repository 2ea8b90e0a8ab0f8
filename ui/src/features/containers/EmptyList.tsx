import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import PlusCircleIcon from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { follow } from "../../common/PageLink.tsx";
import { useData } from "../../context.ts";
import { count, plural } from "../../format/text.ts";
import { goTo, screenHref } from "../../state/location.ts";
import { activeFilters, type Query } from "../../state/query.ts";

interface EmptyListProps {
  readonly total: number;
  readonly query: Query;
  readonly onClear: () => void;
}

/** Explains an empty table: there are no containers, or filters hide them. The two must not look alike. */
export function EmptyList({ total, query, onClear }: EmptyListProps) {
  const filters = activeFilters(query);
  if (filters === 0) {
    return <EmptyState titleText="No containers are known" headingLevel="h2" variant="sm" className="pw-rest" />;
  }
  return (
    <EmptyState icon={SearchIcon} titleText="No containers match" headingLevel="h2" className="pw-rest">
      <EmptyStateBody>
        {count(total)} {total === 1 ? "is" : "are"} hidden by {plural(filters, "filter")}.
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button variant="primary" onClick={onClear}>
            Clear filters
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

export function NothingWatched() {
  const { meta } = useData();
  return (
    <EmptyState icon={PlusCircleIcon} titleText="Nothing is watched yet" headingLevel="h2" className="pw-rest">
      <EmptyStateBody>
        <p>The selector in force is {meta.selector}. No namespace fits it yet.</p>
        <p>
          Access to a namespace is granted with{" "}
          <code>
            {meta.cli === "oc" ? "oc policy add-role-to-user view" : "kubectl create rolebinding --clusterrole=view"}
          </code>
          ; watching then starts by itself.
        </p>
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button
            variant="primary"
            component="a"
            href={screenHref("configuration")}
            onClick={follow(() => goTo("configuration"))}
          >
            Open configuration
          </Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
