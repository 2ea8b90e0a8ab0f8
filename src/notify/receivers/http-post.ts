/**
 * One HTTP request to a receiver, and the meaning of its response. Redirects are not followed, because message and
 * credentials are for the configured address only. Details of results contain no path, query or credential.
 */
import type * as Undici from "undici";
import type { Dispatcher } from "undici";
import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import { maskSecrets } from "../../core/text/mask.ts";
import type { SendFailure, SendResult } from "../../ports/notifications.ts";

export interface HttpOptions {
  /** Certificate authority of the receiver as PEM. Called for each message, because files rotate. */
  readonly ca?: () => Promise<string>;
  /** The proxy for an address, such as `http://proxy:3128`; undefined for none. */
  readonly proxy?: (url: URL) => Promise<string | undefined>;
  readonly now: () => Instant;
}

export interface HttpMessage {
  readonly url: string;
  readonly method?: "POST" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Tokens and keys that must not appear in results. Those in the URL are masked as well. */
  readonly secrets?: readonly string[];
}

/** The response of the service, or why there is none. */
export type HttpAnswer =
  | {
      readonly answered: true;
      readonly status: number;
      readonly body: string;
      readonly retryAfter: Duration | undefined;
    }
  | { readonly answered: false; readonly failure: Extract<SendResult, { delivered: false }> };

export interface HttpPoster extends AsyncDisposable {
  post(message: HttpMessage, signal: AbortSignal): Promise<HttpAnswer>;
}

/** Bytes of a response that are read. */
const MAX_RESPONSE = 64 * 1024;
const MAX_EXCERPT = 200;

export function createHttpPoster({ ca, proxy, now }: HttpOptions): HttpPoster {
  // Loaded where a receiver is configured. A failure shows with each message.
  const loading = import("undici");
  loading.catch(() => {});
  let pool: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  /** The connection pool, replaced when certificate authority or proxy change. */
  async function connections(url: URL): Promise<Dispatcher> {
    const [undici, authority, proxyUrl] = await Promise.all([loading, ca?.(), proxy?.(url)]);
    const key = `${proxyUrl ?? ""}\n${authority ?? ""}`;
    if (pool?.key !== key) {
      void pool?.dispatcher.close();
      pool = { key, dispatcher: createHttpDispatcher(undici, authority, proxyUrl) };
    }
    return pool.dispatcher;
  }

  return {
    async post(message, signal) {
      const url = URL.parse(message.url);
      if (url === null || !/^https?:$/.test(url.protocol)) {
        const detail = "the address of the receiver is not an http or https URL";
        return failure("clientError", false, detail);
      }
      try {
        const { request } = await loading;
        const answer = await request(url, {
          method: message.method ?? "POST",
          headers: { "user-agent": "pod-watcher", ...message.headers },
          body: message.body,
          dispatcher: await connections(url),
          signal,
          headersTimeout: 60 * SECOND,
          bodyTimeout: 60 * SECOND,
        });
        return {
          answered: true,
          status: answer.statusCode,
          body: await readSome(answer.body),
          retryAfter: parseRetryAfter(answer.headers["retry-after"], now()),
        };
      } catch (error) {
        return describeFailure(error, url, signal);
      }
    },
    async [Symbol.asyncDispose]() {
      await pool?.dispatcher.destroy();
    },
  };
}

function createHttpDispatcher(
  { Agent, ProxyAgent }: typeof Undici,
  ca: string | undefined,
  proxy: string | undefined,
): Dispatcher {
  const tls = ca === undefined ? {} : { ca };
  const common = { keepAliveTimeout: 30 * SECOND, connections: 8 };
  if (proxy === undefined) return new Agent({ ...common, connect: { ...tls, timeout: 10 * SECOND } });
  return new ProxyAgent({ ...common, uri: proxy, requestTls: tls });
}

async function readSome(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of body) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length >= MAX_RESPONSE) break;
    }
  } catch {
    // The status is known; the body is for messages only.
  }
  body.destroy();
  return Buffer.concat(parts).subarray(0, MAX_RESPONSE).toString("utf8");
}

/** `120` or an HTTP date (RFC 9110, 10.2.3), as a duration from now. */
export function parseRetryAfter(header: string | string[] | undefined, now: Instant): Duration | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * SECOND;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * The result of a response by its status. 2xx is delivered. Temporary failures are retried: 408, 425, 429 and 5xx, and
 * 401 and 403 because credentials can be rotated or granted. All others are given up.
 */
