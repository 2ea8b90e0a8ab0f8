/** Every way in which a list or a watch can end other than well, told apart by what is to be done about it. */

import { type Duration, SECOND } from "../../core/model/time.ts";
import { errorMessage } from "../../util/error-message.ts";
import { type ApiStatus, DecodeError } from "../decode/decoder.ts";
import { TransportError } from "../transport/error.ts";

export type FailureKind =
  /** 410: the server no longer has the changes since our resourceVersion. */
  | "expired"
  /** 429, or 503 with Retry-After: too much at once, or not ready yet. */
  | "throttled"
  /** 401 also with credentials just read anew, or there are none to be read. */
  | "unauthenticated"
  /** 403. */
  | "forbidden"
  /** 404. */
  | "missing"
  /** The server has not come as far as our resourceVersion. */
  | "ahead"
  /** The server does not know what was asked for: 400, 405, 406, 415, 422, 501. */
  | "unsupported"
  /** 5xx, as a status or as an ERROR event. */
  | "server"
  /** No answer, or no whole one: refused, reset, not resolved, too late. */
  | "network"
  /** The connection stands, and nothing comes. */
  | "silent"
  /** What came cannot be read, or is not what an API server says. */
  | "undecodable"
  /** We ourselves ended it. */
  | "aborted";

export interface FailureDetails {
  readonly status?: number | undefined;
  readonly retryAfter?: Duration | undefined;
  readonly inStream?: boolean;
  readonly label?: string;
  readonly cause?: unknown;
}

export class WatchFailure extends Error {
  override readonly name = "WatchFailure";
  readonly kind: FailureKind;
  /** The HTTP status, or the code of an ERROR event. */
  readonly status: number | undefined;
  /** How long the server asked us to wait. */
  readonly retryAfter: Duration | undefined;
  /** An ERROR event of a watch that had been accepted, not the answer to a request. */
  readonly inStream: boolean;
  /** One word for counters; at most one per kind and a few for "network". */
  readonly label: string;

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
    this.inStream = details.inStream ?? false;
    this.label = details.label ?? kind;
  }
}

/** What a `Status` means, from an answer's body or from an ERROR event of the stream. */
export function failureOfStatus(status: ApiStatus, inStream: boolean): WatchFailure {
  const said = inStream ? "the watch was ended with" : "answered";
  const message = `${said} ${status.code} ${status.reason}${status.message === "" ? "" : `: ${clip(status.message)}`}`;
  const retryAfter = status.retryAfterSeconds === undefined ? undefined : status.retryAfterSeconds * SECOND;
  return new WatchFailure(kindOf(status, retryAfter), message, { status: status.code, retryAfter, inStream });
}

/** What an HTTP status without a readable `Status` means; `received` is the beginning of what came instead. */
export function failureOfAnswer(
  status: number,
  contentType: string,
  received: string,
  retryAfter: Duration | undefined,
  reason = "that is not what an API server says",
): WatchFailure {
  const what = contentType === "" ? "without a Content-Type" : `as ${clip(contentType, 80)}`;
  const kind = kindOf({ code: status, reason: "", message: "", causes: [] }, retryAfter);
  const beginning = received === "" ? "with an empty body" : `that begins with ${JSON.stringify(clip(received))}`;
  return new WatchFailure(kind, `answered ${status} ${what} ${beginning}: ${reason}; is there a proxy in between?`, {
    status,
    retryAfter,
  });
}

/** Whatever was thrown while asking and reading. */
export function failureOf(error: unknown): WatchFailure {
  if (error instanceof WatchFailure) return error;
  const message = errorMessage(error);
  if (error instanceof DecodeError) return new WatchFailure("undecodable", message, { cause: error });
  if (!(error instanceof TransportError)) return new WatchFailure("network", message, { cause: error });
  switch (error.code) {
    case "ABORTED":
      return new WatchFailure("aborted", message, { cause: error });
    case "CREDENTIALS":
      return new WatchFailure("unauthenticated", message, { cause: error });
    case "PROTOCOL":
      return new WatchFailure("undecodable", message, { cause: error, label: "protocol" });
    case "PING_TIMEOUT":
      return new WatchFailure("network", message, { cause: error, label: "ping" });
    case "RESET":
    case "TRUNCATED":
    case "ECONNRESET":
    case "EPIPE":
      return new WatchFailure("network", message, { cause: error, label: "reset" });
    default:
      return new WatchFailure("network", message, { cause: error, label: "unreachable" });
  }
}

type Told = Pick<ApiStatus, "code" | "reason" | "message" | "causes">;

function kindOf({ code, reason, message, causes }: Told, retryAfter: Duration | undefined): FailureKind {
  if (code === 410 || reason === "Expired" || reason === "Gone") return "expired";
  if (causes.includes("ResourceVersionTooLarge") || message.includes("Too large resource version")) return "ahead";
  if (code === 401) return "unauthenticated";
  if (code === 403) return "forbidden";
  if (code === 404) return "missing";
  if (code === 429 || (code === 503 && retryAfter !== undefined)) return "throttled";
  if (UNSUPPORTED.has(code) || message.includes("RequestWatchProgress")) return "unsupported";
  if (code >= 500) return "server";
  return "undecodable";
}

/** etcd before 3.4.25 cannot end the initial events of a WatchList and says so with a 500 (RequestWatchProgress). */
const UNSUPPORTED: ReadonlySet<number> = new Set([400, 405, 406, 415, 422, 501]);

/** Retry-After as seconds or as a date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): Duration | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * SECOND;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** At most `length` characters, in one line: what a stranger sent goes into logs and pages. */
function clip(text: string, length = 200): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length)}…`;
}
