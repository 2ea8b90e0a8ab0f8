import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Duration, MINUTE } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Access } from "../auth/auth.ts";
import { ruleOf } from "../auth/auth-rules.ts";
import { type Caller, callerOf } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";

export interface RepeatDeps {
  readonly access: Pick<Access, "credential">;
  /** All that are watched now. */
  readonly namespaces: () => readonly string[];
}

/** Longer than anybody goes on clicking, or a client retries. */
const KEPT: Duration = 10 * MINUTE;
/** What is kept of one caller, and of all together: keys, and bytes of answers. The oldest go first. */
const OF_ONE = { keys: 200, bytes: 1024 * 1024 } as const;
const OF_ALL = { keys: 2_000, bytes: 8 * 1024 * 1024 } as const;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

interface Kept {
  readonly name: string;
  readonly owner: string;
  readonly bodyHash: string;
  readonly until: Duration;
  bytes: number;
  /** Undefined when the first request came to nothing that could be repeated. */
  readonly answer: Promise<Answer | undefined>;
  readonly settle: (answer: Answer | undefined) => void;
}

/**
 * A change with an Idempotency-Key happens once: the same key again gives the same answer and does nothing, also while
 * the first is still under way. Keys are a caller's own, and belong to one call with one body. For who may change
 * nothing there is nothing to repeat, and nothing is kept.
 */
export function repeatSafely(app: FastifyInstance, clock: Clock, { access, namespaces }: RepeatDeps): void {
  const kept = createKept(clock);
  const firsts = new WeakMap<FastifyRequest, Kept>();

  app.addHook("preHandler", async (request, reply) => {
    const key = request.headers["idempotency-key"];
    const { url = "" } = request.routeOptions;
    if (key === undefined || request.method === "GET" || ruleOf(request.method, url) !== "act") return;
    if (typeof key !== "string" || !/^[\x21-\x7e]{1,200}$/.test(key)) {
      throw new HttpProblem(400, "An Idempotency-Key has 1 to 200 printable characters, without spaces.");
    }
    const caller = callerOf(request);
    if (!(await mayActSomewhere(caller, namespaces()))) return;
    const secret = access.credential(request)?.token ?? request.ip;
    const name = hash(secret, request.method, request.url, key);
    const bodyHash = hash(JSON.stringify(request.body ?? null));
    const known = kept.find(name);
    if (known === undefined) {
      firsts.set(request, kept.begin(name, caller.user ?? request.ip, bodyHash));
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
    const first = firsts.get(request);
    if (first === undefined) return payload;
    firsts.delete(request);
    const isFinal = reply.statusCode < 500 && reply.statusCode !== 429 && typeof payload === "string";
    if (!isFinal) {
      kept.drop(first);
      return payload;
    }
    const type = String(reply.getHeader("content-type") ?? "application/json");
    kept.complete(first, { status: reply.statusCode, type, body: payload });
    return payload;
  });
}

/** The answers, oldest first, within what one caller and all together may have. */
function createKept(clock: Clock) {
  const all = new Map<string, Kept>();

  /** Whoever waits for it is told to try again, rather than left to wait. */
  function drop(entry: Kept): void {
    entry.settle(undefined);
    if (all.get(entry.name) === entry) all.delete(entry.name);
  }

  function makeRoom(owner: string): void {
    for (const entry of all.values()) {
      if (entry.until > clock.monotonic()) break;
      drop(entry);
    }
    shrink(
      [...all.values()].filter((entry) => entry.owner === owner),
      OF_ONE,
    );
    shrink([...all.values()], OF_ALL);
  }

  function shrink(entries: readonly Kept[], limit: { readonly keys: number; readonly bytes: number }): void {
    let keys = entries.length;
    let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of entries) {
      if (keys <= limit.keys && bytes <= limit.bytes) return;
      keys--;
      bytes -= entry.bytes;
      drop(entry);
    }
  }

  return {
    drop,
    find(name: string): Kept | undefined {
      const known = all.get(name);
      return known !== undefined && known.until > clock.monotonic() ? known : undefined;
    },
    begin(name: string, owner: string, bodyHash: string): Kept {
      const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
      const until = clock.monotonic() + KEPT;
      const entry: Kept = { name, owner, bodyHash, until, bytes: 0, answer: promise, settle: resolve };
      all.delete(name);
      all.set(name, entry);
      makeRoom(owner);
      return entry;
    },
    complete(entry: Kept, answer: Answer): void {
      entry.settle(answer);
      if (all.get(entry.name) !== entry) return;
      entry.bytes = answer.body.length;
      makeRoom(entry.owner);
    },
  };
}

async function mayActSomewhere(caller: Caller, namespaces: readonly string[]): Promise<boolean> {
  for (const namespace of namespaces) if (await caller.mayAct(namespace)) return true;
  return caller.mayActEverywhere();
}

function hash(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("base64");
}
