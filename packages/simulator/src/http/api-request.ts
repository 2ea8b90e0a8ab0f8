/** The attributes of a request, as in Kubernetes authorization. */
import type { Exchange } from "./exchange.ts";
import { type Route, routeOf } from "./routes.ts";

/** The authorization attributes of one request. */
export interface ApiRequest {
  /** Undefined for a path that the simulator does not serve. */
  readonly route: Route | undefined;
  readonly verb: string;
  /** With its subresource. Empty for non-resource paths. */
  readonly resource: string;
  readonly group: string;
  readonly namespace: string;
  readonly object: string;
}

const VERBS: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** From `RequestInfoFactory.NewRequestInfo` of the apiserver: known and unknown paths have attributes alike. */
export function describeRequest({ method, url }: Pick<Exchange, "method" | "url">): ApiRequest {
  const route = routeOf(url.pathname);
  const path = pathOf(url.pathname);
  if (path === undefined) {
    return { route, verb: method.toLowerCase(), group: "", resource: "", namespace: "", object: "" };
  }
  const { group, namespace, resource, object, subresource } = path;
  const verb = VERBS[method] ?? "";
  const watch = url.searchParams.get("watch");
  const reads = watch !== null && watch !== "false" && watch !== "0" ? "watch" : "list";
  const ofCollection: Readonly<Record<string, string>> = { get: reads, delete: "deletecollection" };
  return {
    route,
    verb: object === "" ? (ofCollection[verb] ?? verb) : verb,
    group,
    resource: subresource === "" ? resource : `${resource}/${subresource}`,
    namespace,
    object,
  };
}

interface ResourcePath extends Pick<ApiRequest, "group" | "namespace" | "resource" | "object"> {
  readonly subresource: string;
}

/** Undefined for a non-resource path, such as `/version` or `/apis/apps/v1`. */
function pathOf(path: string): ResourcePath | undefined {
  const [prefix, ...parts] = path.split("/").slice(1).map(decodeURIComponent);
  if (prefix !== "api" && prefix !== "apis") return undefined;
  const group = prefix === "apis" ? (parts.shift() ?? "") : "";
  const [, ...rest] = parts;
  if (rest.length === 0 || rest[0] === "") return undefined;
  const isNamespaced = rest[0] === "namespaces" && rest.length > 1;
  const namespace = isNamespaced ? (rest[1] ?? "") : "";
  const [resource = "", object = "", subresource = ""] = isNamespaced && rest.length > 2 ? rest.slice(2) : rest;
  return { group, namespace, resource, object, subresource };
}
