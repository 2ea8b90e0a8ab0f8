import { BASE } from "../base.ts";
import { listQuery, readIncidentQuery, writeIncidentQuery } from "./incident-query.ts";
import { getLocation, openPath, replaceSearch, visit, visitPath } from "./location.ts";

/** The address of the incident's own page. Its key is `namespace/Kind/name`, or one word for the cluster. */
export function incidentHref(key: string): string {
  const path = key.split("/").map(encodeURIComponent);
  return path.length === 3 ? `${BASE}incidents/${path.join("/")}` : `${BASE}?open=${encodeURIComponent(key)}`;
}

/** Opens the details next to the list, as a history entry, so that Back closes them. */
export function openIncident(id: string): void {
  const { screen, search } = getLocation();
  const query = readIncidentQuery(screen === "" ? search : "");
  const next = writeIncidentQuery({ ...query, open: id, pod: undefined, ask: undefined });
  if (screen === "" && query.open !== undefined) replaceSearch(next);
  else openPath("", next, writeIncidentQuery({ ...query, open: undefined }));
}

/** Shows the same list on a wall screen. */
export function visitWall(): void {
  const { screen, search } = getLocation();
  visit("wall", screen === "" ? writeIncidentQuery(listQuery({ screen: "wall", search })) : "");
}

/** Opens the incident as a page of its own. */
export function visitIncident(key: string): void {
  visitPath(incidentHref(key));
}
