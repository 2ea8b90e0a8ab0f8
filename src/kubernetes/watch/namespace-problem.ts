import type { ClusterCause } from "../../core/detect/namespace-health.ts";
import type { Instant } from "../../core/model/time.ts";
import { defined } from "../../core/util/defined.ts";
import type { Cli } from "../../ports/cluster.ts";
import type { Problem } from "../../ports/pods.ts";
import { grantViewCommand } from "../api/access.ts";
import { codeOf, isCertificateError } from "../transport/error.ts";
import type { WatchFailure } from "./watch-failure.ts";

/** Our identity at the API server, and the tool for suggested commands. */
export interface Identity {
  readonly serviceAccount: { readonly namespace: string; readonly name: string } | undefined;
  /** As `ClusterAccess.description`. */
  readonly access: string;
  readonly cli: Cli;
}

/** Describes a failure for one namespace, with the command that fixes it where there is one. */
export function problemOf(failure: WatchFailure, namespace: string, identity: Identity, since: Instant): Problem {
  switch (failure.kind) {
    case "forbidden": {
      const verb = /cannot (list|watch|get) resource/.exec(failure.message)?.[1];
      return {
        since,
        // Without any permission in it, Kubernetes does not reveal whether the namespace exists.
        message: `No permission to read the pods of namespace ${namespace}, or the namespace does not exist: ${failure.message}`,
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
        message: `The API server rejects the credentials (${identity.access}): ${failure.message}`,
        remedy: "Renew the token or certificate. It is reread for every attempt.",
        missing: [],
        clusterCause: "Unauthorized",
      };
    default:
      return {
        since,
        message: `Cannot watch the pods of namespace ${namespace}: ${failure.message}`,
        remedy: undefined,
        missing: [],
        ...defined({ clusterCause: clusterCauseOf(failure) }),
      };
  }
}

/** Failures of a single request, such as an expired position, have none. */
function clusterCauseOf({ kind, cause }: WatchFailure): ClusterCause | undefined {
  switch (kind) {
    case "network":
    case "silent":
      return isCertificateError(codeOf(cause)) ? "CertificateNotAccepted" : "Unreachable";
    case "server":
    case "throttled":
    case "undecodable":
      return "ServerError";
    default:
      return undefined;
  }
}

/** The namespace is polled, because it can be listed but not watched. */
export function watchDenied(failure: WatchFailure, namespace: string, identity: Identity, since: Instant): Problem {
  if (failure.kind !== "forbidden") {
    return {
      since,
      message: `Namespace ${namespace} can be listed but not watched, so changes are detected only every 30 to 45 s: ${failure.message}`,
      remedy: "Permissions are not the cause. Check whether a proxy in front of the API server blocks watches.",
      missing: [],
    };
  }
  return {
    since,
    message: `No permission to watch the pods of namespace ${namespace}, so changes are detected only every 30 to 45 s: ${failure.message}`,
    remedy: grantViewCommand(identity.cli, namespace, subjectOf(identity, failure.message)),
    missing: ["watch pods"],
  };
}

function createCommand(cli: Cli): string {
  return cli === "oc" ? "oc new-project" : "kubectl create namespace";
}

/** The refusal names the user; the configured service account is the fallback. */
function subjectOf({ serviceAccount }: Identity, refusal: string): string | undefined {
  const named = /User "([^"]+)" cannot/.exec(refusal)?.[1];
  if (named !== undefined) return named;
  if (serviceAccount === undefined) return undefined;
  return `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`;
}
