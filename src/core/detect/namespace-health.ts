import type { Finding } from "../model/alert.ts";
import type { Policy } from "../model/policy.ts";
import { type Duration, type Instant, MINUTE, SECOND } from "../model/time.ts";
import { formatInstant, sentences } from "../text/text.ts";
import { type DetectorInfo, finding } from "./detector.ts";
import { HOLD_DOWN } from "./hold-down.ts";

export const namespaceNotWatched: DetectorInfo = {
  name: "NamespaceNotWatched",
  help: "A configured namespace cannot be watched because Pod Watcher lacks permission or cannot reach the API server.",
  severity: "critical",
};

export const watchStale: DetectorInfo = {
  name: "WatchStale",
  help: "The data for a namespace may be stale: its watch is out of sync.",
  severity: "critical",
};

/** The health of a namespace's watch: the part of `NamespaceHealth` (ports/pods.ts) that decides about alerts. */
export interface NamespaceFacts {
  readonly namespace: string;
  readonly state: string;
  /** When its cache became stale, or when the watch started; undefined while the cache is synced. */
  readonly staleSince: Instant | undefined;
  /** When it was last synced; undefined before the first sync. */
  readonly lastSyncedAt: Instant | undefined;
  readonly problem:
    | {
        readonly since: Instant;
        readonly message: string;
        readonly remedy: string | undefined;
        readonly missing: readonly string[];
        readonly clusterCause?: ClusterCause;
      }
    | undefined;
}

/** The reason why no namespace of a cluster can be watched. */
export type ClusterCause = "Unreachable" | "ServerError" | "Unauthorized" | "CertificateNotAccepted";

export interface NamespaceInspection {
  /** Undefined while the state is not known yet: open alerts stay open. */
  readonly findings: readonly Finding[] | undefined;
  /** When time alone could change the result. */
  readonly reevaluateAt: Instant | undefined;
}

/** Checks the watch of a namespace. Reports at most one finding: missing permission also explains why it is stale. */
export function inspectNamespace(facts: NamespaceFacts, policy: Policy, now: Instant): NamespaceInspection {
  const { lastSyncedAt, problem, state, staleSince } = facts;
  const denial = DENIALS[state];
  if (denial !== undefined) {
    const since = problem?.since ?? now;
    const dueAt = since + denialDelay(facts);
    if (now >= dueAt) return found(notWatched(facts, denial, since));
    const meanwhile = inspectNamespace({ ...facts, state: "stale" }, policy, now);
    return { ...meanwhile, reevaluateAt: Math.min(dueAt, meanwhile.reevaluateAt ?? dueAt) };
  }
  if (staleSince === undefined) return HEALTHY;
  if (lastSyncedAt !== undefined) {
    const dueAt = staleSince + HOLD_DOWN;
    return now < dueAt ? healthyUntil(dueAt) : found(stale(facts, staleSince));
  }
  // With a problem, the first sync may take as long as a synced namespace may be stale.
  const timeout = problem === undefined ? FIRST_SYNC_TIMEOUT : policy.detectors.WatchStale.for;
  const since = problem?.since ?? staleSince;
  if (now < since + timeout) return { findings: undefined, reevaluateAt: since + timeout };
  const why = problem === undefined ? "its first sync did not finish" : "its pods cannot be read";
  return found(notWatched(facts, why, since));
}

/** When the alert about a namespace with a problem fires, if it is not synced before. */
export function alertDueAt(facts: NamespaceFacts, problemSince: Instant, staleSince: Instant, policy: Policy): Instant {
  const { for: lasting } = policy.detectors.WatchStale;
  if (DENIALS[facts.state] !== undefined) return problemSince + denialDelay(facts);
  if (facts.lastSyncedAt !== undefined) return staleSince + Math.max(HOLD_DOWN, lasting);
  return problemSince + lasting;
}

function denialDelay({ state, lastSyncedAt }: NamespaceFacts): Duration {
  return state === "unauthenticated" && lastSyncedAt !== undefined ? TRANSIENT_401 : 0;
}

/** An API server that is starting can reject a valid token for a while. */
const TRANSIENT_401: Duration = 30 * SECOND;
/** Enough for 100,000 pods over a slow connection, including the time in the queue. */
const FIRST_SYNC_TIMEOUT: Duration = 5 * MINUTE;

/** States in which the API server rejects requests. Other states may recover without intervention. */
const DENIALS: Readonly<Record<string, string>> = {
  unauthenticated: "the API server rejects the token (401)",
  forbidden: "no permission to list and watch its pods (403)",
  missing: "it does not exist (404)",
};

const HEALTHY: NamespaceInspection = { findings: [], reevaluateAt: undefined };

function healthyUntil(reevaluateAt: Instant): NamespaceInspection {
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
          `Since ${formatInstant(since)}, Pod Watcher does not receive changes from it.`,
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
      summary: `The watch of namespace ${namespace} is out of sync since ${formatInstant(since)}`,
      description: withRemedy(
        sentences(
          "Pods may have failed or recovered without being noticed. Pod Watcher resyncs as soon as it can read from the API server again.",
          problem === undefined ? undefined : sentence(problem.message),
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

/** Commands are on separate lines without a full stop, so that they can be copied. */
export function withRemedy(description: string, remedy: string | undefined): string {
  return remedy === undefined ? description : `${description} Remedy:\n${remedy}`;
}

function sentence(text: string): string {
  return /[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}
