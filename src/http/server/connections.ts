import type { IncomingMessage, RequestListener } from "node:http";
import { BlockList, isIPv6, type Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { isProbe } from "../auth/access-hook.ts";
import { networkOf } from "../auth/rate-limits.ts";
import { isHttp2 } from "../base/http2.ts";
import { HttpProblem } from "../base/problem.ts";

/** Limits of connections. */
export const CONNECTIONS = {
  total: 2_000,
  /** Per address, or per /64 network for IPv6; not for trusted proxies, behind which everyone shares an address. */
  perAddress: 500,
  /** Places for probes beyond these. A new connection takes the place of the oldest. */
  reserved: 100,
  /** A reserved place is for one probe. */
  reservedFor: 5 * SECOND,
  /** Requests on one HTTP/1.1 connection that are not answered yet. */
  pipelined: 16,
  /** How long a request may continue after its response: a client that is still sending must be able to read it. */
  unfinishedFor: SECOND,
} as const satisfies Record<string, number | Duration>;

export interface Connections {
  /** Counts a new connection, and closes an older one when the reserved places are used up. */
  admit(socket: Socket): void;
  /** Whether the connection of this request holds a reserved place, where only probes are answered. */
  isReserved(request: Pick<IncomingMessage, "socket">): boolean;
}

export function createConnections(clock: Clock, trustedProxies: readonly string[]): Connections {
  const isTrustedProxy = matcherOf(trustedProxies);
  const perAddress = new Map<string, number>();
  let ordinary = 0;
  /** By remote end, the oldest first. */
  const reserved = new Map<string, { readonly socket: Socket; readonly timer: Timer }>();

  function admit(socket: Socket): void {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const network = networkOf(remoteAddress);
    const own = perAddress.get(network) ?? 0;
    if (ordinary < CONNECTIONS.total && (own < CONNECTIONS.perAddress || isTrustedProxy(remoteAddress))) {
      ordinary++;
      perAddress.set(network, own + 1);
      socket.once("close", () => {
        ordinary--;
        const left = perAddress.get(network)! - 1;
        if (left === 0) perAddress.delete(network);
        else perAddress.set(network, left);
      });
      return;
    }
    reserve(socket);
  }

  function reserve(socket: Socket): void {
    const end = endOf(socket);
    if (reserved.size >= CONNECTIONS.reserved) {
      const [oldest, place] = reserved.entries().next().value!;
      reserved.delete(oldest);
      place.socket.destroy();
    }
    const timer = clock.after(CONNECTIONS.reservedFor, () => socket.destroy());
    reserved.set(end, { socket, timer });
    socket.once("close", () => {
      timer.cancel();
      if (reserved.get(end)?.socket === socket) reserved.delete(end);
    });
  }

  return { admit, isReserved: ({ socket }) => reserved.has(endOf(socket)) };
}

/** Identifies an open connection; with TLS, the socket of a request is another object than the one of the connection. */
function endOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress}`;
}

/**
 * Closes an HTTP/1.1 connection with too many unanswered requests. Node.js stops reading such a connection only after the
 * requests that one read returned, which may be thousands. On HTTP/2, ignores requests that the client has given up ("rapid
 * reset", CVE-2023-44487).
 */
export function limitPipelining(handler: RequestListener): RequestListener {
  const open = new WeakMap<Socket, number>();
  return (request, response) => {
    if (isHttp2(response)) {
      // Node.js calls back for each frame of a read: after all of them, requests that are reset right away are known.
      setImmediate(() => {
        if (response.stream?.closed === false) handler(request, response);
      });
      return;
    }
    const { socket } = request;
    if (socket.destroyed) return;
    const count = (open.get(socket) ?? 0) + 1;
    if (count > CONNECTIONS.pipelined) {
      socket.destroy();
      return;
    }
    open.set(socket, count);
    response.once("close", () => open.set(socket, open.get(socket)! - 1));
    handler(request, response);
  };
}

/** Answers only probes in reserved places, and closes connections whose request continues after its response. */
export function guardConnections(app: FastifyInstance, connections: Connections, clock: Clock): void {
  app.addHook("onRequest", async (request, reply) => {
    if (!connections.isReserved(request.raw)) return;
    if (!isHttp2(reply.raw)) reply.header("connection", "close");
    if (isProbe(request.routeOptions.url)) return;
    throw new HttpProblem(503, "Too many connections. Close some, or try again shortly.", {}, { "retry-after": "5" });
  });
  app.addHook("onResponse", async (request, reply) => {
    if (!isHttp2(reply.raw)) endUnfinished(request, clock);
  });
}

function endUnfinished({ raw }: FastifyRequest, clock: Clock): void {
  const isUnfinished = () => raw.complete === false;
  if (!isUnfinished()) return;
  const timer = clock.after(CONNECTIONS.unfinishedFor, () => {
    if (isUnfinished()) raw.destroy();
  });
  raw.once("end", () => timer.cancel()).once("close", () => timer.cancel());
}

/** Whether an address is in one of the networks, such as `10.0.0.0/8`. */
function matcherOf(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
