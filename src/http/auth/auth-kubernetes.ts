import { createHash } from "node:crypto";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { AccessRequest } from "../../ports/access.ts";
import type { Clock } from "../../ports/clock.ts";
import { errorMessage } from "../../util/error-message.ts";
import type { Caller } from "../base/caller.ts";
import { HttpProblem } from "../base/problem.ts";
import { createTurns } from "../base/turns.ts";
import type { AccessDeps, AuthOptions, Credential } from "./types.ts";

/** How long an answer of Kubernetes is believed: who loses a role loses the page a minute later. */
const BELIEVED: Duration = MINUTE;
/** A request that begins on the last word of a verdict may ask one more thing: whether events may be read. */
const TOKEN_KEPT: Duration = BELIEVED + 30 * SECOND;
/**
 * And how long after that it is while Kubernetes cannot be asked: who looked before can still look, and be told that the
 * watcher is blind. Nobody can be given or lose a role meanwhile.
 */
const BELIEVED_WHILE_DOWN: Duration = 5 * MINUTE;
/** How often it is tried again meanwhile. */
const ASK_AGAIN: Duration = 10 * SECOND;
/** Callers remembered at once, and apart from them strangers; the longest unused is forgotten first. */
const MAX_CALLERS = 1_000;
/** Questions under way for one caller: hundreds of namespaces must not become hundreds of connections. */
const AT_ONCE = 8;

type Action = Omit<AccessRequest, "namespace">;

const LOOK: Action = { verb: "get", resource: "pods" };
const READS: Readonly<Record<"events" | "logs", Action>> = {
  events: { verb: "list", resource: "events" },
  logs: { verb: "get", resource: "pods", subresource: "log" },
};

/** What Kubernetes said about one caller. */
interface Verdict {
  readonly caller: Caller | undefined;
  /** Each answer, by action and namespace; grows as more is asked. */
  readonly answers: ReadonlyMap<string, boolean>;
  readonly askedAt: Duration;
}

interface StoredState {
  readonly until: Duration;
  readonly verdict: Promise<Verdict>;
}

/**
 * Asks Kubernetes what the caller's own token may do (SelfSubjectAccessReview), so that each caller sees exactly the
 * namespaces that they may see, and this program needs no right to ask about others. What is remembered is found by the
 * token's hash; the token itself is kept for as long as something may have to be asked with it, a minute.
 */
