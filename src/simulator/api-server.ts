/**
 * What the API server answers: who is asking, may they, what do they want, in which encoding. Serves the part of the
 * Kubernetes API that a pod watcher needs (see `routes.ts`) as a real one does, refusals and their wording included.
 */
import { randomUUID } from "node:crypto";
import type { Duration } from "../core/time.ts";
import type { Clock } from "../ports.ts";
import type { Access, AccessAttempt, Subject } from "./access.ts";
import { type ApiRequest, describeRequest } from "./api-request.ts";
import type { Encoding } from "./encode.ts";
import { jsonEncoding } from "./encode-json.ts";
import { protobufEncoding } from "./encode-protobuf.ts";
import type { Exchange } from "./exchange.ts";
import { withBodyFault } from "./fault-exchange.ts";
import { createWatchFaults } from "./fault-watch.ts";
import type { AnswerFault, BodyFault, Fault, WatchFault } from "./faults.ts";
import { createLists, type Lists, writeList } from "./list.ts";
import { parseListOptions } from "./list-options.ts";
import type { LogSource } from "./logs.ts";
import type { Status } from "./objects.ts";
import { namespaceObject, projectList, selfSubjectReview, versionInfo } from "./other-objects.ts";
import { joined } from "./pieces.ts";
import type { Route } from "./routes.ts";
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
  /** Answers a request, with what faults are to befall its answer and, if it is a watch, its events. */
  handle(exchange: Exchange, faults?: readonly Fault[]): Promise<void>;
  readonly lists: Lists;
}

const ENCODINGS: readonly Encoding[] = [jsonEncoding, protobufEncoding];

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
    if ("kind" in wanted) return answer(exchange, encoding, wanted);
    if (wanted.watch) {
      exchange.start(200, headers(encoding.watchContentType));
      const faults =
        watchFaults.length === 0 ? undefined : createWatchFaults(watchFaults, exchange, encoding, resource);
      return serveWatch(storage, { exchange, encoding, resource, namespace, options: wanted, faults }, settings);
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

  const handleRoute = async (
    exchange: Exchange,
    encoding: Encoding,
    request: ApiRequest,
    subject: Subject,
    watchFaults: readonly WatchFault[],
  ) => {
    const { route } = request;
    switch (route.name) {
      case "collection":
        return collection(exchange, encoding, route, watchFaults);
      case "object": {
        const entry = storage[route.resource].get(route.namespace, route.object);
        if (entry === undefined) return answer(exchange, encoding, statuses.notFound(route.resource, route.object));
        return send(exchange, 200, encoding.contentType, joined(encoding.object(route.resource, entry)));
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
    handle: async (plain, faults = []) => {
      const encoding = negotiate(plain.header("accept"), options.protobuf);
      for (const fault of faults.filter(isAnswerFault)) {
        if (await answerInstead(plain, encoding ?? jsonEncoding, fault, options.clock)) return;
      }
      const exchange = faults
        .filter(isBodyFault)
        .reduceRight((inner, fault) => withBodyFault(inner, fault, options.clock), plain);
      const subject = access.authenticate(exchange.header("authorization"), exchange.certificate);
      if (subject === undefined) return answer(exchange, jsonEncoding, statuses.unauthorized());
      const request = describeRequest(exchange);
      if (request === undefined) return answer(exchange, jsonEncoding, statuses.noSuchPath());
      if (encoding === undefined) return answer(exchange, jsonEncoding, notAcceptable());
      const refusal = authorize(access, subject, request, exchange);
      if (refusal !== undefined) return answer(exchange, encoding, refusal);
      if (!methodFits(exchange.method, request.route)) return answer(exchange, encoding, statuses.methodNotAllowed());
      await handleRoute(exchange, encoding, request, subject, faults.filter(isWatchFault));
    },
  };
}

/** True when the fault has answered in the server's place. */
async function answerInstead(
  exchange: Exchange,
  encoding: Encoding,
  fault: AnswerFault,
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
    case "status":
      answer(exchange, encoding, fault.status);
      return true;
    case "answer":
      exchange.start(fault.status, { ...fault.headers });
      if (fault.body !== undefined) exchange.write(Buffer.from(fault.body));
      exchange.end();
      return true;
  }
}

function isAnswerFault(fault: Fault): fault is AnswerFault {
  return ["answer", "status", "hang", "break", "delay", "hold"].includes(fault.kind);
}

function isBodyFault(fault: Fault): fault is BodyFault {
  return ["cut", "dribble", "gzip", "headers"].includes(fault.kind);
}

function isWatchFault(fault: Fault): fault is WatchFault {
  return !isAnswerFault(fault) && !isBodyFault(fault);
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
