/**
 * Everything that can go wrong between an API server and its client, on purpose. A rule says which requests it concerns
 * and what happens to them:
 *
 * ```ts
 * // The second page of a list has expired, once:
 * faults.add({ match: { verb: "list", query: { continue: true } }, fault: status(continueTooOld()) });
 * // Every watch of shop breaks with RST_STREAM(REFUSED_STREAM) after its third event, until the rule is disposed of:
 * using rule = faults.add({ match: { verb: "watch", namespace: "shop" }, times: Infinity,
 *   fault: { kind: "stop", afterEvents: 3, break: { how: "stream", code: 7 } } });
 * // An ERROR event comes as the first one, and the stream stays open:
 * faults.add({ match: { verb: "watch" }, fault: { kind: "insert", afterEvents: 0, frames: [{ error: expired() }] } });
 * ```
 *
 * | what | how |
 * | --- | --- |
 * | an answer of one's own: any status, headers, body; HTML pages, wrong types, 200 with a Status | `answer`, `status` |
 * | no answer, a late one, one that waits for the test, headers without end | `hang`, `delay`, `hold`, `endlessHeader` |
 * | broken before or in the middle of an answer: RST, FIN, RST_STREAM, GOAWAY, an early end | `break`, `cut`, `stop` |
 * | slow, in pieces of a byte, compressed though nobody asked, other headers | `dribble`, `gzip`, `headers` |
 * | watches: ERROR and unknown events, broken frames, doubled, lost, swapped, rewritten events | `insert`, `duplicate`, `lose`, `swap`, `rewrite` |
 * | watches: no bookmarks, no end of the initial events, these in descending order | `bookmarks`, `withholdEnd`, `descending` |
 *
 * All rules that match a request take effect together, in the order in which they were added; of those that answer in
 * the server's place the first one does. What concerns more than a request is elsewhere: `Simulator` breaks connections,
 * stops and starts the server, restores backups and changes certificates; `Network` stands between client and server.
 */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { WatchEventType } from "../encode/types.ts";
import type { ApiRequest } from "../http/api-request.ts";
import type { Break, Exchange } from "../http/exchange.ts";
import type { ApiObject, Status } from "../model/objects.ts";

/** Which requests: those that all given properties fit. */
export interface RequestMatch {
  readonly verb?: "get" | "list" | "watch" | "create";
  /** `pods`, `events`, `pods/log`… */
  readonly resource?: string;
  readonly namespace?: string;
  /** The path begins so. */
  readonly path?: string;
  /** Query parameters by name: this value; `true`, there at all; `false`, not there. */
  readonly query?: Readonly<Record<string, string | boolean>>;
}

export interface FaultRule {
  readonly match: RequestMatch;
  /** Begins with the nth request that matches, counted from 1; the first when not given. */
  readonly nth?: number;
  /** How many requests it concerns; one when not given. */
  readonly times?: number;
  readonly fault: Fault;
}

export type Fault = AnswerFault | BodyFault | WatchFault;

/** Instead of what the server would do, or before it. */
export type AnswerFault =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  /** A Status in the encoding that the client asked for, with its `Retry-After`. */
  | { readonly kind: "status"; readonly status: Status }
  /** Headers without end: one header block on HTTP/1.1, informational answers (103) on HTTP/2. */
  | { readonly kind: "endlessHeader" }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** Breaks off before anything was answered. */
  | { readonly kind: "break"; readonly break: Break }
  | { readonly kind: "delay"; readonly for: Duration }
  /** Goes on when the promise resolves. */
  | { readonly kind: "hold"; readonly until: Promise<unknown> };

/** Done to the bytes of the server's answer. */
export type BodyFault =
  /** Lets so many bytes of the body through. */
  | { readonly kind: "cut"; readonly afterBytes: number; readonly break: Break }
  /** So many bytes at a time, with a pause between them; a pause of 0 is a turn of the event loop. */
  | { readonly kind: "dribble"; readonly size: number; readonly every: Duration }
  | { readonly kind: "gzip" }
  /** Headers that are added or replaced. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> };

/** Done to the events of a watch. They are counted with bookmarks, as they are written. */
export type WatchFault =
  | { readonly kind: "insert"; readonly afterEvents: number; readonly frames: readonly InsertedFrame[] }
  | { readonly kind: "stop"; readonly afterEvents: number; readonly break: Break }
  /** Every event twice. */
  | { readonly kind: "duplicate" }
  /** Every nth event is lost; every one when not given. Bookmarks and initial events are not. */
  | { readonly kind: "lose"; readonly every?: number }
  /** Each event waits until the next one has been sent. */
  | { readonly kind: "swap" }
  | { readonly kind: "rewrite"; readonly event: (event: SeenEvent) => readonly InsertedFrame[] | "as it is" }
  | { readonly kind: "bookmarks"; readonly interval: Duration | "never" }
  /** The bookmark that ends the initial events does not come, nor anything after it; the stream stays open. */
  | { readonly kind: "withholdEnd" }
  /** The initial events with the highest resourceVersion first. */
  | { readonly kind: "descending" };

/** What is put into a watch. */
export type InsertedFrame =
  | { readonly error: Status }
  /** An event of any type about any object, encoded as the watch is. */
  | { readonly type: WatchEventType | (string & {}); readonly object: ApiObject }
  /** Bytes that take the place of a whole event: framed as the encoding frames events, whatever they are. */
  | { readonly frame: string | Uint8Array }
  /** Bytes just as they are. */
  | { readonly raw: string | Uint8Array };

export interface SeenEvent {
  readonly type: string;
  /** Undefined for bookmarks. */
  readonly object: ApiObject | undefined;
  readonly initial: boolean;
}

/** A rule at work. Disposing of it takes it away. */
export interface ActiveRule extends Disposable {
  /** How many requests it has concerned so far. */
  readonly hits: number;
}

export interface Faults {
  add(rule: FaultRule): ActiveRule;
  clear(): void;
  /** The faults for a request, in order. Counts the request for every rule that it matches. */
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

/** A fault that answers with this Status. */
export function status(answered: Status): Fault {
  return { kind: "status", status: answered };
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
