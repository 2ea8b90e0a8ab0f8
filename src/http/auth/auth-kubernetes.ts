import { createHash } from "node:crypto";
import pLimit from "p-limit";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { AccessRequest } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Caller } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";
import type { AccessDeps, AuthOptions, Credential } from "./types.ts";

/** TTL of authorization results: a revoked role takes effect within this time. */
const RESULT_TTL: Duration = MINUTE;
/** A request may start just before a cached result expires and need one more check, so the token is kept longer. */
const TOKEN_TTL: Duration = RESULT_TTL + 30 * SECOND;
/** How long expired results are used while Kubernetes does not respond, so that callers can still see that it is down. */
const STALE_RESULT_TTL: Duration = 5 * MINUTE;
/** Interval of further attempts meanwhile. */
const RETRY_INTERVAL: Duration = 10 * SECOND;
/** Cached callers, and separately rejected tokens; the least recently used is evicted. */
const MAX_CALLERS = 1_000;
/** Concurrent access reviews for one caller: hundreds of namespaces must not become hundreds of connections. */
const REVIEW_CONCURRENCY = 8;

type Action = Omit<AccessRequest, "namespace">;

const VIEW: Action = { verb: "get", resource: "pods" };
const READS: Readonly<Record<"events" | "logs", Action>> = {
  events: { verb: "list", resource: "events" },
  logs: { verb: "get", resource: "pods", subresource: "log" },
};

/** The access of one caller according to Kubernetes. */
interface AccessResult {
  readonly caller: Caller | undefined;
  /** By action and namespace; grows with further checks. */
  readonly answers: ReadonlyMap<string, boolean>;
  readonly askedAt: Duration;
}

interface CachedResult {
  readonly until: Duration;
  readonly result: Promise<AccessResult>;
}

/**
 * Checks permissions with the caller's own token (SelfSubjectAccessReview), so that this program needs no permission to
 * review the access of others. Results are cached by the hash of the token; the token itself is kept for `TOKEN_TTL`.
 */