export function createKubernetesAccess({ writeVerb }: Pick<AuthOptions, "writeVerb">, deps: AccessDeps) {
  const { review, clock, namespaces } = deps;
  const act: Action = { verb: writeVerb, resource: "pods" };
  const callers = createReplayEvaluator<StoredState>(clock);
  /** Apart, so that a flood of wrong tokens displaces nobody who is known. */
  const strangers = createReplayEvaluator<StoredState>(clock);

  return async function kubernetesCaller(credential: Credential | undefined): Promise<Caller | undefined> {
    if (credential === undefined) return undefined;
    const watched = namespaces();
    const key = createHash("sha256")
      .update(`${credential.token}\n${credential.user ?? ""}\n${watched.join(",")}`)
      .digest("base64");
    const known = callers.get(key) ?? strangers.get(key);
    if (known !== undefined && known.until > clock.monotonic()) return (await known.verdict).caller;
    return (await askAnew(key, credential, watched, known)).caller;
  };

  async function askAnew(key: string, credential: Credential, watched: readonly string[], known?: StoredState) {
    const before = await known?.verdict.catch(() => undefined);
    const fallback = before !== undefined && isStillGood(before) ? before : undefined;
    // Somebody else may have begun to ask while this one looked.
    const other = callers.get(key);
    if (other !== undefined && other !== known && other.until > clock.monotonic()) return other.verdict;
    const asked = ask(credential, watched, fallback).catch((error: unknown) => {
      if (fallback === undefined) throw error;
      callers.put(key, { until: clock.monotonic() + ASK_AGAIN, verdict: Promise.resolve(fallback) }, leftOf(fallback));
      return fallback;
    });
    callers.put(
      key,
      { until: clock.monotonic() + BELIEVED, verdict: asked },
      fallback === undefined ? BELIEVED + BELIEVED_WHILE_DOWN : leftOf(fallback),
    );
    try {
      const verdict = await asked;
      if (verdict === fallback) return verdict;
      if (verdict.caller === undefined) {
        callers.forget(key);
        strangers.put(key, { until: verdict.askedAt + BELIEVED, verdict: asked }, BELIEVED);
      } else {
        callers.put(key, { until: verdict.askedAt + BELIEVED, verdict: asked }, leftOf(verdict));
      }
      return verdict;
    } catch (error) {
      // What could not be asked is not an answer to remember.
      callers.forget(key);
      throw error;
    }
  }

  function leftOf({ askedAt }: Verdict): Duration {
    return askedAt + BELIEVED + BELIEVED_WHILE_DOWN - clock.monotonic();
  }

  function isStillGood(verdict: Verdict): boolean {
    return verdict.caller !== undefined && leftOf(verdict) > 0;
  }

  async function ask(credential: Credential, watched: readonly string[], before?: Verdict): Promise<Verdict> {
    const { user } = credential;
    const askedAt = clock.monotonic();
    let token: string | undefined = credential.token;
    // Without its caller, which would hold on to the one before, and so on.
    const previous = before && { answers: before.answers, goodUntil: before.askedAt + BELIEVED + BELIEVED_WHILE_DOWN };
    clock.after(TOKEN_KEPT, () => {
      token = undefined;
    });
    const inTurn = createTurns(AT_ONCE);
    const answers = new Map<string, boolean>();
    const underWay = new Map<string, Promise<boolean>>();

    function may(action: Action, namespace: string): Promise<boolean> {
      const what = `${action.verb} ${action.resource}/${action.subresource ?? ""} ${namespace}`;
      const known = underWay.get(what);
      if (known !== undefined) return known;
      const asked = inTurn(async () => {
        if (token === undefined) return unanswered("it was too long ago that the caller sent their token");
        return review.allowed({ namespace, ...action }, token).catch(unanswered);
      }).then(
        (answer) => {
          answers.set(what, answer);
          return answer;
        },
        (error: unknown) => {
          underWay.delete(what);
          const isGood = previous !== undefined && clock.monotonic() < previous.goodUntil;
          const answer = isGood ? previous.answers.get(what) : undefined;
          if (answer === undefined || action === LOOK) throw error;
          return answer;
        },
      );
      underWay.set(what, asked);
      return asked;
    }

    const name = await review.user?.(credential.token).catch(unanswered);
    if (review.user !== undefined && name === undefined) return { caller: undefined, answers, askedAt };
    const looks = await Promise.all(watched.map((namespace) => may(LOOK, namespace)));
    const visible = new Set(watched.filter((_, index) => looks[index]));
    // Without a way to ask whose a token is, one that may see nothing is as good as none.
    if (name === undefined && visible.size === 0) return { caller: undefined, answers, askedAt };

    const seesAll = visible.size === watched.length && watched.length > 0;
    const caller: Caller = {
      user: name ?? user,
      seesAll,
      sees: (namespace) => visible.has(namespace),
      mayRead: async (namespace, what) => visible.has(namespace) && may(READS[what], namespace),
      mayAct: async (namespace) => visible.has(namespace) && may(act, namespace),
      mayActEverywhere: async () =>
        seesAll && (await Promise.all(watched.map((namespace) => may(act, namespace)))).every(Boolean),
    };
    return { caller, answers, askedAt };
  }
}

function unanswered(error: unknown): never {
  throw new HttpProblem(503, "Kubernetes does not say who may see what at the moment: try again shortly.", {
    cause: errorMessage(error),
  });
}

/** What is forgotten when its time is over, and when there is too much of it. */
function createReplayEvaluator<Value>(clock: Clock) {
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
    put(key: string, value: Value, lasts: Duration): void {
      forget(key);
      const timer = clock.after(Math.max(lasts, 0), () => entries.delete(key));
      entries.set(key, { value, cancel: () => timer.cancel() });
      if (entries.size > MAX_CALLERS) forget(entries.keys().next().value!);
    },
    forget,
  };
}
