import { PageLink } from "../../common/PageLink.tsx";
import { goToScreen, screenHref, useLocation } from "../../state/location.ts";
import { IncidentDetailsView } from "./IncidentDetailsView.tsx";

/** One incident as a page of its own. */
export default function IncidentScreen() {
  const { incident = "" } = useLocation();
  return (
    <IncidentDetailsView
      key={incident}
      id={incident}
      level="h1"
      isPage
      before={
        <span className="pw-crumb">
          <PageLink href={screenHref("")} go={() => goToScreen("")}>
            Incidents
          </PageLink>{" "}
          /
        </span>
      }
      after={null}
    />
  );
}
