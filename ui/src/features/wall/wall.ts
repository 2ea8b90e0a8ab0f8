import type { Instant } from "../../../../src/core/model/time.ts";
import type { Incident, IncidentList } from "../../../../src/http/base/api-types.ts";
import { list as listOf, plural } from "../../format/text.ts";
import { minuteTime, shortMinute, type Zone } from "../../format/time.ts";
import type { Condition } from "../../state/condition.ts";
import type { Coverage } from "../../state/unknown-namespaces.ts";

/** Rows that are read at 5 m on a screen of 55 inches. */
export const ROWS = 6;
/** In seconds. */
export const PAGE_TIME = 20;

export interface WallPage {
  readonly number: number;
  readonly count: number;
  /** Seconds until the next page. */
  readonly nextIn: number;
  readonly items: readonly Incident[];
}

/** The page to show after `seconds`. The most severe incidents are on the first. */
export function wallPage(items: readonly Incident[], seconds: number): WallPage {
  const count = Math.max(1, Math.ceil(items.length / ROWS));
  const index = Math.floor(seconds / PAGE_TIME) % count;
  return {
    number: index + 1,
    count,
    nextIn: PAGE_TIME - (seconds % PAGE_TIME),
    items: items.slice(index * ROWS, (index + 1) * ROWS),
  };
}

/** A reason to doubt the wall; it takes the whole header. */
export interface Warning {
  readonly color: "unknown" | "gone" | "waiting";
  readonly text: string;
}

interface Doubt {
  readonly condition: Condition;
  readonly coverage: Coverage;
  readonly asOf: Instant;
  /** The list itself could not be loaded. */
  readonly isOld: boolean;
}

/** Why the wall may not be true now; undefined when it is. */
export function doubtOf({ condition, coverage, asOf, isOld }: Doubt, now: Instant, zone: Zone): Warning | undefined {
  const since = minuteTime(asOf, zone);
  switch (condition) {
    case "gone":
      return { color: "gone", text: `No answer from the server since ${since}` };
    case "signed-out":
      return { color: "gone", text: `Signed out: data as of ${since}` };
    case "denied":
      return { color: "gone", text: `No access any more: data as of ${since}` };
    case "unknown":
      return { color: "unknown", text: unknownText(coverage, now, zone) };
    case "reconnecting":
    case "connecting":
      return { color: "waiting", text: "Reconnecting…" };
    case "paused":
      return { color: "waiting", text: "Paused" };
    case "live":
      return isOld ? { color: "waiting", text: "The incidents could not be loaded" } : undefined;
  }
}

function unknownText({ unknown, watched, isTotal }: Coverage, now: Instant, zone: Zone): string {
  if (watched === 0) return "Unknown: nothing is watched";
  const since = shortMinute(Math.min(...unknown.map(({ staleSince = now }) => staleSince)), now, zone);
  const names = unknown.map(({ namespace }) => namespace);
  return `Unknown since ${since}: ${isTotal && watched > 1 ? `all ${watched} namespaces` : listOf(names, 3)}`;
}

/** The handling of an incident in a few words. */
export function handlingText({ handling }: Incident, now: Instant, zone: Zone): string {
  const { notified = [], failed = [], pendingUntil, nobody, ack } = handling;
  if (ack?.worseSince !== undefined) return `worse since ${shortMinute(ack.worseSince, now, zone)}`;
  if (failed.length > 0) return `notifying ${listOf(failed, 1)} failed`;
  const [first] = notified;
  if (first !== undefined) return `${first.receiver} ${shortMinute(first.at, now, zone)}`;
  if (pendingUntil !== undefined) return "not notified yet";
  return nobody === true ? "no one is notified" : "";
}

/** The sentence of a wall without incidents that need attention. */
export function quietText({ counts, watched }: IncidentList, isFiltered: boolean): string {
  if (isFiltered) return "No incident that matches the filter needs attention";
  const { handled, open } = counts.views;
  if (open === 0) {
    return `All ${plural(watched.containers, "container")} in ${plural(watched.namespaces, "namespace")} are healthy`;
  }
  const more = handled > 0 ? `${plural(handled, "incident")} ${handled === 1 ? "is" : "are"} handled` : "some recover";
  return `No incident needs attention; ${more}`;
}
