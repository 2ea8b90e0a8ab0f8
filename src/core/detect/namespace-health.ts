import type { Finding } from "../model/alert.ts";
import { formatSpan } from "../model/duration.ts";
import type { Policy } from "../model/policy.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../model/time.ts";
import { formatInstant, sentences } from "../text/text.ts";
import { type DetectorInfo, finding } from "./detector.ts";
import { HOLD_DOWN } from "./lasting.ts";

export const namespaceNotWatched: DetectorInfo = {
  name: "NamespaceNotWatched",
  help: "A namespace that is to be watched cannot be: Pod Watcher may not read its pods, or cannot reach them.",
  severity: "critical",
};

export const watchStale: DetectorInfo = {
  name: "WatchStale",
  help: "What is shown of a namespace is no longer confirmed: it may be out of date.",
  severity: "critical",
};

/** What the watch of a namespace says of itself (`NamespaceHealth` of the ports has all of it). */
export interface NamespaceFacts {
  readonly namespace: string;
  readonly state: string;
  /** Since when its picture is not confirmed complete, from the start on; undefined while it is. */
  readonly staleSince: Instant | undefined;
  /** The last moment at which it was; undefined before the first. */
  readonly lastSyncedAt: Instant | undefined;
  readonly problem:
    | {
        readonly since: Instant;
        readonly message: string;
        readonly remedy: string | undefined;
        readonly missing: readonly string[];
      }
    | undefined;
}

export interface NamespaceInspection {
  /** Undefined before the API server has said anything: no news is neither good nor bad, and what is open stays so. */
  readonly findings: readonly Finding[] | undefined;
  /** When time alone could change the answer. */
  readonly reevaluateAt: Instant | undefined;
}

/** What is wrong with the watch of a namespace. That it is refused explains why it is stale, so only one is told. */
export function inspectNamespace(facts: NamespaceFacts, policy: Policy, now: Instant): NamespaceInspection {
  const { lastSyncedAt, problem, state, staleSince } = facts;
  const refusal = REFUSALS[state];
  if (refusal !== undefined) {
    const since = problem?.since ?? now;
    const mayPass = state === "unauthenticated" && lastSyncedAt !== undefined;
    const due = since + (mayPass ? PASSING_401 : 0);
    if (now >= due) return found(notWatched(facts, refusal, since));
    const meanwhile = inspectNamespace({ ...facts, state: "stale" }, policy, now);
    return { ...meanwhile, reevaluateAt: Math.min(due, meanwhile.reevaluateAt ?? due) };
  }
  if (staleSince === undefined) return QUIET;
  if (lastSyncedAt !== undefined) {
    // From when it was lost, not from the last word: where nothing happens, that may be minutes before.
    const due = staleSince + HOLD_DOWN;
    return now < due ? quietUntil(due) : found(stale(facts, staleSince));
  }
  // What never was complete may take as long to become so as what was may be unconfirmed.
  const patience = problem === undefined ? SLOW_START : policy.detectors.WatchStale.for;
  const since = problem?.since ?? staleSince;
  if (now < since + patience) return { findings: undefined, reevaluateAt: since + patience };
  const why = problem === undefined ? "its first list of pods has not come to an end" : "it cannot be read";
  return found(notWatched(facts, why, since));
}

/** To an API server that is just starting, a token that was good until now may be unknown for a while. */
const PASSING_401: Duration = 30 * SECOND;
/** Even a hundred thousand pods over a slow line have come by then, and those waited for, too. */
const SLOW_START: Duration = 5 * MINUTE;

/** States that say no; all others may still become well. */
const REFUSALS: Readonly<Record<string, string>> = {
  unauthenticated: "the API server does not accept the token (401)",
  forbidden: "the token may not list and watch its pods (403)",
  missing: "it does not exist (404)",
};

const QUIET: NamespaceInspection = { findings: [], reevaluateAt: undefined };

function quietUntil(reevaluateAt: Instant): NamespaceInspection {
  return { findings: [], reevaluateAt };
}

function found(finding: Finding): NamespaceInspection {
  return { findings: [finding], reevaluateAt: undefined };
}

function notWatched({ namespace, state, problem }: NamespaceFacts, why: string, since: Instant): Finding {
  const missing = problem?.missing ?? [];
  return finding(
    namespaceNotWatched,
    { alertname: namespaceNotWatched.name, namespace },
    {
      summary: `Namespace ${namespace} is not watched: ${why}`,
      description: withRemedy(
        sentences(
          `Since ${formatInstant(since)}: nothing that happens there is noticed.`,
          problem === undefined ? undefined : sentence(problem.message),
          missing.length === 0 ? undefined : `Missing: ${missing.join(", ")}.`,
        ),
        problem?.remedy,
      ),
      reason: CAUSES[state] ?? "Unreachable",
      cause: CAUSES[state] ?? "Unreachable",
    },
    {},
    since,
  );
}

const CAUSES: Readonly<Record<string, string>> = {
  unauthenticated: "Unauthorized",
  forbidden: "Forbidden",
  missing: "NotFound",
};

function stale({ namespace, problem }: NamespaceFacts, since: Instant): Finding {
  return finding(
    watchStale,
    { alertname: watchStale.name, namespace },
    {
      summary: `What is known of namespace ${namespace} is not confirmed since ${formatInstant(since)}`,
      description: withRemedy(
        sentences(
          "Pods may have failed or recovered unnoticed; it is made up for as soon as the API server can be read again.",
          problem === undefined ? undefined : sentence(problem.message),
          `It is told again by itself when the picture is complete; up to ${formatSpan(HOLD_DOWN)} is normal.`,
        ),
        problem?.remedy,
      ),
      reason: "Stale",
      cause: "Stale",
    },
    {},
    since,
  );
}

/** A command to copy stands on lines of its own, without a full stop that a shell would take for a part of it. */
function withRemedy(description: string, remedy: string | undefined): string {
  return remedy === undefined ? description : `${description} Remedy:\n${remedy}`;
}

function sentence(text: string): string {
  return /[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}
