/**
 * What the API server answers: who is asking, may they, what do they want, in which encoding. Serves the part of the
 * Kubernetes API that a pod watcher needs (see `routes.ts`) as a real one does, refusals and their wording included.
 */
import { randomUUID } from "node:crypto";
import type { Duration } from "../core/time.ts";
import type { Clock } from "../ports.ts";
import type { Access, AccessAttempt, Subject } from "./access.ts";
import type { Encoding, Resource } from "./encode.ts";
import { jsonEncoding } from "./encode-json.ts";
import type { Exchange } from "./exchange.ts";
import { createLists, type Lists, writeList } from "./list.ts";
import { parseListOptions } from "./list-options.ts";
import type { LogSource } from "./logs.ts";
import type { Status } from "./objects.ts";
import { namespaceObject, projectList, selfSubjectReview, versionInfo } from "./other-objects.ts";
import { type Route, routeOf } from "./routes.ts";
import * as statuses from "./status.ts";
import type { Storage } from "./storage.ts";
import { serveWatch, type WatchSettings } from "./watch.ts";

export interface ApiServerOptions {
  readonly clock: Clock;
  /** The feature gate WatchList: without it `sendInitialEvents` is refused with 422. */
  readonly watchList: boolean;
  /** Whether the OpenShift projects API is there. */
  readonly openshift: boolean;
  /** Whether protobuf is spoken; else everything is answered in JSON. */
  readonly protobuf: boolean;
  readonly bookmarkInterval: Duration;
  readonly minRequestTimeout: Duration;
  readonly continueTokenAge: Duration;
  readonly slowWatcherLimit: number;
}

/** What the API server needs of the cluster besides its storage. */
export interface ClusterState {
  readonly storage: Storage;
  /** By name. */
  namespaces(): readonly string[];
  readonly logs: LogSource;
}

export interface ApiServer {
  handle(exchange: Exchange): Promise<void>;
  readonly lists: Lists;
}

/** One request as authorization sees it. */
export interface ApiRequest {
  readonly route: Route;
  readonly verb: string;
  /** With its subresource. Empty for paths that are no resource. */
  readonly resource: string;
  readonly group: string;
  readonly namespace: string;
  readonly object: string;
}

const ENCODINGS: readonly Encoding[] = [jsonEncoding];

export function createApiServer(cluster: ClusterState, access: Access, options: ApiServerOptions): ApiServer {
  const { storage } = cluster;
  const lists = createLists(storage, options.clock, options.continueTokenAge);
  const settings: WatchSettings = options;

  const collection = async (exchange: Exchange, encoding: Encoding, resource: Resource, namespace: string) => {
    const wanted = parseListOptions(resource, exchange.url.searchParams, options.watchList);
    if ("kind" in wanted) return answer(exchange, encoding, wanted);
    if (wanted.watch) {
      exchange.start(200, headers(encoding.watchContentType));
      return serveWatch(storage, { exchange, encoding, resource, namespace, options: wanted }, settings);
    }
    const page = lists.page(resource, namespace, wanted);
    if ("kind" in page) return answer(exchange, encoding, page);
    exchange.start(200, headers(encoding.contentType));
    return writeList(exchange, encoding, resource, page, storage.resourceVersion(page.revision));
  };

  const log = (exchange: Exchange, encoding: Encoding, namespace: string, name: string) => {
    const pod = storage.pods.get(namespace, name)?.object;
    if (pod === undefined) return answer(exchange, encoding, statuses.notFound("pods", name));
    const text = cluster.logs.read(pod, exchange.url.searchParams);
    if (typeof text !== "string") return answer(exchange, encoding, text);
    send(exchange, 200, "text/plain", Buffer.from(text));
  };

  const handleRoute = async (exchange: Exchange, encoding: Encoding, request: ApiRequest, subject: Subject) => {
    const { route } = request;
    switch (route.name) {
      case "collection":
        return collection(exchange, encoding, route.resource, route.namespace);
      case "object": {
        const entry = storage[route.resource].get(route.namespace, route.object);
        if (entry === undefined) return answer(exchange, encoding, statuses.notFound(route.resource, route.object));
        return send(exchange, 200, encoding.contentType, encoding.object(route.resource, entry));
      }
      case "log":
        return log(exchange, encoding, route.namespace, route.object);
      case "namespace":
        return cluster.namespaces().includes(route.namespace)
          ? sendJson(exchange, 200, namespaceObject(route.namespace))
          : answer(exchange, encoding, statuses.notFound("namespaces", route.namespace));
      case "namespaces":
        return sendJson(exchange, 200, {
          kind: "NamespaceList",
          apiVersion: "v1",
          metadata: { resourceVersion: storage.resourceVersion(storage.revision()) },
          items: cluster.namespaces().map(namespaceObject),
        });
      case "projects": {
        if (!options.openshift) return answer(exchange, encoding, statuses.noSuchPath());
        const visible = (namespace: string) =>
          access.allowed(subject, { verb: "get", group: "", resource: "namespaces", namespace });
        const items = cluster.namespaces().filter(visible);
        return sendJson(exchange, 200, projectList(items, storage.resourceVersion(storage.revision())));
      }
      case "access-review":
        return accessReview(exchange, access, subject);
      case "self-review":
        return sendJson(exchange, 201, selfSubjectReview(subject));
      case "version":
        return sendJson(exchange, 200, versionInfo(options.openshift));
      case "health":
        return send(exchange, 200, "text/plain; charset=utf-8", Buffer.from("ok"));
    }
  };

  return {
    lists,
    handle: async (exchange) => {
      const encoding = negotiate(exchange.header("accept"), options.protobuf);
      const subject = access.authenticate(exchange.header("authorization"));
      if (subject === undefined) return answer(exchange, jsonEncoding, statuses.unauthorized());
      const request = describe(exchange);
      if (request === undefined) return answer(exchange, jsonEncoding, statuses.noSuchPath());
      if (encoding === undefined) return answer(exchange, jsonEncoding, notAcceptable());
      const refusal = authorize(access, subject, request, exchange);
      if (refusal !== undefined) return answer(exchange, encoding, refusal);
      if (!methodFits(exchange.method, request.route)) return answer(exchange, encoding, statuses.methodNotAllowed());
      await handleRoute(exchange, encoding, request, subject);
    },
  };
}

