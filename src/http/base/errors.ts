import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { InvalidCursorError } from "../../core/delivery/cursor.ts";
import { STATE_UNAVAILABLE } from "../../ports/store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { HttpProblem, problemDetails, sendProblem } from "./problem.ts";

const causes = new WeakMap<FastifyRequest, unknown>();

/** Why a request failed that was answered with a problem, for the log: it may name servers and files. */
export function causeOf(request: FastifyRequest): unknown {
  return causes.get(request);
}

/** Turns errors into problem details (RFC 9457). Internal errors are logged, and the response has no details. */
export function answerErrors(app: FastifyInstance, logger: Logger, unknownPage: UnknownPage): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const requestId = request.id;
    if (error instanceof HttpProblem) {
      if (error.cause !== undefined) causes.set(request, error.cause);
      reply.headers(error.headers);
      return sendProblem(reply, problemDetails(error.statusCode, error.message, { ...error.members, requestId }));
    }
    if (error.validation !== undefined) {
      const errors = error.validation.map(({ instancePath, message }) => ({
        field: instancePath.replace(/^\//, "").replaceAll("/", "."),
        message: message ?? "is invalid",
      }));
      const where = WHERE[error.validationContext ?? ""] ?? "request";
      const detail = `The ${where} is invalid: ${errors.map(({ field, message }) => (field === "" ? message : `${field}: ${message}`)).join("; ")}`;
      return sendProblem(reply, problemDetails(400, detail, { errors, requestId }));
    }
    const status = error instanceof InvalidCursorError ? 400 : (error.statusCode ?? 500);
    if (status >= 400 && status < 500) {
      return sendProblem(reply, problemDetails(status, error.message, { requestId }));
    }
    if (status === 503) return sendProblem(reply, problemDetails(503, error.message, { requestId }));
    if (error.code === STATE_UNAVAILABLE) {
      const detail = `The state cannot be read or written at the moment, so nothing was changed. Try again later. ${error.message}`;
      return sendProblem(reply.header("retry-after", "10"), problemDetails(503, detail, { requestId }));
    }
    logger.error(
      { event: "request_failed", requestId, method: request.method, route: request.routeOptions.url, err: error },
      "Request failed.",
    );
    const detail = "Internal error. Search the log of Pod Watcher for this request id.";
    return sendProblem(reply, problemDetails(500, detail, { requestId }));
  });
  app.setNotFoundHandler((request, reply) => unknownPage(request, reply) ?? answerNotFound(request, reply));
}

/** Responds to a person at an unknown address; undefined for problem details. */
export type UnknownPage = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

const WHERE: Readonly<Record<string, string>> = {
  querystring: "query",
  params: "path",
  body: "body",
  headers: "header",
};

function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(reply, problemDetails(404, "Nothing exists at this address.", { requestId: request.id }));
}

/** For paths that Fastify rejects before routing: invalid escapes, an overlong parameter. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 400;
  sendProblem(reply, problemDetails(status, "The path is invalid.", { requestId: request.id }));
}

const BROKEN: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "The request header is too large."],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The request was not received in time."],
};

/** For input that is not HTTP: closes the connection, with problem details if it is still writable. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, detail] = BROKEN[error.code ?? ""] ?? [400, "This is not a valid HTTP request."];
  const problem = problemDetails(status, detail);
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${problem.title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
