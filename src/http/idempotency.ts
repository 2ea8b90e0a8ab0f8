import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Duration, MINUTE } from "../core/time.ts";
import type { Clock } from "../ports.ts";
import { credentialOf } from "./auth.ts";
import { HttpProblem } from "./problem.ts";

/** Longer than anybody goes on clicking, or a client retries. */
const KEPT: Duration = 10 * MINUTE;
const MAX_KEPT = 1_000;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

interface Kept {
  readonly bodyHash: string;
  readonly until: number;
  /** Undefined when the first request came to nothing that could be repeated. */
  readonly answer: Promise<Answer | undefined>;
  readonly settle: (answer: Answer | undefined) => void;
}

/**
 * A change with an Idempotency-Key happens once: the same key again gives the same answer and does nothing, also while
 * the first is still under way. Keys are a caller's own, and belong to one call with one body.
 */
export function repeatSafely(app: FastifyInstance, clock: Clock): void {
  const kept = new Map<string, Kept>();
  const firsts = new WeakMap<FastifyRequest, string>();

  app.addHook("preHandler", async (request, reply) => {
    const key = request.headers["idempotency-key"];
    if (request.method === "GET" || request.method === "HEAD" || key === undefined) return;
    if (typeof key !== "string" || !/^[\x21-\x7e]{1,200}$/.test(key)) {
      throw new HttpProblem(400, "An Idempotency-Key has 1 to 200 printable characters, without spaces.");
    }
    const name = hash(credentialOf(request)?.token ?? request.ip, request.method, request.url, key);
    const bodyHash = hash(JSON.stringify(request.body ?? null));
    const known = kept.get(name);
    if (known === undefined || known.until <= clock.monotonic()) {
      const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
      kept.set(name, { bodyHash, until: clock.monotonic() + KEPT, answer: promise, settle: resolve });
      firsts.set(request, name);
      if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value!);
      return;
    }
    if (known.bodyHash !== bodyHash) {
      throw new HttpProblem(422, "This Idempotency-Key was used for another change: take a new one for each.");
    }
    const answer = await known.answer;
    if (answer === undefined)
      throw new HttpProblem(503, "The first request with this Idempotency-Key failed: try again.");
    return reply.code(answer.status).type(answer.type).header("idempotent-replayed", "true").send(answer.body);
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const name = firsts.get(request);
    if (name === undefined) return payload;
    firsts.delete(request);
    const isFinal = reply.statusCode < 500 && reply.statusCode !== 429 && typeof payload === "string";
    const type = String(reply.getHeader("content-type") ?? "application/json");
    kept.get(name)?.settle(isFinal ? { status: reply.statusCode, type, body: payload } : undefined);
    if (!isFinal) kept.delete(name);
    return payload;
  });
}

function hash(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("base64");
}
