import type { ServerResponse } from "node:http";
import { constants, type Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { isProbe } from "../auth/access-hook.ts";
import { networkOf } from "../auth/rate-limits.ts";
import { isHttp2 } from "../base/http2.ts";
import { problemDetails } from "../base/problem.ts";
import { isSharedAnswer } from "../base/shared-answers.ts";

/** Limits of response bytes that clients have not read yet. */
export const UNSENT = {
  perConnection: 16 * 1024 * 1024,
  perAddress: 32 * 1024 * 1024,
  total: 64 * 1024 * 1024,
  /** Of a streamed or shared body: what the connection buffers of it at a time. */
  perStream: 64 * 1024,
  perShared: 1024,
  /** A client gets this long for a response, plus the time that its bytes take at `bytesPerSecond`. */
  graceFor: 10 * SECOND,
  bytesPerSecond: 20 * 1024,
} as const;

type RawResponse = ServerResponse | Http2ServerResponse;

/**
 * Counts the bytes of each response from its serialization until the client has taken it. A response that would exceed a
 * limit becomes a short 503. A client that does not read is disconnected.
 */
export function limitUnsent(app: FastifyInstance, clock: Clock): void {
  const connections = new WeakMap<object, Connection>();
  const addresses = new Map<string, number>();
  let total = 0;

  app.addHook("onSend", async (request, reply, payload) => {
    const size = sizeOf(payload);
    if (size === 0) return payload;
    const socket = connectionOf(reply.raw);
    const connection = connections.get(socket) ?? { unsent: 0, lastFinishedAt: clock.monotonic() };
    connections.set(socket, connection);
    const address = networkOf(request.ip);
    const limits = [
      [connection.unsent, UNSENT.perConnection],
      [addresses.get(address) ?? 0, UNSENT.perAddress],
      [total, UNSENT.total],
    ] as const;
    // One response alone may be larger than a limit.
    if (!isProbe(request.routeOptions.url) && limits.some(([used, max]) => used > 0 && used + size > max)) {
      disconnectIfStalled(clock, reply.raw, 0, connection);
      return refuse(request, reply, payload);
    }
    count(size);
    disconnectIfStalled(clock, reply.raw, payload instanceof Readable ? undefined : size, connection);
    once(reply.raw, () => {
      count(-size);
      connection.lastFinishedAt = clock.monotonic();
    });
    return payload;

    function count(bytes: number): void {
      connection.unsent += bytes;
      total += bytes;
      const left = (addresses.get(address) ?? 0) + bytes;
      if (left === 0) addresses.delete(address);
      else addresses.set(address, left);
    }
  });
}

interface Connection {
  unsent: number;
  /** When a response last ended. */
  lastFinishedAt: Duration;
}

/** `size` is undefined for a streamed body, whose client must take some of it within each `graceFor`. */
function disconnectIfStalled(clock: Clock, raw: RawResponse, size: number | undefined, connection: Connection): void {
  const startedAt = clock.monotonic();
  let tookAt = startedAt;
  const within = UNSENT.graceFor + ((size ?? 0) / UNSENT.bytesPerSecond) * SECOND;
  const check = () => {
    const isWaiting = size === undefined && (unreadIn(raw) === 0 || tookAt + within > clock.monotonic());
    if (isWaiting) timer = clock.after(within, check);
    else disconnect(raw, connection.lastFinishedAt <= startedAt);
  };
  let timer = clock.after(within, check);
  if (size === undefined) {
    raw.on("drain", () => {
      tookAt = clock.monotonic();
    });
  }
  once(raw, () => timer.cancel());
}

/** On HTTP/2 only the stream, unless no response of the whole connection has ended meanwhile. */
function disconnect(raw: RawResponse, isWholeConnection: boolean): void {
  if (!isHttp2(raw)) {
    raw.destroy();
    return;
  }
  const { session } = raw.stream;
  raw.stream.close(constants.NGHTTP2_CANCEL);
  if (isWholeConnection) session?.destroy();
}

function connectionOf(raw: RawResponse): object {
  if (!isHttp2(raw)) return raw.socket ?? raw;
  return (raw.stream?.session as ServerHttp2Session | undefined) ?? raw;
}

function unreadIn(raw: RawResponse): number {
  return isHttp2(raw) ? (raw.stream?.writableLength ?? 0) : raw.writableLength;
}

/** Calls back at the end of a response, whether or not all of it was sent. */
function once(raw: RawResponse, ended: () => void): void {
  let isEnded = false;
  const end = () => {
    if (isEnded) return;
    isEnded = true;
    ended();
  };
  raw.once("finish", end);
  raw.once("close", end);
}

function sizeOf(payload: unknown): number {
  if (typeof payload === "string") return Buffer.byteLength(payload);
  if (payload instanceof Uint8Array) return isSharedAnswer(payload) ? UNSENT.perShared : payload.byteLength;
  return payload === undefined || payload === null ? 0 : UNSENT.perStream;
}

function refuse(request: FastifyRequest, reply: FastifyReply, payload: unknown): string {
  if (payload instanceof Readable) payload.destroy();
  for (const name of ["content-encoding", "content-length", "content-disposition", "etag", "last-modified"]) {
    reply.removeHeader(name);
  }
  reply.code(503).type("application/problem+json").header("cache-control", "no-store").header("retry-after", "5");
  const detail = "Too many response bytes are waiting to be read. Read them, or try again in 5 s.";
  return JSON.stringify(problemDetails(503, detail, { requestId: request.id }));
}
