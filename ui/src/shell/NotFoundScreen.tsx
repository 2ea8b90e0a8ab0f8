import { EmptyState, EmptyStateBody, EmptyStateFooter } from "@patternfly/react-core";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { useState } from "react";
import { SearchField } from "../common/SearchField.tsx";
import { goTo } from "../state/location.ts";

/** For an unknown address, whose last segment may be the name of a pod. */
export function NotFoundScreen() {
  const [name, setName] = useState(decodeURIComponent(location.pathname.split("/").pop() ?? ""));
  return (
    <EmptyState icon={SearchIcon} titleText="Page not found" headingLevel="h1">
      <EmptyStateBody>
        <code>{location.pathname}</code> does not exist. Were you looking for a pod?
      </EmptyStateBody>
      <EmptyStateFooter>
        <SearchField
          label="Search for a pod"
          placeholder="Pod"
          value={name}
          onChange={setName}
          onSearch={() => goTo("containers", { q: name })}
        />
      </EmptyStateFooter>
    </EmptyState>
  );
}
