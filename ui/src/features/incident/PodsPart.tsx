import { Button } from "@patternfly/react-core";
import { useState } from "react";
import type { IncidentDetails, IncidentPod, IncidentRevision } from "../../../../src/http/base/api-types.ts";
import { MiddleCut } from "../../common/MiddleCut.tsx";
import { PageLink } from "../../common/PageLink.tsx";
import { SeverityIcon } from "../../common/severity.tsx";
import { useNow } from "../../context.ts";
import { imageTag, span } from "../../format/incident.ts";
import { plural } from "../../format/text.ts";
import { shortMinute } from "../../format/time.ts";
import { readIncidentQuery } from "../../state/incident-query.ts";
import { goTo, openHref, useLocation } from "../../state/location.ts";
import { usePreferences } from "../../state/preferences.ts";

/** The pods of the workload by revision: those that fail first, healthy revisions as one line. */
export function PodsPart({ details }: { readonly details: IncidentDetails }) {
  if (details.revisions.length === 0) return <p className="pw-sub">No pod of it is known.</p>;
  return details.revisions.map((revision, index) => <Revision key={revision.revision ?? index} revision={revision} />);
}

function Revision({ revision }: { readonly revision: IncidentRevision }) {
  const now = useNow();
  const { zone } = usePreferences();
  const { image, rolledOutAt, ready, total, pods } = revision;
  const isHealthy = ready === total && pods.every(({ severity }) => severity === undefined);
  const [isOpen, setOpen] = useState(!isHealthy);
  return (
    <>
      <p className="pw-revision pw-sub" title={image}>
        {revision.revision !== undefined && (
          <>
            Revision <code>{revision.revision}</code>
            {" · "}
          </>
        )}
        {image !== undefined && `${imageTag(image)} · `}
        {rolledOutAt !== undefined && `rolled out ${shortMinute(rolledOutAt, now, zone)} · `}
        {ready} of {total} ready{" "}
        {!isOpen && (
          <Button variant="link" isInline onClick={() => setOpen(true)}>
            Show {plural(pods.length, "pod")}
          </Button>
        )}
      </p>
      {isOpen && (
        <table className="pw-pods" aria-label={`Pods of revision ${revision.revision ?? ""}`}>
          <thead className="pf-v6-screen-reader">
            <tr>
              <th scope="col">Pod</th>
              <th scope="col">Status</th>
              <th scope="col">Restarts</th>
              <th scope="col">Last exit</th>
              <th scope="col">Node and age</th>
            </tr>
          </thead>
          <tbody>
            {pods.map((pod) => (
              <Pod key={pod.row} pod={pod} now={now} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function Pod({ pod, now }: { readonly pod: IncidentPod; readonly now: number }) {
  const { row, pod: name, severity, word, restartCount, restartsInWindow, lastExit, node, createdAt, deletedAt } = pod;
  const { screen, search } = useLocation();
  const isAsked = screen === "" && readIncidentQuery(search).pod === row;
  return (
    <tr className={isAsked ? "pw-asked" : ""}>
      <th scope="row">
        <SeverityIcon severity={severity ?? "normal"} />{" "}
        <PageLink
          className="pw-pod-name"
          href={openHref(row)}
          go={() => goTo("containers", { open: row })}
          title={name}
          aria-label={name}
        >
          <MiddleCut text={name} />
        </PageLink>
      </th>
      <td>{deletedAt === undefined ? word : "Deleted"}</td>
      <td className="pw-num">
        {restartCount} ({restartsInWindow})
      </td>
      <td title={lastExit}>{lastExit ?? "–"}</td>
      <td className="pw-sub">
        {node ?? "–"}, {span(now - createdAt)}
      </td>
    </tr>
  );
}
