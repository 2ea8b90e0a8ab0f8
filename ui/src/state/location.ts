import { BASE, SCREENS, type Screen } from "../base.ts";
import { type Query, readQuery, writeQuery } from "./query.ts";
import { createValue, useValue } from "./value.ts";

/** Where the page is; `undefined` is an address that does not exist. */
export interface Location {
  readonly screen: Screen | undefined;
  readonly query: Query;
}

/** Kept in the history entry: the query that lay under the drawer when it was opened. */
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

/** A link that another person can open: the drawer of one row. */
export function openHref(id: string): string {
  return listHref({ open: id });
}

/** A link to the list, filtered. */
export function listHref(query: Partial<Query>): string {
  return `${BASE}${writeQuery({ ...readQuery(""), ...query })}`;
}

let arrived = false;

/** Whether a link of the page led to the screen; true once for each. */
export function takeArrival(): boolean {
  const was = arrived;
  arrived = false;
  return was;
}

/** What the list showed when the reader left it: going back to it by the navigation is no wish to see anything else. */
let leftList: Partial<Query> = {};

export function goTo(screen: Screen, query: Partial<Query> = {}): void {
  const before = location.get();
  if (before.screen === "") leftList = { ...before.query, open: undefined };
  arrived = before.screen !== screen;
  history.pushState({}, "", `${screenHref(screen)}${writeQuery({ ...readQuery(""), ...query })}`);
  location.set(readLocation());
}

/** By the navigation. */
export function goToScreen(screen: Screen): void {
  goTo(screen, screen === "" && location.get().screen !== "" ? leftList : {});
}

/** Changes what the screen shows without a new entry in the history: filters, pages, sorting, the drawer's tab. */
export function changeQuery(change: Partial<Query>): void {
  const { screen = "", query } = location.get();
  history.replaceState(history.state, "", `${screenHref(screen)}${writeQuery({ ...query, ...change })}`);
  location.set(readLocation());
}

/** Opens the drawer as an entry of its own, so that Back closes it; from one row to the next it stays one entry. */
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

/** Goes back to the entry under the drawer if that is the same list; otherwise the entry becomes the list. */
export function closeDrawer(): void {
  const closed = { ...location.get().query, open: undefined };
  const { under } = (history.state ?? {}) as EntryState;
  if (under !== undefined && under === writeQuery(closed)) history.back();
  else changeQuery({ open: undefined });
}
