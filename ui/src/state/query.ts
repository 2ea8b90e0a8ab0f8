import { ROW_STATES, type RowState } from "../../../src/core/model/row-state.ts";
import { VIEWS, type View } from "../../../src/core/view/filter.ts";
import { SORT_COLUMNS } from "../../../src/core/view/order.ts";
import type { StateQuery } from "../../../src/http/base/api-types.ts";

/** The parts of a screen that its address contains. */
export interface Query {
  readonly ns: readonly string[];
  readonly state: readonly RowState[];
  readonly q: string;
  readonly view: View;
  /** Also list rows that are gone; otherwise only their number is shown. */
  readonly gone: boolean;
  /** A column, descending with a leading "-"; "" sorts by severity, then by restarts. */
  readonly sort: string;
  readonly page: number;
  /** `Row.id` of the row in the drawer. */
  readonly open: string | undefined;
  readonly tab: DrawerTab;
}

export const DRAWER_TABS = ["overview", "events", "logs", "history"] as const;
export type DrawerTab = (typeof DRAWER_TABS)[number];

/** Ignores invalid values, because links outlive versions. */
export function readQuery(search: string): Query {
  const params = new URLSearchParams(search);
  const sort = params.get("sort") ?? "";
  const page = Number(params.get("page") ?? 1);
  return {
    ns: names(params.get("ns")),
    state: names(params.get("state")).filter((name): name is RowState => ROW_STATES.some((state) => state === name)),
    q: params.get("q") ?? "",
    view: VIEWS.find((view) => view === params.get("view")) ?? "problems",
    gone: params.get("gone") === "show",
    sort: SORT_COLUMNS.some((column) => column === sort.replace(/^-/, "")) ? sort : "",
    page: Number.isInteger(page) && page > 0 ? page : 1,
    open: params.get("open") || undefined,
    tab: DRAWER_TABS.find((tab) => tab === params.get("tab")) ?? "overview",
  };
}

function names(value: string | null): string[] {
  return (value ?? "").split(",").filter((name) => name !== "");
}

/** The inverse of `readQuery`. Default values are omitted, and `/` and `,` stay readable. */
export function writeQuery(query: Query): string {
  const params = new URLSearchParams();
  if (query.ns.length > 0) params.set("ns", query.ns.join(","));
  if (query.state.length > 0) params.set("state", query.state.join(","));
  if (query.q !== "") params.set("q", query.q);
  if (query.view !== "problems") params.set("view", query.view);
  if (query.gone) params.set("gone", "show");
  if (query.sort !== "") params.set("sort", query.sort);
  if (query.page > 1) params.set("page", String(query.page));
  if (query.open !== undefined) params.set("open", query.open);
  if (query.open !== undefined && query.tab !== "overview") params.set("tab", query.tab);
  const text = params.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return text === "" ? "" : `?${text}`;
}

/** The same for the server, which filters the CSV download, and the list when it has too many rows to send. */
export function stateQuery({ ns, state, q, view, gone, sort }: Query): StateQuery {
  return {
    ...(ns.length === 0 ? {} : { ns: ns.join(",") }),
    ...(state.length === 0 ? {} : { state: state.join(",") }),
    ...(q === "" ? {} : { q }),
    view,
    gone: gone ? "show" : "hide",
    ...(sort === "" ? {} : { sort }),
  };
}

/** The number of active filters. */
export function activeFilters(query: Pick<Query, "ns" | "state" | "q">): number {
  return (query.ns.length > 0 ? 1 : 0) + (query.state.length > 0 ? 1 : 0) + (query.q.trim() === "" ? 0 : 1);
}
