/**
 * Faults between an API server and its client. A rule selects requests and describes what happens to them:
 *
 * ```ts
 * // The second page of a list has expired, once:
 * faults.add({ match: { verb: "list", query: { continue: true } }, fault: status(continueTooOld()) });
 * // Every watch of shop is reset with RST_STREAM(REFUSED_STREAM) after its third event, until the rule is disposed:
 * using rule = faults.add({ match: { verb: "watch", namespace: "shop" }, times: Infinity,
 *   fault: { kind: "stop", afterEvents: 3, break: { how: "stream", code: 7 } } });
 * // The first event is an ERROR event, and the stream stays open:
 * faults.add({ match: { verb: "watch" }, fault: { kind: "insert", afterEvents: 0, frames: [{ error: expired() }] } });
 * ```
 *
 * | fault | kinds |
 * | --- | --- |
 * | a different response: any status, headers, body; HTML pages, wrong types, 200 with a Status | `response`, `status` |
 * | no response, a late one, one that waits for the test, endless headers | `hang`, `delay`, `hold`, `endlessHeader` |
 * | broken before or during a response: RST, FIN, RST_STREAM, GOAWAY, an early end | `break`, `cut`, `stop` |
 * | slow, byte by byte, compressed without being requested, other headers | `dribble`, `gzip`, `headers` |
 * | watches: ERROR and unknown events, broken frames, duplicated, lost, swapped, rewritten events | `insert`, `duplicate`, `lose`, `swap`, `rewrite` |
 * | watches: no bookmarks, no end of the initial events, initial events in descending order | `bookmarks`, `withholdEnd`, `descending` |
 *
 * All rules that match a request apply together, in the order in which they were added; of the rules that replace the
 * response only the first one applies. Faults that affect more than one request are elsewhere: `Simulator` breaks
 * connections, stops and starts the server, restores backups and changes certificates; `Network` is between client and
 * server.
 */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { WatchEventType } from "../encode/types.ts";
import type { ApiRequest } from "../http/api-request.ts";
import type { Break, Exchange } from "../http/exchange.ts";
import type { ApiObject, Status } from "../model/objects.ts";

/** Selects the requests that match all given properties. */
export interface RequestMatch {
  readonly verb?: "get" | "list" | "watch" | "create";
  /** `pods`, `events`, `pods/log`… */
  readonly resource?: string;
  readonly namespace?: string;
  /** A prefix of the path. */
  readonly path?: string;
  /** Query parameters by name: the value, `true` for present, `false` for absent. */
  readonly query?: Readonly<Record<string, string | boolean>>;
}

export interface FaultRule {
  readonly match: RequestMatch;
  /** The first matching request that is affected, counted from 1; default 1. */
  readonly nth?: number;
  /** How many requests are affected; default 1. */
  readonly times?: number;
  readonly fault: Fault;
}

export type Fault = ResponseFault | BodyFault | WatchFault;

