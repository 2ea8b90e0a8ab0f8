import { INCIDENT_VIEWS } from "../../../src/core/incident/views.ts";
import type { Incident } from "../../../src/http/base/api-types.ts";
import type { App } from "../app.ts";
import { showPart } from "../common/incident-parts.ts";
import { refusal } from "../context.ts";
import { incidentName } from "../format/incident.ts";
import { acknowledgeIncidents } from "../incident-actions.ts";
import { changeIncidents, readIncidentQuery } from "../state/incident-query.ts";
import { getLocation } from "../state/location.ts";
import { openIncident } from "../state/open-incident.ts";

/** Handles a key on the screen of the incidents. Keys that act need a visible focus. True when it was one of them. */
export function pressIncidentKey(app: App, key: string): boolean {
  const view = /^[1-4]$/.test(key) ? INCIDENT_VIEWS[Number(key) - 1] : undefined;
  if (view !== undefined) {
    changeIncidents({ view, page: 1 });
    return true;
  }
  if (key === "j" || key === "k") {
    move(key === "j" ? 1 : -1);
    return true;
  }
  const incident = current(app);
  if (incident === undefined) return false;
  const can = app.store.get()?.meta.can;
  const isAllowed = (what: "ack" | "silence") =>
    can !== undefined && app.link.get().freshness === "live" && refusal(can, what, incident.namespace) === undefined;
  switch (key) {
    case "o":
      openIncident(incident.id);
      return true;
    case "a":
      if (isAllowed("ack") && incident.handling.ack === undefined) acknowledgeIncidents(app, { incidents: [incident] });
      return true;
    case "s":
      if (isAllowed("silence"))
        app.dialog.set({ kind: "silence-incidents", chosen: { incidents: [incident] }, length: undefined });
      return true;
    case "l":
      if (incident.row !== undefined)
        app.dialog.set({ kind: "log", row: incident.row, title: incidentName(incident).name });
      return true;
    case "e":
    case "t":
      if (readIncidentQuery(getLocation().search).open === undefined) openIncident(incident.id);
      showPart(key === "e" ? "events" : "timeline");
      return true;
    case "x":
      itemOf(linkOf(incident.id))?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
      return true;
    case "c":
      document.getElementById("copy-first")?.click();
      return true;
    default:
      return false;
  }
}

const links = () => [...document.querySelectorAll<HTMLElement>("[data-incident]")];
const linkOf = (id: string) => links().find((link) => link.getAttribute("data-incident") === id);
const itemOf = (element: Element | null | undefined) => element?.closest("tbody, li");

/** The incident in the focus, otherwise the open one. */
function current(app: App): Incident | undefined {
  const focused = itemOf(document.activeElement)
    ?.querySelector<HTMLElement>("[data-incident]")
    ?.getAttribute("data-incident");
  const id = focused ?? readIncidentQuery(getLocation().search).open;
  return app.incidents.get().list?.items.find((item) => item.id === id || item.key === id);
}

/** Moves the focus; while details are open they follow. */
function move(step: 1 | -1): void {
  const all = links();
  const { open } = readIncidentQuery(getLocation().search);
  const focused = itemOf(document.activeElement)?.querySelector("[data-incident]");
  const at = all.findIndex((link) =>
    open === undefined ? link === focused : link.getAttribute("data-incident") === open,
  );
  const next = all[at < 0 ? 0 : at + step];
  if (next === undefined) return;
  const id = next.getAttribute("data-incident");
  if (open !== undefined && id !== null) openIncident(id);
  else next.focus();
}
