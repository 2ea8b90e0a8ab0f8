import type { Finding } from "../model/alert.ts";
import type { Instant } from "../model/time.ts";
import { formatInstant, sentences } from "../text/text.ts";
import { finding } from "./detector.ts";
import { namespaceNotWatched } from "./namespace-health.ts";

export interface DiscoveryFailure {
  /** Pod Watcher's own namespace, for which the alert is reported. */
  readonly own: string;
  /** A sentence. */
  readonly why: string;
  readonly since: Instant;
  /** The list of namespaces was read, and is empty. */
  readonly isEmpty: boolean;
}

/** There is no namespace to watch, or the list of namespaces cannot be read. */
export function namespaceDiscoveryFailed({ own, why, since, isEmpty }: DiscoveryFailure): Finding {
  return finding(
    namespaceNotWatched,
    { alertname: namespaceNotWatched.name, namespace: own },
    {
      summary: `No namespace is watched: ${isEmpty ? "there is none that Pod Watcher may watch" : "the list of namespaces cannot be read"}`,
      description: sentences(
        `Since ${formatInstant(since)}, Pod Watcher does not receive any changes.`,
        why,
        `Pod Watcher retries every ${isEmpty ? "minute" : "few seconds"}. Alternatively, list the namespaces in OPENSHIFT_NAMESPACE.`,
      ),
      reason: "Unknown",
      cause: "Unknown",
    },
    {},
    since,
  );
}
