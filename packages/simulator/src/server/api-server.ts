/**
 * The API server: authentication, authorization, routing and encoding. Serves the part of the Kubernetes API that a pod
 * watcher needs (see `routes.ts`) like a real one, including errors and their messages.
 */
import type { Duration } from "../../../../src/core/model/time.ts";
import type { Clock } from "../../../../src/ports/clock.ts";
import { batchObject, jobList } from "../cluster/batch-objects.ts";
import type { Workloads } from "../cluster/workloads.ts";
import { jsonEncoding } from "../encode/json.ts";
import { joined } from "../encode/pieces.ts";
import type { Encoding, Resource } from "../encode/types.ts";
import { withBodyFault } from "../faults/body-fault.ts";
import type { BodyFault, Fault, ResponseFault, WatchFault } from "../faults/faults.ts";
import { createWatchFaults } from "../faults/watch-faults.ts";
import { type ApiRequest, describeRequest } from "../http/api-request.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Route } from "../http/routes.ts";
import type { LogSource } from "../kubelet/logs.ts";
import type { Status } from "../model/objects.ts";
import * as statuses from "../model/status.ts";
import type { Storage } from "../storage/storage.ts";
import type { Access, Subject } from "./access.ts";
import { accessReview } from "./access-review.ts";
import { createEvent, patchEvent } from "./event-writes.ts";
import { createLists, type Lists, type Page, writeList } from "./list.ts";
import { parseListOptions } from "./list-options.ts";
import { namespaceObject, projectList, selfSubjectReview, versionInfo } from "./other-objects.ts";
import { negotiate, notAcceptable, respond, responseHeaders, send, sendJson, sendNoSuchPath } from "./responses.ts";
import { serveWatch, type WatchSettings } from "./watch.ts";

export interface ApiServerOptions {
  readonly clock: Clock;
  /** The feature gate WatchList: without it `sendInitialEvents` is rejected with 422. */
  readonly watchList: boolean;
  /** Whether the projects API of OpenShift exists. */
  readonly openshift: boolean;
  /** Whether protobuf is supported; otherwise all responses are JSON. */
  readonly protobuf: boolean;
  readonly bookmarkInterval: Duration;
  readonly quiet: boolean;
  readonly minRequestTimeout: Duration;
  readonly continueTokenAge: Duration;
  readonly slowWatcherLimit: number;
}

/** The part of the cluster that the API server uses, in addition to its storage. */
export interface ClusterState {
  readonly storage: Storage;
  /** By name. */
  namespaces(): readonly string[];
  readonly logs: LogSource;
  readonly workloads: Pick<Workloads, "find" | "jobs">;
}

export interface ApiServer {
  /** Responds to a request, with faults for its response and for the events of a watch. */
  handle(exchange: Exchange, faults?: readonly Fault[]): Promise<void>;
  readonly lists: Lists;
}

const COMPRESSED_ABOVE = 128 * 1024;

