import type { Finding } from "../model/alert.ts";
import type { Instant } from "../model/time.ts";
import { formatInstant, sentences } from "../text/text.ts";
import { finding } from "./detector.ts";
import { namespaceNotWatched } from "./namespace-health.ts";

/**
 * The namespaces to watch cannot be discovered, so none is watched. The alert is reported for Pod Watcher's own
 * namespace. `why` is a sentence.
 */
export function namespaceDiscoveryFailed(own: string, why: string, since: Instant): Finding {
  return finding(
    namespaceNotWatched,
    { alertname: namespaceNotWatched.name, namespace: own },
    {
      summary: "No namespace is watched: the list of namespaces cannot be read",
      description: sentences(
        `Since ${formatInstant(since)}, Pod Watcher does not receive any changes.`,
        why,
        "Pod Watcher retries every few seconds. Alternatively, list the namespaces in OPENSHIFT_NAMESPACE.",
      ),
      reason: "Unknown",
      cause: "Unknown",
    },
    {},
    since,
  );
}
