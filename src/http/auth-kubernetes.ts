import { createHash } from "node:crypto";
import { type Duration, MINUTE } from "../core/time.ts";
import type { AccessDeps, AuthOptions, Credential } from "./auth.ts";
import type { Caller } from "./caller.ts";
import { HttpProblem } from "./problem.ts";

/** How long an answer of Kubernetes is believed: who loses a role loses the page a minute later. */
const BELIEVED: Duration = MINUTE;
/** Callers remembered at once; the longest unused is forgotten first. */
const MAX_CALLERS = 1_000;
/** Questions under way for one caller: hundreds of namespaces must not become hundreds of connections. */
const AT_ONCE = 8;

interface Remembered {
  readonly until: number;
  readonly caller: Promise<Caller | undefined>;
}

/**
 * Asks Kubernetes what the caller's own token may do (SelfSubjectAccessReview), so that each caller sees exactly the
 * namespaces that they may see, and this program needs no right to ask about others. Tokens are kept as hashes alone.
 */
export function createKubernetesAccess({ actVerb }: Pick<AuthOptions, "actVerb">, deps: AccessDeps) {
  const { review, clock, namespaces } = deps;
  const callers = new Map<string, Remembered>();

  return async function kubernetesCaller(credential: Credential | undefined): Promise<Caller | undefined> {
    if (credential === undefined) return undefined;
    const watched = namespaces();
    const key = createHash("sha256")
      .update(`${credential.token}\n${credential.user ?? ""}\n${watched.join(",")}`)
      .digest("base64");
    const known = callers.get(key);
    callers.delete(key);
    if (known !== undefined && known.until > clock.monotonic()) {
      callers.set(key, known);
      return known.caller;
    }
    const caller = ask(credential, watched);
    callers.set(key, { until: clock.monotonic() + BELIEVED, caller });
    // What could not be asked is not an answer to remember.
    caller.catch(() => callers.delete(key));
    if (callers.size > MAX_CALLERS) callers.delete(callers.keys().next().value!);
    return caller;
  };

  async function ask({ token, user }: Credential, watched: readonly string[]): Promise<Caller | undefined> {
    const allowed = async (verb: string) => {
      const verdicts = await inTurns(watched, (namespace) =>
        review.allowed({ namespace, verb, resource: "pods" }, token).catch(unanswered),
      );
      return new Set(watched.filter((_, index) => verdicts[index]));
    };
    const name = await review.user?.(token).catch(unanswered);
    if (review.user !== undefined && name === undefined) return undefined;
    const visible = await allowed("get");
    // Without a way to ask whose a token is, one that may see nothing is as good as none.
    if (name === undefined && visible.size === 0) return undefined;

    let acting: Promise<ReadonlySet<string>> | undefined;
    const actsIn = () => (acting ??= allowed(actVerb));
    return {
      user: name ?? user,
      seesAll: visible.size === watched.length && watched.length > 0,
      sees: (namespace) => visible.has(namespace),
      mayAct: async (namespace) => visible.has(namespace) && (await actsIn()).has(namespace),
      mayActEverywhere: async () => watched.length > 0 && (await actsIn()).size === watched.length,
    };
  }
}

function unanswered(error: unknown): never {
  throw new HttpProblem(503, "Kubernetes does not say who may see what at the moment: try again shortly.", {
    cause: error instanceof Error ? error.message : String(error),
  });
}

async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
  return results;
}
