import { formatSpan } from "../core/model/duration.ts";
import type { Instant } from "../core/model/time.ts";
import { printableLine } from "../core/text/printable.ts";
import { amount } from "./terminal.ts";
import type { TopIncident, TopState } from "./top-state.ts";

/** One line of the screen; the terminal cuts what is too long. */
export interface ScreenLine {
  readonly text: string;
  readonly color?: "red" | "magenta" | "yellow" | "green";
  readonly dim?: true;
  readonly selected?: true;
}

export interface ScreenSize {
  readonly rows: number;
  readonly columns: number;
}

const COLOR_OF = { critical: "red", unknown: "magenta", warning: "yellow" } as const;
const SEVERITY_WIDTH = 8;
const SINCE_WIDTH = 10;
/** Of the name, at most this part of the screen. */
const NAME_PART = 0.45;
/** From this width on, the explanation is in the line of the name. */
const WIDE = 120;

const KEYS = "j k move  a acknowledge  s silence  l log  ? help  q quit";

const HELP: readonly string[] = [
  "j, down    next incident",
  "k, up      previous incident",
  "a          acknowledge it, or remove the acknowledgement",
  "s          silence its workload for 1 h; asks for the reason",
  "l, Enter   last lines of its log",
  "?          this help",
  "q, Ctrl-C  quit",
];

/** The whole screen: as many lines as it has rows, without anything that controls the terminal. */
export function screenOf(state: TopState, { rows, columns }: ScreenSize, now: Instant): readonly ScreenLine[] {
  const room = Math.max(1, rows - 2);
  const body = bodyOf(state, room, columns, now).slice(0, room);
  const padding = Array.from({ length: room - body.length }, () => ({ text: "" }));
  const lines = [headOf(state), ...body, ...padding, footOf(state)];
  return lines.map((line) => ({ ...line, text: printableLine(line.text) }));
}

function headOf({ incidents, open, unknown, problem }: TopState): ScreenLine {
  if (problem !== undefined) return { text: `Not up to date: ${problem}`, color: "magenta" };
  if (incidents === undefined) return { text: "Pod Watcher: loading" };
  const unseen = unknown.length === 0 ? "" : `; unknown: ${unknown.join(", ")}`;
  const shown = open > incidents.length ? `, the worst ${incidents.length} are shown` : "";
  return { text: `Pod Watcher: ${amount(open, "open incident")}${shown}${unseen}` };
}

function footOf({ mode, reason, notice }: TopState): ScreenLine {
  if (mode === "reason") return { text: `Silence for 1 h (Esc: cancel). Reason: ${reason}_` };
  if (mode === "log" || mode === "help") return { text: "Esc: back", dim: true };
  return notice === "" ? { text: KEYS, dim: true } : { text: notice };
}

function bodyOf(state: TopState, room: number, columns: number, now: Instant): readonly ScreenLine[] {
  const { incidents, mode, log, unknown, problem } = state;
  if (mode === "help") return HELP.map((text) => ({ text }));
  if (mode === "log") {
    if (log === undefined) return [{ text: "Loading the log", dim: true }];
    // The end of a log is what counts.
    return [{ text: log.title }, ...log.lines.slice(-(room - 1)).map((text) => ({ text }))];
  }
  if (incidents === undefined) return [];
  if (incidents.length === 0) {
    if (problem !== undefined || unknown.length > 0) return [{ text: "No incident is known.", color: "magenta" }];
    return [{ text: "No open incident.", color: "green" }];
  }
  const perScreen = Math.max(1, Math.floor(room / (columns < WIDE ? 3 : 2)));
  const index = incidents.findIndex(({ id }) => id === state.selected);
  const first = Math.min(Math.max(0, index - Math.floor(perScreen / 2)), Math.max(0, incidents.length - perScreen));
  return incidents
    .slice(first, first + perScreen)
    .flatMap((incident) => linesOf(incident, incident.id === state.selected, columns, now));
}

function linesOf(incident: TopIncident, isSelected: boolean, columns: number, now: Instant): readonly ScreenLine[] {
  const { key, severity, since, sinceAtLeast, why, lastLine } = incident;
  const width = Math.floor(columns * NAME_PART);
  const name = key.length <= width ? key : `…${key.slice(1 - width)}`;
  const age = `${sinceAtLeast ? "≥ " : ""}${formatSpan(Math.max(0, now - Date.parse(since)))}`;
  const isWide = columns >= WIDE;
  const first = [severity.padEnd(SEVERITY_WIDTH), name.padEnd(width), age.padEnd(SINCE_WIDTH), isWide ? why : ""];
  const indent = " ".repeat(SEVERITY_WIDTH + 1);
  const details = [...chipsOf(incident, now), ...(lastLine === undefined ? [] : [lastLine.text])].join(" · ");
  return [
    { text: first.join(" "), color: COLOR_OF[severity], ...(isSelected ? { selected: true } : {}) },
    ...(isWide ? [] : [{ text: indent + why }]),
    { text: indent + details, dim: true },
  ];
}

function chipsOf({ handling }: TopIncident, now: Instant): readonly string[] {
  const { ack, silenced, notified = [], nobody } = handling;
  return [
    ...(ack === undefined ? [] : [`acknowledged by ${ack.by}`]),
    ...(silenced === undefined ? [] : [`silenced for ${formatSpan(Math.max(0, Date.parse(silenced.until) - now))}`]),
    ...(notified.length === 0 ? [] : [`notified ${notified.map(({ receiver }) => receiver).join(", ")}`]),
    ...(nobody ? ["no receiver"] : []),
  ];
}
