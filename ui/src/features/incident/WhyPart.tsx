import { Button } from "@patternfly/react-core";
import { useState } from "react";
import type { IncidentDetails } from "../../../../src/http/base/api-types.ts";
import { call } from "../../api.ts";
import { Panel } from "../../common/Panel.tsx";
import { SeverityIcon } from "../../common/severity.tsx";
import { useLoad } from "../../common/useLoad.ts";
import { list, plural } from "../../format/text.ts";

/** The alerts that fire with their values and thresholds, and the checks that are quiet. */
export function WhyPart({ details }: { readonly details: IncidentDetails }) {
  const { causes, pending, incident } = details;
  return (
    <>
      <ul className="pw-why-list">
        {causes.map(({ alertname, severity, container, description, consequences }) => (
          <li key={`${alertname} ${container}`}>
            <SeverityIcon severity={severity} /> <span className="pw-strong">{alertname}</span>
            {container !== undefined && ` (${container})`}: <span className="pw-break">{description}</span>
            {consequences.length > 0 && <span className="pw-sub"> It also causes {list(consequences)}.</span>}
          </li>
        ))}
        {pending.map(({ alertname, summary, row }) => (
          <li key={`${alertname} ${row}`} className="pw-sub">
            Pending: {alertname}, {summary}
          </li>
        ))}
      </ul>
      {incident.row !== undefined && <Verdicts row={incident.row} />}
    </>
  );
}

function Verdicts({ row }: { readonly row: string }) {
  const [isOpen, setOpen] = useState(false);
  const loaded = useLoad(row, (signal) => call("GET containers/{id}", { path: { id: row }, signal }));
  return (
    <Panel loaded={loaded} what="verdicts">
      {({ verdicts = [] }) => {
        const quiet = verdicts.filter(({ firing }) => !firing);
        const shown = isOpen ? verdicts : verdicts.filter(({ firing }) => firing);
        return (
          <>
            <ul className="pw-why-list">
              {shown.map(({ detector, verdict }) => (
                <li key={detector}>
                  <span className="pw-strong">{detector}</span>: <span className="pw-break">{verdict}</span>
                </li>
              ))}
            </ul>
            {!isOpen && quiet.length > 0 && (
              <Button variant="link" isInline onClick={() => setOpen(true)}>
                Show {plural(quiet.length, "quiet check")}
              </Button>
            )}
          </>
        );
      }}
    </Panel>
  );
}
