import { Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { changeQuery, goTo } from "../../state/location.ts";

/** For a link to a pod that no longer exists: a search for its workload may find its successor. */
export function NotFound({ id }: { readonly id: string }) {
  const [, first = id, second = ""] = id.split("/");
  const name = /^[A-Z]/.test(first) ? second : workloadPart(first);
  return (
    <EmptyState icon={SearchIcon} titleText="Not found" headingLevel="h3" variant="sm">
      <EmptyStateBody>
        <p>
          <code>{id}</code> has no problems now, was replaced, or is in a namespace that you cannot see.
        </p>
        <p>
          Earlier alerts and restarts are under{" "}
          <Button variant="link" isInline onClick={() => changeQuery({ tab: "history" })}>
            History
          </Button>
          .
        </p>
      </EmptyStateBody>
      <EmptyStateFooter>
        <EmptyStateActions>
          <Button onClick={() => goTo("containers", { q: name })}>Search for {name}</Button>
        </EmptyStateActions>
      </EmptyStateFooter>
    </EmptyState>
  );
}

/** `checkout-65f56cb97f-qvclh` → `checkout`: a successor has another suffix. */
function workloadPart(pod: string): string {
  return pod.replace(/-[a-z0-9]{5}$/, "").replace(/-[a-f0-9]{8,10}$/, "");
}
