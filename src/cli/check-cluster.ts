import type { Config } from "../config/config.ts";
import { createAccessReview, ownIdentity } from "../kubernetes/api/access.ts";
import { createApiRequest } from "../kubernetes/api/api-request.ts";
import { suggestedCli } from "../kubernetes/api/cluster-facts.ts";
import { createNamespaces, type NamespacesOptions } from "../kubernetes/api/namespaces.ts";
import { resolveClusterAccess } from "../kubernetes/auth/credentials.ts";
import { createTransport } from "../kubernetes/transport/transport.ts";
import type { Clock } from "../ports/clock.ts";
import { VERSION } from "../ports/version.ts";
import { onAbort } from "../util/on-abort.ts";
import type { CheckResult } from "./check-formats.ts";
import { checkNamespace } from "./check-namespace.ts";
import type { Deadline } from "./deadline.ts";

/** Checks the configured namespaces, otherwise those that `serve` would watch, with what is there at the deadline. */
export async function checkCluster(
  config: Config,
  clock: Clock,
  deadline: Deadline,
): Promise<Omit<CheckResult, "warnings">> {
  const access = await resolveClusterAccess(config.cluster, clock);
  const server = access.server.host;
  deadline.server = server;
  await using transport = createTransport({ access, clock, userAgent: `pod-watcher/${VERSION} check` });
  // Rejects every request, also those that are part of a longer operation.
  onAbort([deadline.signal], () => void transport[Symbol.asyncDispose]());
  const request = createApiRequest(transport, clock);
  const identity = await ownIdentity(access, request);
  const { namespaces, problem } = await namespacesToCheck({
    ...{ configured: config.namespaces, own: access.namespace, request, clock },
    user: () => identity.user,
  });
  if (namespaces.length === 0)
    return { server, checks: [], problem: deadline.signal.aborted ? deadline.message : problem };
  const cli = await suggestedCli(request).catch(() => "kubectl" as const);
  const review = createAccessReview(request);
  const options = { config, transport, clock, deadline, review, identity: { ...identity, cli } };
  const checks = await Promise.all(namespaces.map((namespace) => checkNamespace(namespace, options)));
  return { server, checks, problem: undefined };
}

async function namespacesToCheck(options: NamespacesOptions): Promise<NamespacesToCheck> {
  const { own } = options;
  using namespaces = createNamespaces(options);
  // Awaited here, because leaving this block ends the discovery.
  return await new Promise((resolve) => {
    let isEmpty = false;
    // A failed discovery is not retried here, unlike in `serve`.
    namespaces.start({
      changed: (found) => {
        isEmpty = found.length === 0;
        // The reason follows.
        if (!isEmpty) resolve({ namespaces: found, problem: undefined });
      },
      problem: (problem) => {
        if (problem === undefined) return;
        if (isEmpty) resolve({ namespaces: [], problem: `${problem} To name it: pod-watcher check NAMESPACE` });
        else resolve({ namespaces: own === undefined ? [] : [own], problem });
      },
    });
  });
}

interface NamespacesToCheck {
  readonly namespaces: readonly string[];
  /** Why there are none, or not all. */
  readonly problem: string | undefined;
}
