import type { Instant } from "../../core/model/time.ts";
import type { Cli } from "../../ports/cluster.ts";
import type { Problem } from "../../ports/pods.ts";
import { grantViewCommand } from "../api/access.ts";
import type { WatchFailure } from "./watch-failure.ts";

/** Who we are to the API server, and the tool that suggested commands use. */
export interface Identity {
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
  /** As `ClusterAccess.description`. */
  readonly access: string;
  readonly cli: Cli;
}

/** What a failure means for one namespace, and the command that mends it where there is one. */
export function problemOf(failure: WatchFailure, namespace: string, identity: Identity, since: Instant): Problem {
  switch (failure.kind) {
    case "forbidden": {
      const verb = /cannot (list|watch|get) resource/.exec(failure.message)?.[1];
      return {
        since,
        // To whoever has no rights in it, Kubernetes does not say that a namespace does not exist.
        message: `The pods of namespace ${namespace} may not be read, or there is no such namespace: ${failure.message}`,
        remedy: grantViewCommand(identity.cli, namespace, subjectOf(identity, failure.message)),
        missing: verb === "watch" ? ["watch pods"] : ["list pods", "watch pods"],
      };
    }
    case "missing":
      return {
        since,
        message: `Namespace ${namespace} does not exist: ${failure.message}`,
        remedy: `Create it with ${createCommand(identity.cli)} ${namespace}, or remove it from the configured namespaces.`,
        missing: [],
      };
    case "unauthenticated":
      return {
        since,
        message: `The API server does not accept our credentials (${identity.access}): ${failure.message}`,
        remedy: "Renew the token or certificate that they name; it is read again at every attempt.",
        missing: [],
      };
    default:
      return {
        since,
        message: `The pods of namespace ${namespace} cannot be followed: ${failure.message}`,
        remedy: undefined,
        missing: [],
      };
  }
}

/** The namespace is read by polling, since list works and watch does not. */
export function watchDenied(failure: WatchFailure, namespace: string, identity: Identity, since: Instant): Problem {
  if (failure.kind !== "forbidden") {
    return {
      since,
      message: `Namespace ${namespace} can be listed but not watched, so that changes are seen only every half minute: ${failure.message}`,
      remedy: "Nothing is forbidden: see whether a proxy before the API server lets no watches through.",
      missing: [],
    };
  }
  return {
    since,
    message: `Namespace ${namespace} may be listed but not watched, so that changes are seen only every half minute: ${failure.message}`,
    remedy: grantViewCommand(identity.cli, namespace, subjectOf(identity, failure.message)),
    missing: ["watch pods"],
  };
}

function createCommand(cli: Cli): string {
  return cli === "oc" ? "oc new-project" : "kubectl create namespace";
}

/** The server names us in its refusal; what is configured is the next best. */
function subjectOf({ serviceAccount }: Identity, refusal: string): string | undefined {
  const named = /User "([^"]+)" cannot/.exec(refusal)?.[1];
  if (named !== undefined) return named;
  if (serviceAccount === undefined) return undefined;
  return `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`;
}