export function createKubernetesAccess({ writeVerb }: Pick<AuthOptions, "writeVerb">, deps: AccessDeps) {
  const { review, clock, namespaces } = deps;
  const write: Action = { verb: writeVerb, resource: "pods" };
  const callers = createTtlCache<CachedResult>(clock);
  /** A separate cache, so that a flood of wrong tokens does not evict valid callers. */
  const rejected = createTtlCache<CachedResult>(clock);

  return async function kubernetesCaller(credential: Credential | undefined): Promise<Caller | undefined> {
    if (credential === undefined) return undefined;
    const watched = namespaces();
    const key = createHash("sha256")
      .update(`${credential.token}\n${credential.user ?? ""}\n${watched.join(",")}`)
      .digest("base64");
    const known = callers.get(key) ?? rejected.get(key);
    if (known !== undefined && known.until > clock.monotonic()) return (await known.result).caller;
    return (await refresh(key, credential, watched, known)).caller;
  };

  async function refresh(key: string, credential: Credential, watched: readonly string[], known?: CachedResult) {
    const before = await known?.result.catch(() => undefined);
    const fallback = before !== undefined && isStillGood(before) ? before : undefined;
    // Another request may have started a review meanwhile.
    const other = callers.get(key);
    if (other !== undefined && other !== known && other.until > clock.monotonic()) return other.result;
    const asked = ask(credential, watched, fallback).catch((error: unknown) => {
      if (fallback === undefined) throw error;
      const result = Promise.resolve(fallback);
      callers.put(key, { until: clock.monotonic() + RETRY_INTERVAL, result }, leftOf(fallback));
      return fallback;
    });
    callers.put(
      key,
      { until: clock.monotonic() + RESULT_TTL, result: asked },
      fallback === undefined ? RESULT_TTL + STALE_RESULT_TTL : leftOf(fallback),
    );
    try {
      const result = await asked;
      if (result === fallback) return result;
      if (result.caller === undefined) {
        callers.forget(key);
        rejected.put(key, { until: result.askedAt + RESULT_TTL, result: asked }, RESULT_TTL);
      } else {
        callers.put(key, { until: result.askedAt + RESULT_TTL, result: asked }, leftOf(result));
      }
      return result;
    } catch (error) {
      // A failed review is not cached.
      callers.forget(key);
      throw error;
    }
  }

  function leftOf(result: AccessResult): Duration {
    return goodUntil(result) - clock.monotonic();
  }

  function isStillGood(result: AccessResult): boolean {
    return result.caller !== undefined && leftOf(result) > 0;
  }

  async function ask(credential: Credential, watched: readonly string[], before?: AccessResult): Promise<AccessResult> {
    const { user } = credential;
    const askedAt = clock.monotonic();
    let token: string | undefined = credential.token;
    // Without its caller, which would keep the previous result alive, and so on.
    const previous = before && { answers: before.answers, goodUntil: goodUntil(before) };
    clock.after(TOKEN_TTL, () => {
      token = undefined;
    });
    const limit = pLimit(REVIEW_CONCURRENCY);
    const answers = new Map<string, boolean>();
    const pending = new Map<string, Promise<boolean>>();

    function may(action: Action, namespace: string): Promise<boolean> {
      const what = `${action.verb} ${action.resource}/${action.subresource ?? ""} ${namespace}`;
      const known = pending.get(what);
      if (known !== undefined) return known;
      const asked = limit(async () => {
        if (token === undefined) return unavailable("the token of this caller has expired from the cache");
        return review.allowed({ namespace, ...action }, token).catch(unavailable);
      }).then(
        (answer) => {
          answers.set(what, answer);
          return answer;
        },
        (error: unknown) => {
          pending.delete(what);
          const isGood = previous !== undefined && clock.monotonic() < previous.goodUntil;
          const answer = isGood ? previous.answers.get(what) : undefined;
          if (answer === undefined || action === VIEW) throw error;
          return answer;
        },
      );
      pending.set(what, asked);
      return asked;
    }

    const name = await review.user?.(credential.token).catch(unavailable);
    if (review.user !== undefined && name === undefined) return { caller: undefined, answers, askedAt };
    const views = await Promise.all(watched.map((namespace) => may(VIEW, namespace)));
    const visible = new Set(watched.filter((_, index) => views[index]));
    // Without SelfSubjectReview, a token without any access is treated as invalid.
    if (name === undefined && visible.size === 0) return { caller: undefined, answers, askedAt };

    const seesAll = visible.size === watched.length && watched.length > 0;
    const caller: Caller = {
      user: name ?? user,
      seesAll,
      seesUnwatched: false,
      sees: (namespace) => visible.has(namespace),
      mayRead: async (namespace, what) => visible.has(namespace) && may(READS[what], namespace),
      mayWrite: async (namespace) => visible.has(namespace) && may(write, namespace),
      mayWriteEverywhere: async () =>
        seesAll && (await Promise.all(watched.map((namespace) => may(write, namespace)))).every(Boolean),
    };
    return { caller, answers, askedAt };
  }
}

function goodUntil({ askedAt }: AccessResult): Duration {
  return askedAt + RESULT_TTL + STALE_RESULT_TTL;
}

function unavailable(error: unknown): never {
  const detail = "Cannot check permissions with Kubernetes right now. Try again shortly.";
  throw new HttpProblem(503, detail, {}, {}, { cause: error });
}

/** Entries with a TTL each; the least recently used is evicted beyond `MAX_CALLERS`. Timers also remove tokens in time. */
function createTtlCache<Value>(clock: Clock) {
  const entries = new Map<string, { readonly value: Value; readonly cancel: () => void }>();
  function forget(key: string): void {
    entries.get(key)?.cancel();
    entries.delete(key);
  }
  return {
    get(key: string): Value | undefined {
      const known = entries.get(key);
      if (known === undefined) return undefined;
      entries.delete(key);
      entries.set(key, known);
      return known.value;
    },
    put(key: string, value: Value, ttl: Duration): void {
      forget(key);
      const timer = clock.after(Math.max(ttl, 0), () => entries.delete(key));
      entries.set(key, { value, cancel: () => timer.cancel() });
      if (entries.size > MAX_CALLERS) forget(entries.keys().next().value!);
    },
    forget,
  };
}
