import type { Command } from "commander";
import { given } from "../config/env.ts";
import type { Terminal } from "./terminal.ts";

/** The API of a running Pod Watcher. */
export interface Remote {
  /** `path` is relative to /api/v1. Rejects with a message for the user if the request fails. */
  get<Body>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<Body>;
  send<Body>(method: "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<Body>;
}

export interface RemoteOptions {
  readonly url?: string;
}

export function withRemoteOptions(command: Command): Command {
  return command.option(
    "-u, --url <address>",
    "address of a running Pod Watcher (default: POD_WATCHER_URL, then http://127.0.0.1:8080/); POD_WATCHER_TOKEN is its token",
  );
}

export function createRemote({ url }: RemoteOptions, { env }: Pick<Terminal, "env">): Remote {
  const address = url ?? given(env, "POD_WATCHER_URL") ?? "http://127.0.0.1:8080/";
  if (!URL.canParse(address))
    throw new Error(`--url: ${address} is not an address: use one such as https://pods.example`);
  const base = new URL("api/v1/", address.endsWith("/") ? address : `${address}/`);
  const token = given(env, "POD_WATCHER_TOKEN");

  async function request<Body>(method: string, path: string, search: string, body?: object): Promise<Body> {
    const target = new URL(path + search, base);
    const response = await fetch(target, {
      method,
      headers: {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      throw new Error(`no response from ${base.origin} (${causeOf(error)}): check that Pod Watcher is running there`);
    });
    if (!response.ok) throw new Error(await describeError(response, token !== undefined));
    return (response.status === 204 ? undefined : await response.json()) as Body;
  }

  return {
    get: (path, query = {}) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
      return request("GET", path, search.size === 0 ? "" : `?${search}`);
    },
    send: (method, path, body) => request(method, path, "", body),
  };
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

async function describeError(response: Response, hasToken: boolean): Promise<string> {
  if (response.status === 401) {
    return hasToken
      ? "the token was rejected: check POD_WATCHER_TOKEN"
      : "authentication required: set POD_WATCHER_TOKEN, for example to $(oc whoami -t) on OpenShift, or to $(kubectl create token SERVICEACCOUNT)";
  }
  const problem = (await response.json().catch(() => ({}))) as Problem;
  const errors = problem.errors?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  return [problem.detail ?? problem.title ?? `HTTP status ${response.status}`, ...errors].join("; ");
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
