import AngleDownIcon from "@patternfly/react-icons/dist/esm/icons/angle-down-icon";
import AngleUpIcon from "@patternfly/react-icons/dist/esm/icons/angle-up-icon";
import ArrowLeftIcon from "@patternfly/react-icons/dist/esm/icons/arrow-left-icon";
import ExpandIcon from "@patternfly/react-icons/dist/esm/icons/expand-icon";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { IconButton } from "../../common/IconButton.tsx";
import { NO_DRAWER, useMedia } from "../../common/useMedia.ts";
import { useApp } from "../../context.ts";
import { readIncidentQuery, writeIncidentQuery } from "../../state/incident-query.ts";
import { closePath, getLocation } from "../../state/location.ts";
import { openIncident, visitIncident } from "../../state/open-incident.ts";
import { useValue } from "../../state/value.ts";
import { IncidentDetailsView } from "./IncidentDetailsView.tsx";
import { OldLink } from "./OldLink.tsx";

interface IncidentDrawerProps {
  /** An incident's id or key; in an old link the id of a container. */
  readonly id: string;
}

/** The details next to the list, or in its place on a narrow screen. */
export default function IncidentDrawer({ id }: IncidentDrawerProps) {
  // Kinds start with a capital, pod names cannot.
  return /^[^/]+\/[^A-Z]/.test(id) ? <OldLink row={id} /> : <Details id={id} />;
}

export function closeIncident(): void {
  const query = readIncidentQuery(getLocation().search);
  closePath(writeIncidentQuery({ ...query, open: undefined, pod: undefined, ask: undefined }));
}

function Details({ id }: IncidentDrawerProps) {
  const isPage = useMedia(NO_DRAWER);
  return (
    <IncidentDetailsView
      id={id}
      level={isPage ? "h1" : "h2"}
      before={isPage && <IconButton label="Back to the incidents" icon={<ArrowLeftIcon />} onClick={closeIncident} />}
      after={<Buttons id={id} isPage={isPage} />}
    />
  );
}

function Buttons({ id, isPage }: { readonly id: string; readonly isPage: boolean }) {
  const listed = useValue(useApp().listed);
  const { list } = useValue(useApp().incidents);
  const own = list?.items.find((item) => item.id === id || item.key === id);
  const index = listed.indexOf(own?.id ?? id);
  const previous = index > 0 ? listed[index - 1] : undefined;
  const next = index >= 0 ? listed[index + 1] : undefined;
  return (
    <span className="pw-drawer-buttons">
      <IconButton
        label="Previous in the list"
        icon={<AngleUpIcon />}
        refusal={previous === undefined ? "this is the first incident" : undefined}
        onClick={() => previous !== undefined && openIncident(previous)}
      />
      <IconButton
        label="Next in the list"
        icon={<AngleDownIcon />}
        refusal={next === undefined ? "this is the last incident" : undefined}
        onClick={() => next !== undefined && openIncident(next)}
      />
      <IconButton
        label="Open as a page"
        icon={<ExpandIcon />}
        onClick={() => visitIncident(own?.key ?? id.replace(/@.*/, ""))}
      />
      {!isPage && <IconButton label="Close the details" icon={<TimesIcon />} onClick={closeIncident} />}
    </span>
  );
}
