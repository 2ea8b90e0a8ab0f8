import { decodeTimes, encodeTimes } from "../../src/core/view/api-times.ts";
import type { Calls, Problem, SignIn } from "../../src/http/base/api-types.ts";
import { BASE } from "./base.ts";
import { isSignIn } from "./live/sign-in.ts";

/** An error response of the API. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = "ApiError";
    this.problem = problem;
  }
}

/** The session has ended: 401, or a redirect to a login page, for which `signIn` is undefined. */
export class SignedOut extends Error {
  readonly signIn: SignIn | undefined;

  constructor(signIn: SignIn | undefined) {
    super("You are signed out.");
    this.name = "SignedOut";
    this.signIn = signIn;
  }
}

/** The server did not respond. */
export class Unreachable extends Error {
  constructor() {
    super(navigator.onLine ? "The server does not respond." : "This device is offline.");
    this.name = "Unreachable";
  }
}

type Call = keyof Calls;
type Answer<C extends Call> = Calls[C]["answer"];

interface CallOptions {
  /** Values for the `{…}` of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

let csrf = "";

/** Stores `Me.csrf` for later requests. */
export function rememberCsrf(token: string): void {
  csrf = token;
}

/** Calls the API. Throws ApiError, SignedOut, Unreachable, or the reason of the signal. */
export async function call<C extends Call>(name: C, options: CallOptions = {}): Promise<Answer<C>> {
  const [method, template] = name.split(" ") as [string, string];
  const path = template.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(options.path?.[key] ?? ""));
  const url = new URL(`api/v1/${path}`, BASE);
  for (const [key, value] of Object.entries(encodeTimes(options.query ?? {}) as object)) {
    if (value !== undefined) url.searchParams.set(key, String(value));
  }
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["x-csrf-token"] = csrf;
  const response = await fetch(url, {
    method,
    headers,
    redirect: "manual",
    cache: "no-store",
    body: options.body === undefined ? null : JSON.stringify(encodeTimes(options.body)),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw error instanceof TypeError ? new Unreachable() : error;
  });
  return (await readAnswer(response)) as Answer<C>;
}

async function readAnswer(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
  if (response.ok && isJson) return decodeTimes(await response.json());
  const problem = isJson
    ? (decodeTimes(await response.json().catch(() => undefined)) as Problem | undefined)
    : undefined;
  if (isSignIn(response)) throw new SignedOut(problem?.signIn);
  const requestId = problem?.requestId ?? response.headers.get("x-request-id") ?? undefined;
  throw new ApiError({
    ...(requestId === undefined ? {} : { requestId }),
    title: response.ok ? "The server did not send JSON" : `HTTP ${response.status}`,
    status: response.status,
    ...problem,
  });
}

/** crypto.randomUUID exists in secure contexts only, not over plain HTTP inside a cluster. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The text to show for an error of `call`. */
export function describeError(error: unknown): {
  readonly title: string;
  readonly detail: string;
  readonly requestId?: string;
} {
  if (error instanceof ApiError) {
    const { status, title, detail, requestId, missing } = error.problem;
    return {
      title: `${describeStatus(status)}${/^HTTP /.test(title) ? "" : `: ${title}`}`,
      detail: [detail, missing === undefined ? undefined : `Missing permission: ${missing}.`].filter(Boolean).join(" "),
      ...(requestId === undefined ? {} : { requestId }),
    };
  }
  if (error instanceof Error) return { title: error.message, detail: "" };
  return { title: "Something went wrong", detail: String(error) };
}

function describeStatus(status: number): string {
  const texts: Record<number, string> = {
    400: "Invalid request (HTTP 400)",
    403: "Permission denied (HTTP 403)",
    404: "Not found (HTTP 404)",
    409: "Conflict (HTTP 409)",
    429: "Too many requests: try again shortly (HTTP 429)",
    500: "Server error (HTTP 500)",
    502: "The proxy got no response from the server (HTTP 502)",
    503: "The server is starting or overloaded (HTTP 503)",
    504: "The server did not respond in time (HTTP 504)",
  };
  return texts[status] ?? `HTTP ${status}`;
}
