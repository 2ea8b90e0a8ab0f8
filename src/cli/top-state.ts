/** The state of `top` and what keys do to it; pure. */
import type { IncidentSeverity } from "../core/incident/views.ts";

/** The fields of an incident in /api/v1 that are shown. */
export interface TopIncident {
  readonly id: string;
  readonly key: string;
  readonly severity: IncidentSeverity;
  readonly since: string;
  readonly sinceAtLeast?: true;
  readonly why: string;
  readonly lastLine?: { readonly text: string };
  readonly handling: {
    readonly ack?: { readonly by: string };
    readonly silenced?: { readonly until: string };
    readonly notified?: readonly { readonly receiver: string }[];
    readonly nobody?: true;
  };
}

export interface TopState {
  /** Worst first; undefined before the first answer. */
  readonly incidents: readonly TopIncident[] | undefined;
  /** All open incidents, of which `incidents` are the first. */
  readonly open: number;
  /** Watched namespaces whose state is not known now. */
  readonly unknown: readonly string[];
  /** The id of the selected incident. */
  readonly selected: string | undefined;
  readonly mode: "list" | "log" | "help" | "reason";
  /** Of a silence, as typed so far. */
  readonly reason: string;
  readonly log: { readonly title: string; readonly lines: readonly string[] } | undefined;
  /** The result of the last action. */
  readonly notice: string;
  /** Why the incidents are out of date. */
  readonly problem: string | undefined;
}

export const INITIAL: TopState = {
  ...{ incidents: undefined, open: 0, unknown: [], selected: undefined, mode: "list", reason: "" },
  ...{ log: undefined, notice: "", problem: undefined },
};

export type TopEffect =
  | { readonly type: "quit" }
  | { readonly type: "acknowledge" | "unacknowledge" | "log"; readonly incident: TopIncident }
  | { readonly type: "silence"; readonly incident: TopIncident; readonly reason: string };

export type TopKey = "up" | "down" | "enter" | "escape" | "backspace" | { readonly text: string };

const MAX_REASON = 200;

/** The state after a key, and the effect that it asks for. */
export function pressed(state: TopState, key: TopKey): { readonly state: TopState; readonly effect?: TopEffect } {
  if (state.mode === "reason") return typed(state, key);
  const name = typeof key === "string" ? key : key.text;
  if (state.mode !== "list") {
    const isClosing = ["escape", "enter", "q", "l", "?"].includes(name);
    return { state: isClosing ? { ...state, mode: "list" } : state };
  }
  const incident = selectedIncident(state);
  const cleared = { ...state, notice: "" };
  switch (name) {
    case "q":
      return { state, effect: { type: "quit" } };
    case "?":
      return { state: { ...cleared, mode: "help" } };
    case "j":
    case "down":
      return { state: moved(cleared, 1) };
    case "k":
    case "up":
      return { state: moved(cleared, -1) };
    default:
  }
  if (incident === undefined) return { state };
  switch (name) {
    case "a":
      return {
        state: cleared,
        effect: { type: incident.handling.ack === undefined ? "acknowledge" : "unacknowledge", incident },
      };
    case "s":
      return { state: { ...cleared, mode: "reason", reason: "" } };
    case "l":
    case "enter":
      return { state: { ...cleared, mode: "log", log: undefined }, effect: { type: "log", incident } };
    default:
      return { state };
  }
}

function typed(state: TopState, key: TopKey): { readonly state: TopState; readonly effect?: TopEffect } {
  const incident = selectedIncident(state);
  const reason = state.reason.trim();
  if (key === "escape" || incident === undefined) return { state: { ...state, mode: "list" } };
  if (key === "enter") {
    if (reason === "") return { state };
    return { state: { ...state, mode: "list" }, effect: { type: "silence", incident, reason } };
  }
  if (key === "backspace") return { state: { ...state, reason: state.reason.slice(0, -1) } };
  if (typeof key === "string") return { state };
  return { state: { ...state, reason: (state.reason + key.text).slice(0, MAX_REASON) } };
}

/** With the incidents of an answer. The selection stays with its incident, or with its place if that is gone. */
export function received(
  state: TopState,
  {
    items,
    open,
    unknown,
  }: { readonly items: readonly TopIncident[]; readonly open: number; readonly unknown: readonly string[] },
): TopState {
  const isThere = items.some(({ id }) => id === state.selected);
  const place = Math.min(Math.max(0, indexOf(state)), items.length - 1);
  const selected = isThere ? state.selected : items[place]?.id;
  // A reason that is being typed is for the incident that is gone.
  const mode = state.mode === "reason" && !isThere ? "list" : state.mode;
  return { ...state, incidents: items, open, unknown, selected, mode, problem: undefined };
}

export function selectedIncident(state: TopState): TopIncident | undefined {
  return state.incidents?.[indexOf(state)];
}

function indexOf({ incidents = [], selected }: TopState): number {
  return incidents.findIndex(({ id }) => id === selected);
}

function moved(state: TopState, by: number): TopState {
  const { incidents = [] } = state;
  const index = Math.min(Math.max(0, indexOf(state) + by), incidents.length - 1);
  return { ...state, selected: incidents[index]?.id };
}
