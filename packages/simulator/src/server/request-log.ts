/** A log of requests, for tests to inspect and to wait for. */
import type { Instant } from "../../../../src/core/model/time.ts";
import { fits, type RequestMatch } from "../faults/faults.ts";
import { describeRequest } from "../http/api-request.ts";
import type { Exchange } from "../http/exchange.ts";

export interface RequestRecord {
  /** By the clock of the server. */
  readonly at: Instant;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** As in authorization; empty for non-resource paths. */
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string;
  readonly accept: string;
  readonly protocol: Exchange["protocol"];
  /** The number of the connection, counted from 1. */
  readonly connection: number;
  /** Undefined until the response begins. */
  readonly status: number | undefined;
  readonly bytesWritten: number;
  /** The response is complete, or was broken. */
  readonly closed: boolean;
}

export interface RequestLog {
  /** The latest requests, oldest first. */
  readonly all: readonly RequestRecord[];
  matching(match: RequestMatch): readonly RequestRecord[];
  /** The next matching request that no earlier call of `next` with the same match has returned. */
  next(match?: RequestMatch): Promise<RequestRecord>;
  clear(): void;
}

export interface RecordingLog extends RequestLog {
  record(exchange: Exchange, at: Instant): void;
}

const KEPT = 10_000;

export function createRequestLog(): RecordingLog {
  let records: (RequestRecord & { readonly url: URL })[] = [];
  const seen = new Map<string, number>();
  let dropped = 0;
  const waiting = new Set<() => void>();

  const matching = (match: RequestMatch) => records.filter((one) => fits(match, one, one.url));
  return {
    get all() {
      return records;
    },
    matching,
    next: (match = {}) =>
      new Promise((resolve) => {
        const key = JSON.stringify(match);
        const look = () => {
          const from = seen.get(key) ?? 0;
          const index = records.findIndex((one, place) => place + dropped >= from && fits(match, one, one.url));
          const found = records[index];
          if (found === undefined) return;
          seen.set(key, index + dropped + 1);
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    clear: () => {
      dropped += records.length;
      records = [];
    },
    record: (exchange, at) => {
      const request = describeRequest(exchange);
      records.push({
        at,
        method: exchange.method,
        path: exchange.url.pathname,
        url: exchange.url,
        query: Object.fromEntries(exchange.url.searchParams),
        verb: request?.verb ?? "",
        resource: request?.resource ?? "",
        namespace: request?.namespace ?? "",
        accept: exchange.header("accept") ?? "",
        protocol: exchange.protocol,
        connection: exchange.connection,
        get status() {
          return exchange.status;
        },
        get bytesWritten() {
          return exchange.bytesWritten;
        },
        get closed() {
          return exchange.closed;
        },
      });
      if (records.length > KEPT) {
        records = records.slice(KEPT / 10);
        dropped += KEPT / 10;
      }
      for (const look of [...waiting]) look();
    },
  };
}
