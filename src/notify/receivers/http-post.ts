/**
 * One HTTP request to a service that takes messages, and what its answer means. Follows no redirect (the message and
 * its credentials are for this address only), reads a bounded part of the answer, and never repeats the address's path,
 * its query or a credential in what it says.
 */
import { Agent, type Dispatcher, ProxyAgent, request } from "undici";
import { type Duration, type Instant, SECOND } from "../../core/model/time.ts";
import { maskSecrets } from "../../core/text/mask.ts";
import type { SendFailure, SendResult } from "../../ports/notifications.ts";

export interface HttpOptions {
  /** PEM of the authority that the receiver's certificate is signed by. Asked for each message: files rotate. */
  readonly ca?: () => Promise<string>;
  /** The proxy on the way to an address, such as `http://proxy:3128`; undefined for none. */
  readonly proxy?: (url: URL) => Promise<string | undefined>;
  readonly now: () => Instant;
}

export interface HttpMessage {
  readonly url: string;
  readonly method?: "POST" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** What must not appear in any message: tokens, keys. The URL's own secrets are known. */
  readonly secrets?: readonly string[];
}

/** An answer of the service, however it went. */
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

/** Answers are short; whoever sends a hundred megabytes is cut off here. */
const MAX_ANSWER = 64 * 1024;
const MAX_EXCERPT = 200;

export function createHttpPoster({ ca, proxy, now }: HttpOptions): HttpPoster {
  let pool: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;

  /** The connections that are kept open, made anew when what they were made of has changed. */
  async function connections(url: URL): Promise<Dispatcher> {
    const [authority, way] = await Promise.all([ca?.(), proxy?.(url)]);
    const key = `${way ?? ""}\n${authority ?? ""}`;
    if (pool?.key !== key) {
      void pool?.dispatcher.close();
      pool = { key, dispatcher: createHttpDispatcher(authority, way) };
    }
    return pool.dispatcher;
  }

  return {
    async post(message, signal) {
      const url = URL.parse(message.url);
      if (url === null || !/^https?:$/.test(url.protocol)) {
        const detail = "the address of the receiver is not a URL that begins with https:// or http://";
        return refused("clientError", false, detail);
      }
      try {
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

function createHttpDispatcher(ca: string | undefined, proxy: string | undefined): Dispatcher {
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
      if (length >= MAX_ANSWER) break;
    }
  } catch {
    // The status has been said: a body that breaks off changes nothing about it.
  }
  body.destroy();
  return Buffer.concat(parts).subarray(0, MAX_ANSWER).toString("utf8");
}

/** `120` or an HTTP date (RFC 9110, 10.2.3), as a span from now. */
export function parseRetryAfter(header: string | string[] | undefined, now: Instant): Duration | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * SECOND;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * What a status means for a message. Delivered: 2xx. Tried again: what may pass by itself or be mended while the
 * message waits (408, 425, 429, 5xx; also 401 and 403, since a credential can be rotated or granted). Given up at once:
 * what will be refused however often it is sent.
 */
export function judgeStatus(
  { status, body, retryAfter }: Extract<HttpAnswer, { answered: true }>,
  message: Pick<HttpMessage, "url" | "secrets">,
): SendResult {
  if (status >= 200 && status < 300) return { delivered: true };
  const detail = `${hostOf(message.url)} answered ${status}${excerpt(body, message)}`;
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
        detail: `${detail}: it redirects, which is not followed; configure the address that it points to`,
      };
    default:
      return { delivered: false, retry: false, reason: "clientError", detail };
  }
}

/** Posts and judges by the status alone, which is all that most services need. */
export async function postJson(poster: HttpPoster, message: HttpMessage, signal: AbortSignal): Promise<SendResult> {
  const answer = await poster.post(
    { ...message, headers: { "content-type": "application/json", ...message.headers } },
    signal,
  );
  return answer.answered ? judgeStatus(answer, message) : answer.failure;
}

/** The beginning of what the service said, without anything that must not be seen. */
export function excerpt(body: string, { url, secrets = [] }: Pick<HttpMessage, "url" | "secrets">): string {
  const line = redact(body.replace(/\s+/g, " ").trim(), [...secrets, ...secretsOfUrl(url)]);
  if (line === "") return "";
  return `: ${line.length > MAX_EXCERPT ? `${line.slice(0, MAX_EXCERPT)}…` : line}`;
}

/** Takes out what is known to be secret, then what looks like it. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 4) clean = clean.replaceAll(secret, "[masked]");
  return maskSecrets(clean);
}

/** The whole address, its path, its longer parts, its query and its credentials: any of them may be the secret. */
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

export function hostOf(address: string): string {
  return URL.parse(address)?.host ?? "the receiver";
}

function refused(reason: SendFailure, retry: boolean, detail: string): HttpAnswer {
  return { answered: false, failure: { delivered: false, retry, reason, detail } };
}

function describeFailure(error: unknown, url: URL, signal: AbortSignal): HttpAnswer {
  if (signal.aborted) {
    const late = (signal.reason as { name?: unknown } | undefined)?.name === "TimeoutError";
    return late
      ? refused("timeout", true, `${url.host} did not answer in time`)
      : refused("network", true, `sending to ${url.host} was broken off`);
  }
  const code = codeOf(error);
  // A file that cannot be read: its name says where to look, and is no secret.
  if (error instanceof Error && "path" in error && !("address" in error)) {
    return refused("clientError", true, `${String(error.path)} cannot be read (${code})`);
  }
  if (/TIMEOUT|TIMEDOUT/.test(code)) return refused("timeout", true, `${url.host} did not answer in time`);
  const remedy = REMEDIES[code];
  return refused("network", true, `${url.host} ${remedy ?? "cannot be reached"}${code === "" ? "" : ` (${code})`}`);
}

/** The deepest code: undici wraps what the socket says. */
function codeOf(error: unknown): string {
  let code = "";
  for (let one = error; one instanceof Error; one = one.cause) {
    if ("code" in one && typeof one.code === "string") code = one.code;
    if (one instanceof AggregateError && one.errors.length > 0 && code === "") return codeOf(one.errors[0]);
  }
  return code;
}

const UNTRUSTED = "has a certificate that is not trusted: give its CA with ca_file";

const REMEDIES: Readonly<Record<string, string>> = {
  ENOTFOUND: "is a name that does not resolve",
  EAI_AGAIN: "cannot be resolved at present",
  ECONNREFUSED: "refuses connections",
  ECONNRESET: "broke the connection",
  UND_ERR_SOCKET: "broke the connection",
  EHOSTUNREACH: "cannot be reached: no route to it",
  ENETUNREACH: "cannot be reached: no network",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "has a certificate that has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "has a certificate for another name",
};
