import type { Finding } from "../model/alert.ts";
import type { Instant } from "../model/time.ts";
import { formatInstant, sentences } from "../text/text.ts";
import { finding } from "./detector.ts";
import { namespaceNotWatched } from "./namespace-health.ts";

/**
 * Nobody can say which namespaces are to be watched, so that none is. It is told under our own: who lives there can mend
 * it.
 */
export function namespacesUnknown(own: string, why: string, since: Instant): Finding {
  return finding(
    namespaceNotWatched,
    { alertname: namespaceNotWatched.name, namespace: own },
    {
      summary: "No namespace is watched: which ones there are is not known",
      description: sentences(
        `Since ${formatInstant(since)}: nothing that happens in the cluster is noticed.`,
        why,
        "It is asked again every few seconds. OPENSHIFT_NAMESPACE can list the namespaces instead.",
      ),
      reason: "Unknown",
      cause: "Unknown",
    },
    {},
    since,
  );
}
