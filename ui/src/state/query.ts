import { SORT_COLUMNS } from "../../../src/core/view/order.ts";
import { ROW_SEVERITIES, type RowSeverity } from "../../../src/core/view/row.ts";
import type { StateQuery } from "../../../src/http/base/api-types.ts";

/** The parts of a screen that its address contains. */
export interface Query {
  readonly ns: readonly string[];
  readonly severity: readonly RowSeverity[];
  readonly q: string;
  /** Also list rows that are gone; otherwise only their number is shown. */
  readonly gone: boolean;
  /** A column, descending with a leading "-"; "" sorts by severity, then by restarts. */
  readonly sort: string;
  readonly page: number;
  /** `Row.id` of the row in the drawer. */
  readonly open: string | undefined;
  readonly tab: DrawerTab;
  /** The part of the screen Notifications. */
  readonly part: NotificationsPart;
}

export const DRAWER_TABS = ["overview", "events", "logs", "history"] as const;
export type DrawerTab = (typeof DRAWER_TABS)[number];

export const NOTIFICATIONS_PARTS = ["receivers", "sent", "actions", "setup"] as const;
export type NotificationsPart = (typeof NOTIFICATIONS_PARTS)[number];

/** Ignores invalid values, because links outlive versions. */
export function readQuery(search: string): Query {
  const params = new URLSearchParams(search);
  const sort = params.get("sort") ?? "";
  const page = Number(params.get("page") ?? 1);
  return {
    ns: names(params.get("ns")),
    severity: names(params.get("severity")).filter((name): name is RowSeverity =>
      ROW_SEVERITIES.some((severity) => severity === name),
    ),
    q: params.get("q") ?? "",
    gone: params.get("gone") === "show",
    sort: SORT_COLUMNS.some((column) => column === sort.replace(/^-/, "")) ? sort : "",
    page: Number.isInteger(page) && page > 0 ? page : 1,
    open: params.get("open") || undefined,
    tab: DRAWER_TABS.find((tab) => tab === params.get("tab")) ?? "overview",
    part: NOTIFICATIONS_PARTS.find((part) => part === params.get("tab")) ?? "receivers",
  };
}

function names(value: string | null): string[] {
  return (value ?? "").split(",").filter((name) => name !== "");
}

/** The inverse of `readQuery`. Default values are omitted, and `/` and `,` stay readable. */
export function writeQuery(query: Query): string {
  const params = new URLSearchParams();
  if (query.ns.length > 0) params.set("ns", query.ns.join(","));
  if (query.severity.length > 0) params.set("severity", query.severity.join(","));
  if (query.q !== "") params.set("q", query.q);
  if (query.gone) params.set("gone", "show");
  if (query.sort !== "") params.set("sort", query.sort);
  if (query.page > 1) params.set("page", String(query.page));
  if (query.open !== undefined) params.set("open", query.open);
  if (query.open !== undefined && query.tab !== "overview") params.set("tab", query.tab);
  if (query.open === undefined && query.part !== "receivers") params.set("tab", query.part);
  const text = params.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

/** The same for the server, which filters the CSV download, and the list when it has too many rows to send. */
export function stateQuery({ ns, severity, q, gone, sort }: Query): StateQuery {
  return {
    ...(ns.length === 0 ? {} : { ns: ns.join(",") }),
    ...(severity.length === 0 ? {} : { severity: severity.join(",") }),
    ...(q === "" ? {} : { q }),
    view: "all",
    gone: gone ? "show" : "hide",
    ...(sort === "" ? {} : { sort }),
  };
}

/** The number of active filters. */
export function activeFilters(query: Pick<Query, "ns" | "severity" | "q">): number {
  return (query.ns.length > 0 ? 1 : 0) + (query.severity.length > 0 ? 1 : 0) + (query.q.trim() === "" ? 0 : 1);
}
