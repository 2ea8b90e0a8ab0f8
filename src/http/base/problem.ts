import type { FastifyReply } from "fastify";

/** RFC 9457 problem details; `type` is always about:blank, so `title` is the name of the status. */
export interface ProblemDetails {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  /** What is wrong and how to fix it. */
  readonly detail: string;
  readonly requestId?: string;
  readonly [member: string]: unknown;
}

/** Thrown by a handler, sent as problem details with the additional `members`. The `cause` is logged and never sent. */
export class HttpProblem extends Error {
  readonly statusCode: number;
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    statusCode: number,
    detail: string,
    members: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
    options: ErrorOptions = {},
  ) {
    super(detail, options);
    this.name = "HttpProblem";
    this.statusCode = statusCode;
    this.members = members;
    this.headers = headers;
  }
}

/** The caller gets the same answer without permission to see it: the two must be indistinguishable. */
export function notFound(what: string): HttpProblem {
  return new HttpProblem(404, `${what} does not exist, or you have no permission to see it.`);
}

/** For a change in a namespace that the caller may only read. */
export function readOnly(namespace: string): HttpProblem {
  return new HttpProblem(403, `You have read-only access to ${namespace}.`, { missing: `update pods in ${namespace}` });
}

export function problemDetails(status: number, detail: string, members: Readonly<Record<string, unknown>> = {}) {
  return { type: "about:blank", title: TITLES[status] ?? "Error", status, detail, ...members } satisfies ProblemDetails;
}

export function sendProblem(reply: FastifyReply, problem: ProblemDetails): FastifyReply {
  return reply
    .code(problem.status)
    .type("application/problem+json")
    .header("cache-control", "no-store")
    .serializer(JSON.stringify)
    .send(problem);
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
