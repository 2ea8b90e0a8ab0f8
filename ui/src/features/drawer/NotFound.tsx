import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { changeQuery, goTo } from "../../state/location.ts";

/** A link to a pod that nobody knows any more: the search with its name may find its successor. */
export function NotFound({ id }: { readonly id: string }) {
  const [, first = id, second = ""] = id.split("/");
  const name = /^[A-Z]/.test(first) ? second : workloadPart(first);
  return (
    <EmptyState icon={SearchIcon} titleText="This is not known" headingLevel="h3" variant="sm">
      <EmptyStateBody>
        <p>
          Nothing is wrong with it now, it may have been replaced, or you may not see its namespace: <code>{id}</code>
        </p>
        <p>
          What was known of it is under{" "}
          <Button variant="link" isInline onClick={() => changeQuery({ tab: "history" })}>
            History
          </Button>
          .
        </p>
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button onClick={() => goTo("", { q: name, view: "all" })}>Search for {name}</Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** `checkout-65f56cb97f-qvclh` → `checkout`: a successor has another ending. */
function workloadPart(pod: string): string {
  return pod.replace(/-[a-z0-9]{5}$/, "").replace(/-[a-f0-9]{8,10}$/, "");
}
