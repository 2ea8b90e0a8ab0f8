import type { RowState } from "../../../src/core/model/row-state.ts";
import type { View } from "../../../src/core/view/filter.ts";
import { SORT_COLUMNS } from "../../../src/core/view/order.ts";
import type { StateQuery } from "../../../src/http/base/api-types.ts";

/** Everything of a screen that its address says. */
export interface Query {
  readonly ns: readonly string[];
  readonly state: readonly RowState[];
  readonly q: string;
  readonly view: View;
  /** Rows of pods that are no more are listed too; otherwise only their number is. */
  readonly gone: boolean;
  /** Column, descending with a leading "-"; "" is by severity, then by count. */
  readonly sort: string;
  readonly page: number;
  /** `Row.id` of what the drawer shows. */
  readonly open: string | undefined;
  readonly tab: DrawerTab;
}

export const DRAWER_TABS = ["overview", "events", "logs", "history"] as const;
export type DrawerTab = (typeof DRAWER_TABS)[number];

const VIEWS: readonly View[] = ["problems", "all", "handled"];
const STATES: readonly RowState[] = ["Failure", "Sent", "Warning", "Normal"];

/** A value that nobody could have chosen on the page is left out, not an error: links live long. */
export function readQuery(search: string): Query {
  const params = new URLSearchParams(search);
  const sort = params.get("sort") ?? "";
  const page = Number(params.get("page") ?? 1);
  return {
    ns: names(params.get("ns")),
    state: names(params.get("state")).filter((name): name is RowState => STATES.some((state) => state === name)),
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

/** The other way round; what is as usual is left out. `/` and `,` stay readable. */
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

/** How many filters hide rows: what "hidden by 2 filters" counts. */
export function activeFilters(query: Pick<Query, "ns" | "state" | "q">): number {
  return (query.ns.length > 0 ? 1 : 0) + (query.state.length > 0 ? 1 : 0) + (query.q.trim() === "" ? 0 : 1);
}
