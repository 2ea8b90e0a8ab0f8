import type { FastifyInstance } from "fastify";
import { InvalidCursorError } from "../../core/delivery/cursor.ts";
import type { Instant } from "../../core/model/time.ts";
import { workloadLabel } from "../../core/model/workload.ts";
import { withApiTypes } from "../base/api-routes.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { notFound } from "../base/problem.ts";
import { concerns } from "../rows/details.ts";
import { parseRowId, type RowTarget } from "../rows/row-id.ts";
import { answers } from "../schemas/fields.ts";
import { HISTORY_CURSOR, type HistoryEntry, type HistoryQuery, historyPage, historyQuery } from "../schemas/history.ts";
import {
  type HistoryDeps,
  type HistoryRequest,
  type Positions,
  STREAMS,
  type Stream,
  type Subject,
} from "./history-streams.ts";

/** Entries that one page reads at most when few of them match; `next` continues from there. */
const MAX_SCANNED = 4_000;

/** GET /api/v1/history: state changes, restarts, notifications and actions, of everything or of one row or alert. */
export function historyApi(deps: HistoryDeps) {
  return function historyRoute(plain: FastifyInstance): void {
    withApiTypes(plain).get(
      "/history",
      {
        schema: {
          summary: "What happened, newest first",
          description:
            "State changes of alerts, restarts, notifications and actions of users. A page may have fewer entries than `limit`, even none, and still have a `next`.",
          tags: ["history"],
          querystring: historyQuery,
          response: answers(historyPage),
        },
      },
      (request) => historyOf(deps, callerOf(request), request.query),
    );
  };
}

async function historyOf(deps: HistoryDeps, caller: Caller, query: HistoryQuery) {
  const positions = parseCursor(query.cursor);
  const request: HistoryRequest = { caller, query, subject: await subjectOf(deps, caller, query) };
  const matches = matcherOf(query);
  const streams = STREAMS.map(({ name, kind, open }) =>
    query.kind === undefined || query.kind.includes(kind) ? open(deps, request, positions[name]) : none(),
  );
  const entries: HistoryEntry[] = [];
  let scanned = 0;
  for await (const { index, entry, position } of newestFirst(streams)) {
    positions[STREAMS[index]!.name] = position;
    if (entry !== undefined && matches(entry)) entries.push(entry);
    if (entries.length === query.limit || ++scanned === MAX_SCANNED) {
      return { entries, next: formatCursor(positions) };
    }
  }
  return { entries };
}

async function subjectOf({ live, store }: HistoryDeps, caller: Caller, query: HistoryQuery): Promise<Subject> {
  const { row, alert: fingerprint } = query;
  if (row !== undefined) {
    const target = parseRowId(row);
    if (target === undefined || !caller.sees(target.namespace)) throw notFound(row);
    return { target: withWorkload(live, target), concerns: (alert) => concerns(alert, target) };
  }
  if (fingerprint !== undefined) {
    const [newest] = await store.alerts({ fingerprint, limit: 1 });
    if (newest === undefined || !caller.sees(newest.labels.namespace)) throw notFound(`Alert ${fingerprint}`);
    return { fingerprint, concerns: (alert) => alert.fingerprint === fingerprint };
  }
  return { concerns: ({ labels }) => caller.sees(labels.namespace) };
}

/** A silence of a whole workload is part of the history of each of its pods. */
function withWorkload(live: HistoryDeps["live"], target: RowTarget): RowTarget {
  const pod = target.pod === undefined ? undefined : live.source.pod(target.namespace, target.pod);
  return pod === undefined ? target : { ...target, workload: workloadLabel(pod.workload) };
}

async function* none(): Stream {}

async function* newestFirst(streams: readonly Stream[]) {
  const heads = await Promise.all(streams.map(async (stream, index) => ({ stream, index, head: await stream.next() })));
  for (;;) {
    let newest: (typeof heads)[number] | undefined;
    for (const one of heads) {
      if (one.head.done) continue;
      if (newest === undefined || newest.head.done || one.head.value.at > newest.head.value.at) newest = one;
    }
    if (newest === undefined || newest.head.done) return;
    yield { index: newest.index, ...newest.head.value };
    newest.head = await newest.stream.next();
  }
}

function matcherOf({ result, receiver, q, from, to }: HistoryQuery): (entry: HistoryEntry) => boolean {
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const isWithin = (at: Instant) => (from === undefined || at >= from) && (to === undefined || at <= to);
  return (entry) => {
    if (!isWithin(entry.at)) return false;
    if (result !== undefined && (entry.kind !== "notification" || entry.result !== result)) return false;
    if (receiver !== undefined && (entry.kind !== "notification" || entry.receiver !== receiver)) return false;
    if (words.length === 0) return true;
    const text = textOf(entry).toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

function textOf(entry: HistoryEntry): string {
  switch (entry.kind) {
    case "notification":
      return [...entry.about, entry.receiver, entry.detail, entry.reason].join(" ");
    case "action":
      return [...entry.about, entry.by, entry.action, entry.note].join(" ");
    case "transition":
      return [entry.row, entry.alertname, entry.to, entry.reason].join(" ");
    case "restart":
      return entry.reason ?? "";
  }
}

function parseCursor(given: string | undefined): Positions {
  if (given === undefined) return {};
  const parts = HISTORY_CURSOR.exec(given);
  if (parts === null) throw new InvalidCursorError();
  return Object.fromEntries(STREAMS.map(({ name }, index) => [name, parts[index + 1] || undefined]));
}

function formatCursor(positions: Positions): string {
  return STREAMS.map(({ name }) => positions[name] ?? "").join("~");
}
