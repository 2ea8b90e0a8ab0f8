import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import { visit } from "../../state/location.ts";

/** An unknown id, in an old link for example. */
export function NoIncident({ id }: { readonly id: string }) {
  const name = id.replace(/@.*/, "").split("/").pop() ?? id;
  return (
    <EmptyState titleText="No such incident" headingLevel="h1" variant="sm">
      <EmptyStateBody>It may be older than 90 days, or in a namespace that you may not see.</EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button onClick={() => visit("", `?view=open&q=${encodeURIComponent(name)}`)}>Search for {name}</Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}