/** Replaces the server's response, or happens before it. */
export type ResponseFault =
  | {
      readonly kind: "response";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  /** A Status in the encoding that the client accepts, with its `Retry-After`. */
  | { readonly kind: "status"; readonly status: Status }
  /** Endless headers: one header block on HTTP/1.1, informational responses (103) on HTTP/2. */
  | { readonly kind: "endlessHeader" }
  /** Never responds. */
  | { readonly kind: "hang" }
  /** Breaks the exchange before the response begins. */
  | { readonly kind: "break"; readonly break: Break }
  | { readonly kind: "delay"; readonly for: Duration }
  /** Continues when the promise resolves. */
  | { readonly kind: "hold"; readonly until: Promise<unknown> };

/** Changes the bytes of the server's response. */
export type BodyFault =
  /** Passes this many bytes of the body. */
  | { readonly kind: "cut"; readonly afterBytes: number; readonly break: Break }
  /** Writes `size` bytes at a time with a pause in between; a pause of 0 is one iteration of the event loop. */
  | { readonly kind: "dribble"; readonly size: number; readonly every: Duration }
  | { readonly kind: "gzip" }
  /** Adds or replaces headers. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> };

/** Changes the events of a watch. Bookmarks count as events, in the order in which they are written. */
export type WatchFault =
  | { readonly kind: "insert"; readonly afterEvents: number; readonly frames: readonly InsertedFrame[] }
  | { readonly kind: "stop"; readonly afterEvents: number; readonly break: Break }
  /** Sends every event twice. */
  | { readonly kind: "duplicate" }
  /** Drops every nth event (default: every one), except bookmarks and initial events. */
  | { readonly kind: "lose"; readonly every?: number }
  /** Sends each event after the next one. */
  | { readonly kind: "swap" }
  | { readonly kind: "rewrite"; readonly event: (event: SeenEvent) => readonly InsertedFrame[] | "as it is" }
  | { readonly kind: "bookmarks"; readonly interval: Duration | "never" }
  /** Sends neither the bookmark that ends the initial events nor anything after it; the stream stays open. */
  | { readonly kind: "withholdEnd" }
  /** Sends the initial events with the highest resourceVersion first. */
  | { readonly kind: "descending" };

/** Data that is inserted into a watch. */
export type InsertedFrame =
  | { readonly error: Status }
  /** An event of any type about any object, encoded as the watch is. */
  | { readonly type: WatchEventType | (string & {}); readonly object: ApiObject }
  /** Arbitrary bytes in place of an event, in the framing of the encoding. */
  | { readonly frame: string | Uint8Array }
  /** Bytes without framing. */
  | { readonly raw: string | Uint8Array };

export interface SeenEvent {
  readonly type: string;
  /** Undefined for bookmarks. */
  readonly object: ApiObject | undefined;
  readonly initial: boolean;
}

/** An active rule. Disposing removes it. */
export interface ActiveRule extends Disposable {
  /** How many requests it has affected so far. */
  readonly hits: number;
}

export interface Faults {
  add(rule: FaultRule): ActiveRule;
  clear(): void;
  /** The faults for a request, in order. Counts the request for each matching rule. */
  applicable(request: ApiRequest | undefined, exchange: Pick<Exchange, "url">): readonly Fault[];
}

export function createFaults(): Faults {
  const rules = new Set<{ readonly rule: FaultRule; matched: number; hits: number }>();
  return {
    add: (rule) => {
      const active = { rule, matched: 0, hits: 0 };
      rules.add(active);
      return {
        get hits() {
          return active.hits;
        },
        [Symbol.dispose]: () => void rules.delete(active),
      };
    },
    clear: () => rules.clear(),
    applicable: (request, exchange) => {
      const faults: Fault[] = [];
      for (const active of rules) {
        if (!fits(active.rule.match, request, exchange.url)) continue;
        active.matched++;
        const { nth = 1, times = 1, fault } = active.rule;
        if (active.matched < nth || active.hits >= times) continue;
        active.hits++;
        faults.push(fault);
      }
      return faults;
    },
  };
}

/** A fault that responds with this Status. */
export function status(responded: Status): Fault {
  return { kind: "status", status: responded };
}

export function fits(
  match: RequestMatch,
  request: Pick<ApiRequest, "verb" | "resource" | "namespace"> | undefined,
  url: URL,
): boolean {
  if (match.verb !== undefined && match.verb !== request?.verb) return false;
  if (match.resource !== undefined && match.resource !== request?.resource) return false;
  if (match.namespace !== undefined && match.namespace !== request?.namespace) return false;
  if (match.path !== undefined && !url.pathname.startsWith(match.path)) return false;
  return Object.entries(match.query ?? {}).every(([name, wanted]) => {
    const given = url.searchParams.get(name);
    return typeof wanted === "boolean" ? (given !== null) === wanted : given === wanted;
  });
}
