import type { Command } from "commander";
import { given } from "../config/env.ts";
import type { Terminal } from "./terminal.ts";

/** A running Pod Watcher, asked over HTTP. */
export interface Remote {
  /** `path` is below /api/v1. Rejects with one sentence when there is no answer, or not a good one. */
  get<Body>(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<Body>;
  send<Body>(method: "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<Body>;
}

export interface RemoteOptions {
  readonly url?: string;
}

export function withRemoteOptions(command: Command): Command {
  return command.option(
    "-u, --url <address>",
    "of a running Pod Watcher; else POD_WATCHER_URL, else http://127.0.0.1:8080/ (a token: POD_WATCHER_TOKEN)",
  );
}

export function createRemote({ url }: RemoteOptions, { env }: Pick<Terminal, "env">): Remote {
  const address = url ?? given(env, "POD_WATCHER_URL") ?? "http://127.0.0.1:8080/";
  if (!URL.canParse(address)) throw new Error(`--url: ${address} is not an address such as https://pods.example`);
  const base = new URL("api/v1/", address.endsWith("/") ? address : `${address}/`);
  const token = given(env, "POD_WATCHER_TOKEN");

  async function ask<Body>(method: string, path: string, search: string, body?: object): Promise<Body> {
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
      throw new Error(`nothing answers at ${base.origin}: is Pod Watcher running there? (${causeOf(error)})`);
    });
    if (!response.ok) throw new Error(await whyNot(response, token !== undefined));
    return (response.status === 204 ? undefined : await response.json()) as Body;
  }

  return {
    get: (path, query = {}) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
      return ask("GET", path, search.size === 0 ? "" : `?${search}`);
    },
    send: (method, path, body) => ask(method, path, "", body),
  };
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

async function whyNot(response: Response, hasToken: boolean): Promise<string> {
  if (response.status === 401) {
    return hasToken
      ? "the token in POD_WATCHER_TOKEN is not accepted"
      : "sign in: set POD_WATCHER_TOKEN, such as to $(oc whoami -t)";
  }
  const problem = (await response.json().catch(() => ({}))) as Problem;
  const errors = problem.errors?.map(({ field, message }) => `${field}: ${message}`) ?? [];
  return [problem.detail ?? problem.title ?? `answered ${response.status}`, ...errors].join("; ");
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
