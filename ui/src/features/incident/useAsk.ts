import { useEffect } from "react";
import type { Incident } from "../../../../src/http/base/api-types.ts";
import { useApp } from "../../context.ts";
import { changeIncidents, readIncidentQuery } from "../../state/incident-query.ts";
import { getLocation } from "../../state/location.ts";

/** Opens the dialog that a link in a message asks for. Nothing is done by the link alone. */
export function useAsk(incident: Incident | undefined): void {
  const app = useApp();
  useEffect(() => {
    if (incident === undefined) return;
    const { screen, search } = getLocation();
    const { ask, length } = readIncidentQuery(screen === "" ? search : "");
    if (ask === undefined) return;
    changeIncidents({ ask: undefined, length: undefined });
    app.dialog.set(
      ask === "ack"
        ? { kind: "ack-incidents", incidents: [incident] }
        : { kind: "silence-incidents", chosen: { incidents: [incident] }, length },
    );
  }, [app, incident]);
}
