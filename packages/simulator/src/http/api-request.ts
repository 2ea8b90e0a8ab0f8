/** The attributes of a request, as in Kubernetes authorization. */
import type { Exchange } from "./exchange.ts";
import { type Route, routeOf } from "./routes.ts";

/** The authorization attributes of one request. */
export interface ApiRequest {
  readonly route: Route;
  readonly verb: string;
  /** With its subresource. Empty for non-resource paths. */
  readonly resource: string;
  readonly group: string;
  readonly namespace: string;
  readonly object: string;
}

/** The attributes of a request; undefined for an unknown path. */
export function describeRequest(exchange: Pick<Exchange, "method" | "url">): ApiRequest | undefined {
  const route = routeOf(exchange.url.pathname);
  if (route === undefined) return undefined;
  const watch = exchange.url.searchParams.get("watch");
  const reads = watch !== null && watch !== "false" && watch !== "0" ? "watch" : "list";
  const none = { namespace: "", object: "", group: "" };
  switch (route.name) {
    case "collection":
      return {
        route,
        ...none,
        verb: exchange.method === "POST" ? "create" : reads,
        resource: route.resource,
        namespace: route.namespace,
      };
    case "object":
      return {
        route,
        ...none,
        verb: exchange.method === "PATCH" ? "patch" : "get",
        resource: route.resource,
        namespace: route.namespace,
        object: route.object,
      };
    case "log":
      return { route, ...none, verb: "get", resource: "pods/log", namespace: route.namespace, object: route.object };
    case "namespace":
      return {
        route,
        ...none,
        verb: "get",
        resource: "namespaces",
        namespace: route.namespace,
        object: route.namespace,
      };
    case "namespaces":
      return { route, ...none, verb: reads, resource: "namespaces" };
    case "projects":
      return { route, ...none, verb: reads, resource: "projects", group: "project.openshift.io" };
    case "access-review":
      return { route, ...none, verb: "create", resource: "selfsubjectaccessreviews", group: "authorization.k8s.io" };
    case "self-review":
      return { route, ...none, verb: "create", resource: "selfsubjectreviews", group: "authentication.k8s.io" };
    case "project-group":
    case "version":
    case "health":
      return { route, ...none, verb: "get", resource: "" };
  }
}
