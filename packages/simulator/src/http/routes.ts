/** The paths of the Kubernetes API that the simulator serves. */
import type { Resource } from "../encode/types.ts";

export type Route =
  | { readonly name: "collection"; readonly resource: Resource; readonly namespace: string }
  | { readonly name: "object"; readonly resource: Resource; readonly namespace: string; readonly object: string }
  | { readonly name: "log"; readonly namespace: string; readonly object: string }
  /** Of batch/v1. */
  | {
      readonly name: "batch";
      readonly resource: "jobs" | "cronjobs";
      readonly namespace: string;
      readonly object: string;
    }
  | { readonly name: "jobs"; readonly namespace: string }
  | { readonly name: "namespace"; readonly namespace: string }
  | { readonly name: "namespaces" }
  | { readonly name: "access-review" }
  | { readonly name: "self-review" }
  | { readonly name: "projects" }
  | { readonly name: "project-group" }
  | { readonly name: "version" }
  | { readonly name: "health" };

export function routeOf(path: string): Route | undefined {
  switch (path) {
    case "/version":
      return { name: "version" };
    case "/readyz":
    case "/livez":
    case "/healthz":
      return { name: "health" };
    case "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
      return { name: "access-review" };
    case "/apis/authentication.k8s.io/v1/selfsubjectreviews":
      return { name: "self-review" };
    case "/apis/project.openshift.io":
      return { name: "project-group" };
    case "/apis/project.openshift.io/v1/projects":
      return { name: "projects" };
    case "/api/v1/namespaces":
      return { name: "namespaces" };
  }
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  if (parts[0] === "apis") return batchRoute(parts);
  if (parts[0] !== "api" || parts[1] !== "v1") return undefined;
  const [, , ...rest] = parts;
  if (rest.length === 1 && isResource(rest[0])) return { name: "collection", resource: rest[0], namespace: "" };
  const [namespaces, namespace, resource, object, subresource] = rest;
  if (namespaces !== "namespaces" || namespace === undefined || namespace === "") return undefined;
  if (rest.length === 2) return { name: "namespace", namespace };
  if (!isResource(resource)) return undefined;
  if (rest.length === 3) return { name: "collection", resource, namespace };
  if (object === undefined || object === "") return undefined;
  if (rest.length === 4) return { name: "object", resource, namespace, object };
  if (rest.length === 5 && resource === "pods" && subresource === "log") return { name: "log", namespace, object };
  return undefined;
}

function batchRoute([, group, version, namespaces, namespace, resource, object, more]: readonly string[]):
  | Route
  | undefined {
  if (group !== "batch" || version !== "v1" || namespaces !== "namespaces" || more !== undefined) return undefined;
  if (namespace && resource === "jobs" && object === undefined) return { name: "jobs", namespace };
  if (!namespace || !object || (resource !== "jobs" && resource !== "cronjobs")) return undefined;
  return { name: "batch", resource, namespace, object };
}

function isResource(text: string | undefined): text is Resource {
  return text === "pods" || text === "events";
}
