/** The ways in which a list or a watch fails, classified by the reaction that they need. */

import { type Duration, SECOND } from "../../core/model/time.ts";
import { errorMessage } from "../../util/error-message.ts";
import { DecodeError } from "../decode/decode-error.ts";
import type { ApiStatus } from "../decode/types.ts";
import { TransportError } from "../transport/error.ts";

export type FailureKind =
  /** 410: the server no longer has the changes since this resourceVersion. */
  | "expired"
  /** 429, or 503 with Retry-After: too many requests, or not ready yet. */
  | "throttled"
  /** 401 even with credentials that were just reread, or no credentials. */
  | "unauthenticated"
  /** 403. */
  | "forbidden"
  /** 404. */
  | "missing"
  /** The server has not reached this resourceVersion yet. */
  | "ahead"
  /** The server does not support the request: 400, 405, 406, 415, 422, 501. */
  | "unsupported"
  /** 5xx, as a status or as an ERROR event. */
  | "server"
  /** No complete response: refused, reset, not resolved, timed out. */
  | "network"
  /** The connection is open, but nothing arrives. */
  | "silent"
  /** The response cannot be decoded, or does not come from an API server. */
  | "undecodable"
  /** Cancelled by this program. */
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
  /** Requested by the server. */
  readonly retryAfter: Duration | undefined;
  /** An ERROR event of an accepted watch, as opposed to a response status. */
  readonly inStream: boolean;
  /** Label for counters: at most one per kind, and a few for "network" and "silent". */
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

/** Classifies a `Status` from a response body or from an ERROR event. */
export function failureOfStatus(status: ApiStatus, inStream: boolean): WatchFailure {
  const verb = inStream ? "the watch ended with" : "answered";
  const message = `${verb} ${status.code} ${status.reason}${status.message === "" ? "" : `: ${clip(status.message)}`}`;
  const retryAfter = status.retryAfterSeconds === undefined ? undefined : status.retryAfterSeconds * SECOND;
  return new WatchFailure(kindOf(status, retryAfter), message, { status: status.code, retryAfter, inStream });
}

/** Classifies an HTTP status without a readable `Status`; `received` is the start of the body. */
export function failureOfAnswer(
  status: number,
  contentType: string,
  received: string,
  retryAfter: Duration | undefined,
  reason = "this is not a response of an API server",
): WatchFailure {
  const what = contentType === "" ? "without a Content-Type" : `as ${clip(contentType, 80)}`;
  const kind = kindOf({ code: status, reason: "", message: "", causes: [] }, retryAfter);
  const body =
    received === "" ? "with an empty body" : `with a body that starts with ${JSON.stringify(clip(received))}`;
  return new WatchFailure(kind, `answered ${status} ${what} ${body}: ${reason}; check for a proxy in between`, {
    status,
    retryAfter,
  });
}

/** Classifies any error of a request or its response. */
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
    case "GOAWAY":
      return new WatchFailure("network", message, { cause: error, label: "goaway" });
    case "RESET":
    case "TRUNCATED":
    case "ECONNRESET":
    case "EPIPE":
      return new WatchFailure("network", message, { cause: error, label: "reset" });
    default:
      return new WatchFailure("network", message, { cause: error, label: "unreachable" });
  }
}

type StatusFields = Pick<ApiStatus, "code" | "reason" | "message" | "causes">;

function kindOf({ code, reason, message, causes }: StatusFields, retryAfter: Duration | undefined): FailureKind {
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

/** etcd before 3.4.25 cannot end the initial events of a WatchList, which shows as a 500 (RequestWatchProgress). */
const UNSUPPORTED: ReadonlySet<number> = new Set([400, 405, 406, 415, 422, 501]);

/** Parses Retry-After, as seconds or as a date (RFC 9110, section 10.2.3). `now` is epoch milliseconds. */
export function parseRetryAfter(value: string | undefined, now: number): Duration | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * SECOND;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Untrusted text for logs and pages: one line, at most `length` characters. */
function clip(text: string, length = 200): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length)}…`;
}
