import type { Finding } from "../alert.ts";
import { spanInWords } from "../duration.ts";
import type { Policy } from "../policy.ts";
import { momentInWords, sentences } from "../text.ts";
import type { Instant } from "../time.ts";
import type { Inspection } from "./cannot-create-pods.ts";
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
  readonly liveSince: Instant | undefined;
  readonly confirmedAt: Instant | undefined;
  readonly problem:
    | {
        readonly since: Instant;
        readonly message: string;
        readonly remedy: string | undefined;
        readonly missing: readonly string[];
      }
    | undefined;
}

/** What is wrong with the watch of a namespace. That it is refused explains why it is stale, so only one is told. */
export function inspectNamespace(facts: NamespaceFacts, policy: Policy, now: Instant): Inspection {
  const { confirmedAt, problem } = facts;
  const refusal = REFUSALS[facts.state];
  if (refusal !== undefined) return found(notWatched(facts, refusal, problem?.since ?? now));
  if (facts.liveSince !== undefined || facts.state === "polling") return QUIET;
  if (confirmedAt !== undefined) {
    const due = confirmedAt + HOLD_DOWN;
    return now < due ? { findings: [], reevaluateAt: due } : found(stale(facts, confirmedAt));
  }
  if (problem === undefined) return QUIET;
  // What never was complete may take as long to become so as what was may be unconfirmed.
  const due = problem.since + policy.detectors.WatchStale.for;
  return now < due ? { findings: [], reevaluateAt: due } : found(notWatched(facts, "it cannot be read", problem.since));
}

/** States that say no; all others may still become well. */
const REFUSALS: Readonly<Record<string, string>> = {
  unauthenticated: "the API server does not accept the token (401)",
  forbidden: "the token may not list and watch its pods (403)",
  missing: "it does not exist (404)",
};

const QUIET: Inspection = { findings: [], reevaluateAt: undefined };

function found(finding: Finding): Inspection {
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
          `Since ${momentInWords(since)}: nothing that happens there is noticed.`,
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

function stale({ namespace, problem }: NamespaceFacts, confirmedAt: Instant): Finding {
  return finding(
    watchStale,
    { alertname: watchStale.name, namespace },
    {
      summary: `What is known of namespace ${namespace} is not confirmed since ${momentInWords(confirmedAt)}`,
      description: withRemedy(
        sentences(
          "Pods may have failed or recovered unnoticed; it is made up for as soon as the API server can be read again.",
          problem === undefined ? undefined : sentence(problem.message),
          `It is told again by itself when the picture is complete; up to ${spanInWords(HOLD_DOWN)} is normal.`,
        ),
        problem?.remedy,
      ),
      reason: "Stale",
      cause: "Stale",
    },
    {},
    confirmedAt,
  );
}

/** A command to copy stands on lines of its own, without a full stop that a shell would take for a part of it. */
function withRemedy(description: string, remedy: string | undefined): string {
  return remedy === undefined ? description : `${description} Remedy:\n${remedy}`;
}

function sentence(text: string): string {
  return /[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}
