import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

const compress = promisify(gzip);

/** Below this a compressed answer is no smaller once it travels in packets. */
const WORTH_IT = 1_400;

/** Sends JSON that is made already, compressed where that helps: 20,000 rows are 5 MB, and 0.6 MB with gzip. */
export async function sendJson(request: FastifyRequest, reply: FastifyReply, json: string): Promise<FastifyReply> {
  reply.type("application/json; charset=utf-8").header("cache-control", "no-store").header("vary", "accept-encoding");
  if (json.length < WORTH_IT || !/\bgzip\b/.test(String(request.headers["accept-encoding"]))) return reply.send(json);
  const body = await compress(json, { level: constants.Z_BEST_SPEED + 3 });
  return reply.header("content-encoding", "gzip").send(body);
}
