import {
  INCIDENT_GROUPS,
  INCIDENT_SEVERITIES,
  INCIDENT_SORTS,
  INCIDENT_VIEWS,
  type IncidentGroup,
  type IncidentSeverity,
  type IncidentSort,
  type IncidentView,
} from "../../../src/core/incident/views.ts";
import type { IncidentQuery } from "../../../src/http/base/api-types.ts";
import { getLocation, type Location, replaceSearch } from "./location.ts";

/** The parts of the list of incidents that its address contains. */
export interface IncidentListQuery {
  readonly view: IncidentView;
  readonly severity: readonly IncidentSeverity[];
  readonly ns: readonly string[];
  readonly q: string;
  readonly sort: IncidentSort;
  readonly group: IncidentGroup | undefined;
  readonly page: number;
  /** The name under which this view was saved; empty without one. */
  readonly name: string;
  /** The incident in the drawer, by id or key; or, in an old link, a container. */
  readonly open: string | undefined;
  /** The row of the pod to show first. */
  readonly pod: string | undefined;
  /** The action that a link in a message proposes. Nothing is done by the link alone: a dialog opens. */
  readonly ask: "ack" | "silence" | undefined;
  /** Length of the silence that a link proposes, such as `1h`. */
  readonly length: string | undefined;
}

export const MAX_VIEW_NAME = 60;

const NOTHING = new URLSearchParams();

/** Ignores invalid values, because links outlive versions. */
export function readIncidentQuery(search: string): IncidentListQuery {
  const params = search === "" ? NOTHING : new URLSearchParams(search);
  const one = <Value extends string>(values: readonly Value[], name: string) =>
    values.find((value) => value === params.get(name));
  const page = Number(params.get("page") ?? 1);
  return {
    view: one(INCIDENT_VIEWS, "view") ?? "attention",
    severity: INCIDENT_SEVERITIES.filter((severity) => names(params.get("severity")).includes(severity)),
    ns: names(params.get("ns")),
    q: params.get("q") ?? "",
    sort: one(INCIDENT_SORTS, "sort") ?? "severity",
    group: one(INCIDENT_GROUPS, "group"),
    page: Number.isInteger(page) && page > 0 ? page : 1,
    name: (params.get("name") ?? "").slice(0, MAX_VIEW_NAME),
    open: params.get("open") || undefined,
    pod: params.get("pod") || undefined,
    ask: one(["ack", "silence"] as const, "do"),
    length: params.get("for") ?? undefined,
  };
}

/** The list that a screen shows: the wall shows only what needs attention, the worst first. */
export function listQuery({ screen, search }: Pick<Location, "screen" | "search">): IncidentListQuery {
  const query = readIncidentQuery(screen === "" || screen === "wall" ? search : "");
  return screen === "wall"
    ? { ...query, view: "attention", sort: "severity", group: undefined, page: 1, open: undefined }
    : query;
}

function names(value: string | null): string[] {
  return (value ?? "").split(",").filter((name) => name !== "");
}

/** The inverse of `readIncidentQuery`. Default values are omitted, and `/`, `,` and `@` stay readable. */
export function writeIncidentQuery(query: IncidentListQuery): string {
  const params = new URLSearchParams();
  if (query.view !== "attention") params.set("view", query.view);
  if (query.severity.length > 0) params.set("severity", query.severity.join(","));
  if (query.ns.length > 0) params.set("ns", query.ns.join(","));
  if (query.q !== "") params.set("q", query.q);
  if (query.sort !== "severity") params.set("sort", query.sort);
  if (query.group !== undefined) params.set("group", query.group);
  if (query.name !== "") params.set("name", query.name);
  if (query.page > 1) params.set("page", String(query.page));
  if (query.open !== undefined) params.set("open", query.open);
  if (query.pod !== undefined) params.set("pod", query.pod);
  if (query.ask !== undefined) params.set("do", query.ask);
  if (query.ask !== undefined && query.length !== undefined) params.set("for", query.length);
  const text = params.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%40", "@");
  return text === "" ? "" : `?${text}`;
}

export const INCIDENTS_PER_PAGE = 40;

/** The same for the server. */
export function incidentRequest({ view, severity, ns, q, sort, group, page }: IncidentListQuery): IncidentQuery {
  return {
    view,
    ...(severity.length === 0 ? {} : { severity: severity.join(",") }),
    ...(ns.length === 0 ? {} : { ns: ns.join(",") }),
    ...(q.trim() === "" ? {} : { q }),
    sort,
    ...(group === undefined ? {} : { group }),
    page,
    perPage: INCIDENTS_PER_PAGE,
  };
}

/** Parts that make another view of a saved one. */
const OWN_PARTS = ["view", "severity", "ns", "q", "sort", "group"] as const;

/** Changes filters, order or page without a new history entry. */
export function changeIncidents(change: Partial<IncidentListQuery>): void {
  replaceSearch(writeIncidentQuery(changedQuery(readIncidentQuery(getLocation().search), change)));
}

/** A saved view loses its name when it is changed. */
export function changedQuery(query: IncidentListQuery, change: Partial<IncidentListQuery>): IncidentListQuery {
  const isOther = OWN_PARTS.some((part) => part in change);
  return { ...query, ...(isOther ? { name: "" } : {}), ...change };
}
