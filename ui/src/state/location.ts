import { BASE, SCREENS, type Screen } from "../base.ts";
import { type Query, readQuery, writeQuery } from "./query.ts";
import { createValue, useValue } from "./value.ts";

/** The screen and query of the address; `screen` is undefined for an unknown address. */
export interface Location {
  readonly screen: Screen | undefined;
  /** The table of containers, and the details next to it. */
  readonly query: Query;
  /** The query as it is written: screens with other parts read it themselves. */
  readonly search: string;
  /** `namespace/Kind/name`: the incident that has this page for itself. */
  readonly incident: string | undefined;
}

/** Stored in the history entry: the query from before the drawer was opened. */
interface EntryState {
  readonly under?: string;
}

function readLocation(): Location {
  const path = globalThis.location.pathname.slice(new URL(BASE).pathname.length);
  const { search } = globalThis.location;
  const incident = /^incidents\/(.+\/.+\/.+)$/.exec(path)?.[1];
  const screen = incident === undefined ? SCREENS.find((each) => each === path && each !== "incidents") : "incidents";
  return {
    screen,
    query: readQuery(search),
    search,
    incident: incident === undefined ? undefined : decodeURIComponent(incident),
  };
}

/** Version 1 had another name for a screen, and messages carry its addresses. */
function redirectOldAddress(): void {
  const { pathname, search } = globalThis.location;
  if (pathname !== new URL("activity", BASE).pathname) return;
  const params = new URLSearchParams(search);
  params.set("tab", "sent");
  history.replaceState(history.state, "", `${BASE}notifications?${params}`);
}

redirectOldAddress();

const location = createValue(readLocation());

addEventListener("popstate", () => location.set(readLocation()));

export const getLocation = location.get;

export function useLocation(): Location {
  return useValue(location);
}

export function screenHref(screen: Screen): string {
  return `${BASE}${screen}`;
}

/** A link to the details of one row. */
export function openHref(id: string): string {
  return containersHref({ open: id });
}

/** A link to the table of containers, filtered. */
export function containersHref(query: Partial<Query>): string {
  return `${screenHref("containers")}${writeQuery({ ...readQuery(""), ...query })}`;
}

let arrived = false;

/** Whether the current screen was reached by navigation; true once per navigation. */
export function takeArrival(): boolean {
  const was = arrived;
  arrived = false;
  return was;
}

/** The query of each list when the reader left it; the navigation returns to it. */
const left = new Map<Screen, string>();
const LISTS: readonly Screen[] = ["", "containers"];

export function goTo(screen: Screen, query: Partial<Query> = {}): void {
  visit(screen, writeQuery({ ...readQuery(""), ...query }));
}

/** Goes to a screen as a new history entry; `search` is empty or begins with a question mark. */
export function visit(screen: Screen, search: string): void {
  const before = location.get();
  if (before.screen !== undefined && LISTS.includes(before.screen)) left.set(before.screen, closed(before.search));
  arrived = before.screen !== screen;
  history.pushState({}, "", `${screenHref(screen)}${search}`);
  location.set(readLocation());
}

/** The same list without open details. */
function closed(search: string): string {
  const params = new URLSearchParams(search);
  for (const name of ["open", "tab", "pod", "do", "for"]) params.delete(name);
  return params.size === 0 ? "" : `?${params}`;
}

/** Changes the query without a new history entry. */
export function replaceSearch(search: string): void {
  const { screen = "" } = location.get();
  history.replaceState(history.state, "", `${screenHref(screen)}${search}`);
  location.set(readLocation());
}

/** Follows a link of the main navigation. */
export function goToScreen(screen: Screen): void {
  visit(screen, location.get().screen === screen ? "" : (left.get(screen) ?? ""));
}

/** Changes filters, page, sorting or the drawer's tab without a new history entry. */
export function changeQuery(change: Partial<Query>): void {
  replaceSearch(writeQuery({ ...location.get().query, ...change }));
}

/** Goes to an address below the base as a new history entry. */
export function visitPath(href: string): void {
  arrived = true;
  history.pushState({}, "", href);
  location.set(readLocation());
}

/** Opens details over a list; `under` is the query of the list without them. */
export function openPath(screen: Screen, search: string, under: string): void {
  const state: EntryState = { under };
  history.pushState(state, "", `${screenHref(screen)}${search}`);
  location.set(readLocation());
}

/** Goes back to the list if the previous entry is the same list; otherwise replaces the entry with it. */
export function closePath(closed: string): void {
  const { under } = (history.state ?? {}) as EntryState;
  if (under !== undefined && under === closed) history.back();
  else replaceSearch(closed);
}

/** Opens the drawer as a history entry, so that Back closes it. Moving between rows keeps one entry. */
export function openDrawer(id: string): void {
  const { screen = "", query } = location.get();
  if (query.open !== undefined) {
    changeQuery({ open: id });
    return;
  }
  openPath(screen, writeQuery({ ...query, open: id, tab: "overview" }), writeQuery(query));
}

export function closeDrawer(): void {
  closePath(writeQuery({ ...location.get().query, open: undefined }));
}
