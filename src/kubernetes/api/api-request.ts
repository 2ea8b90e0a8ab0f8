import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { decodeStatus } from "../decode/decoder.ts";
import { TransportError } from "../transport/error.ts";
import type { Transport } from "../transport/types.ts";

/** One short request to the API server. */
export interface ApiCall {
  readonly method: "GET" | "POST";
  /** From the API server's root, with the query. */
  readonly path: string;
  readonly accept?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Overrides our own credentials. */
  readonly token?: string;
  /** For the whole response; 10 s by default. */
  readonly deadline?: Duration;
  /** Maximum size of the body in bytes; 8 MiB by default. */
  readonly limit?: number;
  /** Which part of a longer body is kept; the end for logs. */
  readonly keep?: "beginning" | "end";
}

export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** The body was longer than the limit. */
  readonly isCut: boolean;
  /** The `Date` header (RFC 9110). */
  readonly date?: string | undefined;
}

/** Resolves with every status; rejects with a TransportError without a complete response in time. */
export type ApiRequest = (call: ApiCall) => Promise<ApiAnswer>;

const DEADLINE: Duration = 10 * SECOND;
const LIMIT = 8 << 20;

export function createApiRequest(transport: Transport, clock: Clock): ApiRequest {
  return async ({ deadline = DEADLINE, limit = LIMIT, keep = "beginning", ...call }) => {
    const giveUp = new AbortController();
    const timer = clock.after(deadline, () => giveUp.abort());
    try {
      const response = await transport.request({
        method: call.method,
        path: call.path,
        headers: {
          accept: call.accept ?? "application/json",
          ...(call.json === undefined ? {} : { "content-type": "application/json" }),
          ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
        },
        ...(call.json === undefined ? {} : { body: Buffer.from(JSON.stringify(call.json)) }),
        headTimeout: deadline,
        signal: giveUp.signal,
      });
      const { chunks, isCut } = await collect(response, limit, keep);
      const body = Buffer.concat(chunks);
      return {
        status: response.status,
        contentType: response.contentType,
        body: keep === "end" ? body.subarray(-limit) : body.subarray(0, limit),
        isCut,
        date: response.headers.date,
      };
    } catch (error) {
      if (!giveUp.signal.aborted) throw error;
      throw new TransportError("TIMEOUT", `the API server did not answer within ${deadline / SECOND} s`, error);
    } finally {
      timer.cancel();
    }
  };
}

/** At most one chunk more than `limit` of the body. */
async function collect(body: Pick<Awaited<ReturnType<Transport["request"]>>, "read">, limit: number, keep: string) {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let isCut = false;
  const enough = new Error("enough");
  try {
    await body.read((chunk) => {
      chunks.push(Uint8Array.from(chunk));
      kept += chunk.byteLength;
      if (kept <= limit) return;
      isCut = true;
      if (keep === "beginning") throw enough;
      while (kept - chunks[0]!.byteLength >= limit) kept -= chunks.shift()!.byteLength;
    });
  } catch (error) {
    if (error !== enough) throw error;
  }
  return { chunks, isCut };
}

/** The API server refused a request. The message is for the person who can fix it. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Throws ApiRefusal unless the status is 2xx. `what` completes "not allowed to …", such as `list events in shop`. */
export function checkAnswer(answer: ApiAnswer, what: string): void {
  if (answer.status >= 200 && answer.status < 300) return;
  throw new ApiRefusal(answer.status, whyRefused(answer, what));
}

/** Includes the server's own message, which names users and objects. */
function whyRefused(answer: ApiAnswer, what: string): string {
  const said = decodeStatus(answer.contentType, answer.body)?.message.slice(0, 500) ?? "";
  const reason = said === "" ? "" : `: ${said}`;
  switch (answer.status) {
    case 401:
      return `The API server rejects the credentials (401)${reason}`;
    case 403:
      return `Not allowed to ${what} (403)${reason}`;
    case 404:
      return `Not found: cannot ${what} (404)${reason}`;
    case 429:
      return `The API server is too busy to ${what} (429)${reason}`;
    default:
      return `The API server failed to ${what} (${answer.status})${reason}`;
  }
}

/** The body as a JSON object. Throws ApiRefusal for anything else, such as the HTML of a proxy. */
export function jsonOf(answer: ApiAnswer, what: string): Readonly<Record<string, unknown>> {
  if (answer.isCut)
    throw new ApiRefusal(
      answer.status,
      `The response is too large to ${what}: stopped after ${answer.body.length} bytes.`,
    );
  try {
    const value: unknown = JSON.parse(answer.body.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const type = answer.contentType === "" ? "without a Content-Type" : `as ${answer.contentType.slice(0, 80)}`;
  throw new ApiRefusal(
    answer.status,
    `The response is not from an API server (received ${type}), so this program cannot ${what}. Check for a proxy in between.`,
  );
}
