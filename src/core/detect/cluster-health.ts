import type { Finding } from "../model/alert.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/time.ts";
import { formatInstant, sentences } from "../text/text.ts";
import { type DetectorInfo, finding } from "./detector.ts";
import { alertDueAt, type ClusterCause, type NamespaceFacts, withRemedy } from "./namespace-health.ts";

export const clusterUnreachable: DetectorInfo = {
  name: "ClusterUnreachable",
  help: "No watched namespace is up to date, because the API server is away, or its certificate or our token is not accepted.",
  severity: "critical",
};

/**
 * Whether a namespace is cut off from the cluster. `answered`: its pods can be read, or the API server refuses that for
 * this namespace alone. `unknown`: neither is known yet.
 */
export type ClusterContact =
  | { readonly name: "answered" }
  | { readonly name: "unknown" }
  | {
      readonly name: "cutOff";
      readonly cause: ClusterCause;
      readonly since: Instant;
      /** When the alert of the namespace itself would fire. */
      readonly dueAt: Instant;
      readonly message: string;
      readonly remedy: string | undefined;
    };

export function clusterContact(facts: NamespaceFacts, policy: Policy): ClusterContact {
  const { state, staleSince, problem } = facts;
  if (staleSince === undefined || state === "forbidden" || state === "missing") return { name: "answered" };
  if (problem?.clusterCause === undefined) return { name: "unknown" };
  const { clusterCause: cause, since, message, remedy } = problem;
  return {
    name: "cutOff",
    cause,
    since: Math.min(since, staleSince),
    dueAt: alertDueAt(facts, since, staleSince, policy),
    message,
    remedy,
  };
}

export type CutOff = Extract<ClusterContact, { name: "cutOff" }>;

export interface ClusterOutage {
  /** When the first alert of a namespace would fire: this one takes its place. */
  readonly dueAt: Instant;
  readonly finding: Finding;
}

/**
 * All watched namespaces are cut off. The alert is reported for `shown`, one of them: its labels decide who sees it, so
 * the texts name no other namespace. Where the causes differ, as while a load balancer gives up, the most frequent one
 * counts.
 */
export function clusterOutage(shown: string, contacts: ReadonlyMap<string, CutOff>): ClusterOutage {
  const all = [...contacts.values()];
  const causes = Map.groupBy(all, ({ cause }) => cause);
  const [cause, same] = [...causes].toSorted(([, a], [, b]) => b.length - a.length)[0]!;
  const since = Math.min(...all.map((one) => one.since));
  const own = contacts.get(shown);
  const { message, remedy } = own?.cause === cause ? own : same[0]!;
  const namespaces = contacts.size === 1 ? "the watched namespace" : `any of the ${contacts.size} watched namespaces`;
  return {
    dueAt: Math.min(...all.map((one) => one.dueAt)),
    finding: finding(
      clusterUnreachable,
      { alertname: clusterUnreachable.name, namespace: shown },
      {
        summary: `${CLAIMS[cause]}, so no namespace is watched`,
        description: withRemedy(
          sentences(
            `Since ${formatInstant(since)}, Pod Watcher does not receive changes from ${namespaces}. Pods may have failed or recovered without being noticed.`,
            withoutNamespace(message),
          ),
          remedy,
        ),
        reason: cause,
        cause,
      },
      {},
      since,
    ),
  };
}

const CLAIMS: Readonly<Record<ClusterCause, string>> = {
  Unreachable: "The API server cannot be reached",
  ServerError: "The API server does not answer as it should",
  Unauthorized: "The API server rejects the credentials (401)",
  CertificateNotAccepted: "The certificate of the API server is not accepted",
};

/** `Cannot watch the pods of namespace shop: cannot connect …` without the namespace. */
function withoutNamespace(message: string): string {
  const text = message.replace(/^Cannot watch the pods of namespace \S+: (.)/, (_, first: string) =>
    first.toUpperCase(),
  );
  return /[.!?:]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`;
}