export function createApiServer(cluster: ClusterState, access: Access, options: ApiServerOptions): ApiServer {
  const { storage } = cluster;
  const lists = createLists(storage, options.clock, options.continueTokenAge);
  const settings: WatchSettings = options;

  const collection = async (
    exchange: Exchange,
    encoding: Encoding,
    { resource, namespace }: Extract<Route, { name: "collection" }>,
    watchFaults: readonly WatchFault[],
  ) => {
    const wanted = parseListOptions(resource, exchange.url.searchParams, options.watchList);
    if ("kind" in wanted) return respond(exchange, encoding, wanted);
    if (wanted.watch) {
      const faults =
        watchFaults.length === 0 ? undefined : createWatchFaults(watchFaults, exchange, encoding, resource);
      return serveWatch(storage, { exchange, encoding, resource, namespace, options: wanted, faults }, settings);
    }
    const page = lists.page(resource, namespace, wanted);
    if ("kind" in page) return respond(exchange, encoding, page);
    // Lists above 128 KiB are compressed if the client accepts gzip (apiserver `responsewriters/writers.go`).
    const compressed = asksForGzip(exchange) && isLarge(encoding, resource, page);
    const to = compressed ? withBodyFault(exchange, { kind: "gzip" }, options.clock) : exchange;
    to.start(200, responseHeaders(encoding.contentType));
    return writeList(to, encoding, resource, page, storage.resourceVersion(page.revision));
  };

  const log = (exchange: Exchange, encoding: Encoding, namespace: string, name: string) => {
    const pod = storage.pods.get(namespace, name)?.object;
    if (pod === undefined) return respond(exchange, encoding, statuses.notFound("pods", name));
    const text = cluster.logs.read(pod, exchange.url.searchParams);
    if (text === undefined) {
      exchange.start(204, {});
      return exchange.end();
    }
    if (typeof text !== "string") return respond(exchange, encoding, text);
    send(exchange, 200, "text/plain", Buffer.from(text));
  };

  const handleRoute = async (
    exchange: Exchange,
    encoding: Encoding,
    route: Route,
    subject: Subject,
    watchFaults: readonly WatchFault[],
  ) => {
    switch (route.name) {
      case "collection":
        if (exchange.method === "POST") return createEvent(exchange, storage, options.clock, route.namespace);
        return collection(exchange, encoding, route, watchFaults);
      case "object": {
        if (exchange.method === "PATCH") return patchEvent(exchange, storage, route.namespace, route.object);
        const entry = storage[route.resource].get(route.namespace, route.object);
        if (entry === undefined) return respond(exchange, encoding, statuses.notFound(route.resource, route.object));
        return send(exchange, 200, encoding.contentType, joined(encoding.object(route.resource, entry)));
      }
      case "jobs": {
        const selector = exchange.url.searchParams.get("fieldSelector");
        return sendJson(exchange, 200, jobList(cluster.workloads, route.namespace, selector));
      }
      case "batch": {
        const { resource, object } = route;
        const found = batchObject(cluster.workloads, route);
        if (found !== undefined) return sendJson(exchange, 200, found);
        return respond(exchange, encoding, statuses.notFound(resource, object, "batch"));
      }
      case "log":
        return log(exchange, encoding, route.namespace, route.object);
      case "namespace":
        return cluster.namespaces().includes(route.namespace)
          ? sendJson(exchange, 200, namespaceObject(route.namespace))
          : respond(exchange, encoding, statuses.notFound("namespaces", route.namespace));
      case "namespaces":
        return sendJson(exchange, 200, {
          kind: "NamespaceList",
          apiVersion: "v1",
          metadata: { resourceVersion: storage.resourceVersion(storage.revision()) },
          items: cluster.namespaces().map(namespaceObject),
        });
      case "projects": {
        if (!options.openshift) return sendNoSuchPath(exchange);
        const visible = (namespace: string) =>
          access.allowed(subject, { verb: "get", group: "", resource: "namespaces", namespace });
        const items = cluster.namespaces().filter(visible);
        return sendJson(exchange, 200, projectList(items, storage.resourceVersion(storage.revision())));
      }
      case "project-group":
        if (!options.openshift) return sendNoSuchPath(exchange);
        return sendJson(exchange, 200, { kind: "APIGroup", apiVersion: "v1", name: "project.openshift.io" });
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
    handle: async (plain, faults = []) => {
      const encoding = negotiate(plain.header("accept"), options.protobuf);
      for (const fault of faults.filter(isResponseFault)) {
        if (await respondInstead(plain, encoding ?? jsonEncoding, fault, options.clock)) return;
      }
      const exchange = faults
        .filter(isBodyFault)
        .reduceRight((inner, fault) => withBodyFault(inner, fault, options.clock), plain);
      const subject = access.authenticate(exchange.header("authorization"), exchange.certificate);
      if (subject === undefined) return respond(exchange, jsonEncoding, statuses.unauthorized());
      const request = describeRequest(exchange);
      const refusal = isForAll(request, subject, options) ? undefined : authorize(access, subject, request, exchange);
      if (refusal !== undefined) return respond(exchange, encoding ?? jsonEncoding, refusal);
      const { route } = request;
      if (route === undefined) return sendNoSuchPath(exchange);
      if (!methodFits(exchange.method, route))
        return respond(exchange, encoding ?? jsonEncoding, statuses.methodNotAllowed());
      if (encoding === undefined) return respond(exchange, jsonEncoding, notAcceptable());
      await handleRoute(exchange, encoding, route, subject, faults.filter(isWatchFault));
    },
  };
}

/** True when the fault has replaced the response. */
async function respondInstead(
  exchange: Exchange,
  encoding: Encoding,
  fault: ResponseFault,
  clock: Clock,
): Promise<boolean> {
  switch (fault.kind) {
    case "delay":
      await new Promise<void>((resolve) => clock.after(fault.for, resolve));
      return exchange.closed;
    case "hold":
      await fault.until;
      return exchange.closed;
    case "hang":
      return true;
    case "break":
      exchange.break(fault.break);
      return true;
    case "endlessHeader":
      exchange.endlessHeader();
      return true;
    case "status":
      respond(exchange, encoding, fault.status);
      return true;
    case "response":
      exchange.start(fault.status, { ...fault.headers });
      if (fault.body !== undefined) exchange.write(Buffer.from(fault.body));
      exchange.end();
      return true;
  }
}

function asksForGzip(exchange: Exchange): boolean {
  return /\bgzip\b/.test(exchange.header("accept-encoding") ?? "");
}

function isLarge(encoding: Encoding, resource: Resource, page: Page): boolean {
  let length = 0;
  for (const piece of encoding.list(resource, { resourceVersion: "" }, page.entries)) {
    length += piece.length;
    if (length > COMPRESSED_ABOVE) return true;
  }
  return false;
}

function isResponseFault(fault: Fault): fault is ResponseFault {
  return ["response", "status", "hang", "break", "endlessHeader", "delay", "hold"].includes(fault.kind);
}

function isBodyFault(fault: Fault): fault is BodyFault {
  return ["cut", "dribble", "gzip", "headers"].includes(fault.kind);
}

function isWatchFault(fault: Fault): fault is WatchFault {
  return !isResponseFault(fault) && !isBodyFault(fault);
}

/** Without a binding: system:public-info-viewer, system:discovery, system:basic-user, and basic-user of OpenShift. */
function isForAll({ route, verb, group, resource }: ApiRequest, subject: Subject, options: ApiServerOptions): boolean {
  if (route?.name === "version" || route?.name === "health") return true;
  if (!subject.groups.includes("system:authenticated")) return false;
  if (verb === "create") return route?.name === "access-review" || route?.name === "self-review";
  if (resource === "" && route?.name === "project-group") return true;
  return options.openshift && (group === "project.openshift.io" || group === "user.openshift.io");
}

function authorize(access: Access, subject: Subject, request: ApiRequest, exchange: Exchange): Status | undefined {
  const { verb, group, resource, namespace, object } = request;
  if (access.allowed(subject, { verb, group, resource, namespace })) return undefined;
  return resource === ""
    ? statuses.forbiddenPath(subject.user, verb, exchange.url.pathname)
    : statuses.forbidden(subject.user, verb, resource, group, namespace, object);
}

function methodFits(method: string, route: Route): boolean {
  if (route.name === "access-review" || route.name === "self-review") return method === "POST";
  // Only Events can be written.
  if (route.name === "collection" && route.resource === "events") return method === "GET" || method === "POST";
  if (route.name === "object" && route.resource === "events") return method === "GET" || method === "PATCH";
  return method === "GET";
}