/** What is asked for; undefined when the path is none that the simulator knows. */
export function describe(exchange: Pick<Exchange, "method" | "url">): ApiRequest | undefined {
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
        verb: "get",
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
    case "version":
    case "health":
      return { route, ...none, verb: "get", resource: "" };
  }
}

function authorize(access: Access, subject: Subject, request: ApiRequest, exchange: Exchange): Status | undefined {
  const { route, verb, group, resource, namespace, object } = request;
  // Open to everybody (system:public-info-viewer), or to everybody who is someone (system:basic-user, basic-user).
  if (route.name === "version" || route.name === "health") return undefined;
  const authenticated = subject.groups.includes("system:authenticated");
  if (["access-review", "self-review", "projects"].includes(route.name) && authenticated) return undefined;
  if (access.allowed(subject, { verb, group, resource, namespace })) return undefined;
  return resource === ""
    ? statuses.forbiddenPath(subject.user, verb, exchange.url.pathname)
    : statuses.forbidden(subject.user, verb, resource, group, namespace, object);
}

function methodFits(method: string, route: Route): boolean {
  if (route.name === "access-review" || route.name === "self-review") return method === "POST";
  return method === "GET";
}

/** The encoding of the first media type in `Accept` that the server speaks; undefined when it speaks none of them. */
function negotiate(accept: string | undefined, protobuf: boolean): Encoding | undefined {
  const encodings = ENCODINGS.filter(({ name }) => protobuf || name !== "protobuf");
  for (const range of (accept ?? "*/*").split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    // Tables and partial objects are asked for with `as=`.
    if (parameters.some((parameter) => parameter.startsWith("as="))) continue;
    const found = encodings.find(({ contentType }) => contentType === type);
    if (found !== undefined) return found;
    if (type === "*/*" || type === "application/*" || type === "") return jsonEncoding;
  }
  return undefined;
}

function notAcceptable(): Status {
  return statuses.failure(
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}

interface ReviewSpec {
  readonly resourceAttributes?: Partial<Record<"namespace" | "verb" | "group" | "resource" | "subresource", string>>;
}

async function accessReview(exchange: Exchange, access: Access, subject: Subject): Promise<void> {
  let spec: ReviewSpec;
  try {
    spec = (JSON.parse((await exchange.body()).toString()) as { spec?: ReviewSpec }).spec ?? {};
  } catch {
    return answer(
      exchange,
      jsonEncoding,
      statuses.badRequest("the object provided is unrecognized: the body is not JSON"),
    );
  }
  const { namespace = "", verb = "", group = "", resource = "", subresource = "" } = spec.resourceAttributes ?? {};
  const attempt: AccessAttempt = {
    verb,
    group,
    resource: subresource === "" ? resource : `${resource}/${subresource}`,
    namespace,
  };
  const allowed = access.allowed(subject, attempt);
  const reason = allowed ? `RBAC: allowed by RoleBinding "simulated/${namespace}"` : "";
  sendJson(exchange, 201, {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: { creationTimestamp: null },
    spec,
    status: { allowed, ...(reason === "" ? {} : { reason }) },
  });
}

export function answer(exchange: Exchange, encoding: Encoding, status: Status): void {
  const retryAfter = status.details?.retryAfterSeconds;
  exchange.start(status.code, {
    ...headers(encoding.contentType),
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  exchange.write(encoding.status(status));
  exchange.end();
}

function sendJson(exchange: Exchange, code: number, body: unknown): void {
  send(exchange, code, "application/json", Buffer.from(`${JSON.stringify(body)}\n`));
}

function send(exchange: Exchange, code: number, contentType: string, body: Buffer): void {
  exchange.start(code, { ...headers(contentType), "content-length": String(body.length) });
  exchange.write(body);
  exchange.end();
}

function headers(contentType: string): Record<string, string> {
  return { "audit-id": randomUUID(), "cache-control": "no-cache, private", "content-type": contentType };
}
