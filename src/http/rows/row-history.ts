import type { Instant } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LiveState } from "../../ports/live-state.ts";
import type { AlertStore, LoggedTransition } from "../../ports/store.ts";
import type { HistoryEntry, Page } from "../base/api-types.ts";
import { HttpProblem } from "../base/problem.ts";
import type { Containers } from "./containers.ts";
import { concerns, restartView } from "./details.ts";
import { endedAcks } from "./ended-acks.ts";
import type { RowPlace } from "./row-id.ts";

export interface HistoryDeps {
  readonly live: LiveState;
  readonly store: Pick<AlertStore, "transitions" | "alerts">;
  readonly clock: Clock;
  readonly containers: Pick<Containers, "restartPolicy">;
  /** What was sent and done about this place, newest first, from `from` up to and without `before`. */
  readonly told: (place: RowPlace, from: Instant, before: Instant) => Promise<readonly HistoryEntry[]>;
}

const BATCH = 500;
/** A namespace's whole log is looked through for what concerns one workload; this much of it for one page. */
const LOOKED_THROUGH = 5_000;

/**
 * What happened to one row, newest first: transitions make the pages, and everything else goes where its time is.
 * The cursor is `id.at` of the page's last transition.
 */
export async function historyOf(
  { live, store, clock, containers, told }: HistoryDeps,
  place: RowPlace,
  { limit = 100, cursor }: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Promise<Page<HistoryEntry>> {
  const begin = cursor === undefined ? undefined : parseCursor(cursor);
  const found: LoggedTransition[] = [];
  let position = begin?.id;
  let isEnd = false;
  for (let seen = 0; seen < LOOKED_THROUGH && found.length < limit && !isEnd; seen += BATCH) {
    const batch = await store.transitions({
      namespace: place.namespace,
      ...(place.pod === undefined ? {} : { pod: place.pod }),
      ...(position === undefined ? {} : { cursor: String(position) }),
      limit: BATCH,
    });
    for (const transition of batch) {
      position = transition.id;
      if (concerns(transition, place)) found.push(transition);
      if (found.length === limit) break;
    }
    isEnd = batch.length < BATCH && found.length < limit;
  }
  const last = found.at(-1);
  const from = isEnd || last === undefined ? Number.NEGATIVE_INFINITY : last.at;
  const before = begin?.at ?? Number.POSITIVE_INFINITY;
  const window = containers.restartPolicy(place).timeframe;
  const others = [
    ...restartsOf(live, place),
    ...(await told(place, from, before)),
    ...(await endedAcks({ live, store, now: clock.now(), window }, place)),
  ].filter(({ at }) => at >= from && at < before);
  const entries = [...found.map(transitionEntry), ...others].sort((a, b) => b.at - a.at);
  return isEnd || position === undefined ? { entries } : { entries, next: `${position}.${last?.at ?? 0}` };
}

function parseCursor(cursor: string): { id: number; at: Instant } {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor);
  if (match === null) {
    throw new HttpProblem(400, "The cursor is not one that this program gave: leave it out to begin anew.");
  }
  return { id: Number(match[1]), at: Number(match[2]) };
}

function transitionEntry({ at, labels, from, to, reason }: LoggedTransition): HistoryEntry {
  return { kind: "transition", at, alert: labels.alertname, from, to, reason };
}

function restartsOf(live: LiveState, { namespace, pod: name, container }: RowPlace): HistoryEntry[] {
  if (name === undefined || container === undefined) return [];
  const pod = live.source.pod(namespace, name);
  const kept = pod && live.history(pod.uid)?.containers[container]?.restarts;
  return (kept ?? []).map((restart) => ({ kind: "restart", ...restartView(restart) }));
}
