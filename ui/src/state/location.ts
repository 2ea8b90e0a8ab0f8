import { BASE, SCREENS, type Screen } from "../base.ts";
import { type Query, readQuery, writeQuery } from "./query.ts";
import { createValue, useValue } from "./value.ts";

/** The screen and query of the address; `screen` is undefined for an unknown address. */
export interface Location {
  readonly screen: Screen | undefined;
  readonly query: Query;
}

/** Stored in the history entry: the query from before the drawer was opened. */
interface EntryState {
  readonly under?: string;
}

function readLocation(): Location {
  const path = globalThis.location.pathname.slice(new URL(BASE).pathname.length);
  return { screen: SCREENS.find((screen) => screen === path), query: readQuery(globalThis.location.search) };
}

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
  return listHref({ open: id });
}

/** A link to the list, filtered. */
export function listHref(query: Partial<Query>): string {
  return `${BASE}${writeQuery({ ...readQuery(""), ...query })}`;
}

let arrived = false;

/** Whether the current screen was reached by navigation; true once per navigation. */
export function takeArrival(): boolean {
  const was = arrived;
  arrived = false;
  return was;
}

/** The query of the list when the reader left it; the navigation returns to it. */
let leftList: Partial<Query> = {};

export function goTo(screen: Screen, query: Partial<Query> = {}): void {
  const before = location.get();
  if (before.screen === "") leftList = { ...before.query, open: undefined };
  arrived = before.screen !== screen;
  history.pushState({}, "", `${screenHref(screen)}${writeQuery({ ...readQuery(""), ...query })}`);
  location.set(readLocation());
}

/** Follows a link of the main navigation. */
export function goToScreen(screen: Screen): void {
  goTo(screen, screen === "" && location.get().screen !== "" ? leftList : {});
}

/** Changes filters, page, sorting or the drawer's tab without a new history entry. */
export function changeQuery(change: Partial<Query>): void {
  const { screen = "", query } = location.get();
  history.replaceState(history.state, "", `${screenHref(screen)}${writeQuery({ ...query, ...change })}`);
  location.set(readLocation());
}

/** Opens the drawer as a history entry, so that Back closes it. Moving between rows keeps one entry. */
export function openDrawer(id: string): void {
  const { screen = "", query } = location.get();
  if (query.open !== undefined) {
    changeQuery({ open: id });
    return;
  }
  const state: EntryState = { under: writeQuery(query) };
  history.pushState(state, "", `${screenHref(screen)}${writeQuery({ ...query, open: id, tab: "overview" })}`);
  location.set(readLocation());
}

/** Goes back to the previous entry if it is the same list; otherwise replaces the entry with the list. */
export function closeDrawer(): void {
  const closed = { ...location.get().query, open: undefined };
  const { under } = (history.state ?? {}) as EntryState;
  if (under !== undefined && under === writeQuery(closed)) history.back();
  else changeQuery({ open: undefined });
}