export function judgeStatus(
  { status, body, retryAfter }: Extract<HttpAnswer, { answered: true }>,
  message: Pick<HttpMessage, "url" | "secrets">,
): SendResult {
  if (status >= 200 && status < 300) return { delivered: true };
  const detail = `${hostOf(message.url)} responded with ${status}${excerpt(body, message)}`;
  const again = retryAfter === undefined ? {} : { retryAfter };
  switch (true) {
    case status === 401 || status === 403:
      return { delivered: false, retry: true, reason: "authError", detail, ...again };
    case status === 408 || status === 425:
      return { delivered: false, retry: true, reason: "timeout", detail, ...again };
    case status === 413:
      return { delivered: false, retry: false, reason: "tooLarge", detail };
    case status === 429:
      return { delivered: false, retry: true, reason: "rateLimited", detail, ...again };
    case status >= 500:
      return { delivered: false, retry: true, reason: "serverError", detail, ...again };
    case status >= 300 && status < 400:
      return {
        delivered: false,
        retry: false,
        reason: "clientError",
        detail: `${detail}: redirects are not followed, configure the target address instead`,
      };
    default:
      return { delivered: false, retry: false, reason: "clientError", detail };
  }
}

/** Posts JSON, for services whose status is the result. */
export async function postJson(poster: HttpPoster, message: HttpMessage, signal: AbortSignal): Promise<SendResult> {
  const answer = await poster.post(
    { ...message, headers: { "content-type": "application/json", ...message.headers } },
    signal,
  );
  return answer.answered ? judgeStatus(answer, message) : answer.failure;
}

/** The start of the response body, without secrets. */
export function excerpt(body: string, { url, secrets = [] }: Pick<HttpMessage, "url" | "secrets">): string {
  const line = redact(body.replace(/\s+/g, " ").trim(), [...secrets, ...secretsOfUrl(url)]);
  if (line === "") return "";
  return `: ${line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT)}…` : line}`;
}

/** Masks known secrets, then text that looks like a secret. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, "[masked]");
  return maskSecrets(clean);
}

/** The address, its path, longer parts, query and credentials: any of them may be the secret. */
function secretsOfUrl(address: string): readonly string[] {
  const url = URL.parse(address);
  if (url === null) return [address];
  const parts = [...url.pathname.split("/"), ...[...url.searchParams.values()], url.username, url.password];
  return [
    url.href,
    address,
    `${url.pathname}${url.search}`,
    url.pathname.length > 4 ? url.pathname : "",
    ...parts.filter((part) => part.length >= 8).flatMap((part) => [part, decoded(part)]),
  ].sort((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The path below a base address, which may have a path and slashes at its end. */
export function below(base: string, path: string): string {
  return `${base.replace(/\/+$/, "")}${path}`;
}

export function hostOf(address: string): string {
  return URL.parse(address)?.host ?? "the receiver";
}

function failure(reason: SendFailure, retry: boolean, detail: string): HttpAnswer {
  return { answered: false, failure: { delivered: false, retry, reason, detail } };
}

function describeFailure(error: unknown, url: URL, signal: AbortSignal): HttpAnswer {
  if (signal.aborted) {
    const late = (signal.reason as { name?: unknown } | undefined)?.name === "TimeoutError";
    return late
      ? failure("timeout", true, `${url.host} timed out`)
      : failure("network", true, `the request to ${url.host} was aborted`);
  }
  const code = codeOf(error);
  // A file that cannot be read. Its path is not secret.
  if (error instanceof Error && "path" in error && !("address" in error)) {
    return failure("clientError", true, `${String(error.path)} cannot be read (${code})`);
  }
  if (/TIMEOUT|TIMEDOUT/.test(code)) return failure("timeout", true, `${url.host} timed out`);
  const remedy = REMEDIES[code];
  return failure("network", true, `${url.host} ${remedy ?? "cannot be reached"}${code === "" ? "" : ` (${code})`}`);
}

/** The innermost error code; undici wraps the errors of sockets. */
function codeOf(error: unknown): string {
  let code = "";
  for (let one = error; one instanceof Error; one = one.cause) {
    if ("code" in one && typeof one.code === "string") code = one.code;
    if (one instanceof AggregateError && one.errors.length > 0 && code === "") return codeOf(one.errors[0]);
  }
  return code;
}

const UNTRUSTED = "has an untrusted certificate: set ca_file to its certificate authority";

const REMEDIES: Readonly<Record<string, string>> = {
  ENOTFOUND: "does not resolve: check the name",
  EAI_AGAIN: "cannot be resolved at the moment",
  ECONNREFUSED: "refuses connections",
  ECONNRESET: "closed the connection",
  UND_ERR_SOCKET: "closed the connection",
  EHOSTUNREACH: "cannot be reached: no route to host",
  ENETUNREACH: "cannot be reached: network unreachable",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "has an expired certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: "has a certificate for a different name",
};
