import pLimit from "p-limit";
import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { errorMessage } from "../../util/error-message.ts";
import { grantViewCommand } from "./access.ts";
import { type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";

export interface NamespacesOptions {
  readonly request: ApiRequest;
  readonly clock: Clock;
  /** Explicitly configured namespaces; empty means discover them. */
  readonly configured: readonly string[];
  /** Which of the discovered namespaces to watch. */
  readonly selector?: NamespaceSelector | undefined;
  /** The namespace of our credentials, for clusters without OpenShift projects. */
  readonly own: string | undefined;
  /** Namespaces watched before a restart, which are kept even if one project list lacks them. */
  readonly remembered?: readonly string[];
  /** Whether a watched namespace refuses to list its pods. */
  readonly isForbidden?: (namespace: string) => boolean;
  /** Our user, for the command that grants `view`. */
  readonly user?: () => string | undefined;
}

export interface NamespaceSelector {
  /** Label selector in the syntax of Kubernetes, such as `team=shop,env!=dev`. */
  readonly labels?: string | undefined;
  readonly matches: (namespace: string) => boolean;
}

/** Discovers the namespaces to watch and reports changes. */
export interface Namespaces extends Disposable {
  /** Calls back as soon as the namespaces are known, and on every change. Call once. */
  start(sink: NamespacesSink): void;
}

export interface NamespacesSink {
  /** Sorted by name. */
  changed(namespaces: readonly string[]): void;
  /** Why the list may be out of date, or which projects are skipped; undefined when there is nothing to say. */
  problem(message: string | undefined): void;
}

/** Projects change rarely, so 30 to 60 s is often enough. */
const POLL_INTERVAL: Duration = 30 * SECOND;
const POLL_JITTER: Duration = 30 * SECOND;
/** Until the first response there is nothing to watch. */
const FIRST_POLL_INTERVAL: Duration = 2 * SECOND;
/** A starting API server may not list all of its API groups yet. */
const NO_OPENSHIFT_POLL_INTERVAL: Duration = 10 * MINUTE;
/**
 * A single refusal may occur while a RoleBinding is replaced, or from an API server that is still loading its rules.
 * Dropping a namespace resolves its alerts and deletes its history, so two refusals in a row are required.
 */
const MIN_REFUSALS = 2;

/** Refused projects are skipped and checked again at the next poll, then at this interval. */
const SKIPPED_CHECK_INTERVAL: Duration = 5 * MINUTE;
/** Concurrent checks of newly listed projects. */
const CONCURRENT_CHECKS = 10;

const GROUP = "/apis/project.openshift.io";
const PROJECTS = `${GROUP}/v1/projects`;
const NAMESPACES = "/api/v1/namespaces";

/** The result of one poll. */
type Discovery = Answer | { readonly type: "unknown"; readonly reason: string };

type Answer =
  /** The projects that the token can read. */
  | {
      readonly type: "projects";
      readonly names: readonly string[];
      /** Listed, and not selected by their labels. */
      readonly unselected: readonly string[];
    }
  /** The API server does not serve the projects API. */
  | { readonly type: "no OpenShift" }
  /** The list is refused although the projects API may exist. */
  | { readonly type: "refused"; readonly status: number }
  /** There are no projects, and a selector needs to list all namespaces, which is refused. */
  | { readonly type: "namespaces refused" };

/**
 * On OpenShift, the projects API lists the namespaces that a token can read. On any other Kubernetes, only the pod's own
 * namespace is watched unless namespaces are configured, or a selector, for which all namespaces are listed. The projects API is aggregated and may fail on its own, so a
 * missing project is dropped only after its namespace has answered 403 or 404 twice in a row. A project may be listed
 * although its pods may not (`get namespaces` is enough); such a project is skipped.
 */
export function createNamespaces(options: NamespacesOptions): Namespaces {
  const { request, clock, configured, selector, own, remembered = [], isForbidden = () => false, user } = options;
  const limit = pLimit(CONCURRENT_CHECKS);
  let timer: Timer | undefined;
  let isStopped = false;
  let known: readonly string[] | undefined;
  let isOpenShift = false;
  /** Polls in a row without the projects API. */
  let denials = 0;
  /** Refusals in a row by namespace. */
  let refusals: ReadonlyMap<string, number> = new Map();
  /** Listed projects whose pods may not be listed, with the time (monotonic) of the next check. */
  let skipped: ReadonlyMap<string, Duration> = new Map();
  let reportedProblem: string | undefined;

  function reportProblem(message: string | undefined, sink: NamespacesSink): void {
    if (message === reportedProblem) return;
    reportedProblem = message;
    sink.problem(message);
  }

  async function poll(sink: NamespacesSink): Promise<void> {
    const found = await discover(request, selector);
    if (isStopped) return;
    isOpenShift ||= found.type === "projects";
    denials = found.type === "no OpenShift" ? denials + 1 : 0;
    // A single one may come from a starting API server.
    const isSure = denials > 1 && !isOpenShift;
    const unselected = new Set(found.type === "projects" ? found.unselected : []);
    const isSelected = (name: string) => !unselected.has(name) && (selector?.matches(name) ?? true);
    const before = isSure ? [] : (known ?? remembered).filter(isSelected);
    if (found.type === "unknown") {
      if (before.length > 0) publish(before, sink);
      reportProblem(`Cannot discover the projects to watch: ${found.reason}`, sink);
    } else {
      await reconcile(found, before, sink);
      if (isStopped) return;
    }
    timer = clock.after(delayAfter(isSure), () => void poll(sink));
  }

  async function reconcile(found: Answer, before: readonly string[], sink: NamespacesSink): Promise<void> {
    const listed = found.type === "projects" ? found.names : [];
    const missing = before.filter((namespace) => !listed.includes(namespace));
    const [lostMissing, refused] = await Promise.all([
      filter(missing, (namespace) => isLost(request, namespace)),
      refusedOf(listed, before),
    ]);
    if (isStopped) return;
    const lost = [...lostMissing, ...refused.filter((namespace) => before.includes(namespace))];
    refusals = new Map(lost.map((namespace) => [namespace, (refusals.get(namespace) ?? 0) + 1]));
    const unseen = missing.filter((namespace) => !refusals.has(namespace));
    const doubtful = lost.filter((namespace) => refusals.get(namespace)! < MIN_REFUSALS);
    skip(refused.filter((namespace) => !doubtful.includes(namespace)));
    const next = [...listed.filter((namespace) => !skipped.has(namespace)), ...unseen, ...doubtful];
    // On OpenShift, our own namespace is listed if it may be read.
    const useOwn = next.length === 0 && own !== undefined && found.type !== "projects" && selector === undefined;
    publish(useOwn ? [own] : next, sink);
    reportProblem(describeProblem({ found, unseen, skipped: [...skipped.keys()], known, user: user?.() }), sink);
  }

  /** The listed projects whose pods may not be listed. A project that is watched already is its watch's concern. */
  async function refusedOf(listed: readonly string[], before: readonly string[]): Promise<readonly string[]> {
    const isUnchecked = (namespace: string) => (skipped.get(namespace) ?? 0) <= clock.monotonic();
    const isSuspect = (namespace: string) => (before.includes(namespace) ? isForbidden(namespace) : true);
    const unchecked = listed.filter((namespace) => isSuspect(namespace) && isUnchecked(namespace));
    const refused = new Set(await filter(unchecked, (namespace) => cannotListPods(request, namespace)));
    return listed.filter((namespace) => refused.has(namespace) || (skipped.has(namespace) && !isUnchecked(namespace)));
  }

  function skip(namespaces: readonly string[]): void {
    const now = clock.monotonic();
    const nextCheck = (namespace: string) => {
      const planned = skipped.get(namespace);
      return planned === undefined ? now : planned > now ? planned : now + SKIPPED_CHECK_INTERVAL;
    };
    skipped = new Map(namespaces.map((namespace) => [namespace, nextCheck(namespace)]));
  }

  async function filter(
    namespaces: readonly string[],
    test: (namespace: string) => Promise<boolean>,
  ): Promise<readonly string[]> {
    const isKept = await Promise.all(namespaces.map((namespace) => limit(() => test(namespace))));
    return namespaces.filter((_namespace, index) => isKept[index]);
  }

  function delayAfter(isSure: boolean): Duration {
    if (known === undefined) return FIRST_POLL_INTERVAL;
    return isSure ? NO_OPENSHIFT_POLL_INTERVAL : POLL_INTERVAL + POLL_JITTER * clock.random();
  }

  function publish(namespaces: readonly string[], sink: NamespacesSink): void {
    const next = [...new Set(namespaces)].sort();
    if (known !== undefined && next.join() === known.join()) return;
    known = next;
    sink.changed(next);
  }

  return {
    start: (sink) => {
      if (configured.length > 0) publish(configured, sink);
      else void poll(sink);
    },
    [Symbol.dispose]: () => {
      isStopped = true;
      timer?.cancel();
    },
  };
}

interface Discovered {
  readonly found: Answer;
  /** Known namespaces that the list of projects lacks and that can still be watched. */
  readonly unseen: readonly string[];
  readonly skipped: readonly string[];
  readonly known: readonly string[] | undefined;
  readonly user: string | undefined;
}

function describeProblem({ found, unseen, skipped, known, user }: Discovered): string | undefined {
  if (found.type === "namespaces refused") {
    return "namespace_selector needs permission to list namespaces: bind a ClusterRole with get and list of namespaces to this account, or set OPENSHIFT_NAMESPACE.";
  }
  if (found.type === "projects" && unseen.length > 0) {
    return `The list of projects lacks ${unseen.join(", ")}, which can still be watched.`;
  }
  if (found.type === "refused" && unseen.length > 0) {
    return `The list of projects is refused (${found.status}): known projects are still watched, but new ones are not discovered.`;
  }
  const names = skipped.toSorted().join(", ");
  const grant = grantViewCommand("oc", "PROJECT", user);
  if (found.type === "projects" && known?.length === 0) {
    const why = names === "" ? "this account sees no project" : `this account may not list pods in ${names}`;
    return `No namespace to watch: ${why}. Grant view in each project to watch: ${grant}.`;
  }
  if (names !== "") {
    const what = skipped.length === 1 ? "1 project is skipped" : `${skipped.length} projects are skipped`;
    return `${what} because this account may not list pods there: ${names}. To watch such a project, grant view in it: ${grant}.`;
  }
  if (known?.length !== 0) return undefined;
  return "No namespace to watch: the token cannot read any project. Set OPENSHIFT_NAMESPACE.";
}

async function discover(request: ApiRequest, selector: NamespaceSelector | undefined): Promise<Discovery> {
  try {
    return await visibleNamespaces(request, selector);
  } catch (error) {
    return { type: "unknown", reason: errorMessage(error) };
  }
}

/** Rejects when the API server does not answer. */
async function visibleNamespaces(request: ApiRequest, selector: NamespaceSelector | undefined): Promise<Discovery> {
  const projects = await listNames(request, PROJECTS);
  if (typeof projects !== "number") return await select(request, PROJECTS, projects, selector);
  const refusal = await describeRefusal(request, projects);
  if (refusal.type !== "no OpenShift" || selector === undefined) return refusal;
  const namespaces = await listNames(request, NAMESPACES);
  if (typeof namespaces === "number") return { type: "namespaces refused" };
  return await select(request, NAMESPACES, namespaces, selector);
}

/** Names of all, so that one whose labels changed is distinguished from one that the list lacks by mistake. */
async function select(
  request: ApiRequest,
  path: string,
  all: readonly string[],
  selector: NamespaceSelector | undefined,
): Promise<Discovery> {
  if (selector === undefined) return { type: "projects", names: all, unselected: [] };
  const labelled = selector.labels === undefined ? all : await listNames(request, path, selector.labels);
  if (typeof labelled === "number") return { type: "refused", status: labelled };
  const chosen = new Set(labelled);
  return {
    type: "projects",
    names: labelled.filter(selector.matches),
    unselected: all.filter((name) => !chosen.has(name)),
  };
}

/** The names, or the status of a refusal. */
async function listNames(request: ApiRequest, path: string, labels?: string): Promise<readonly string[] | number> {
  const what = path === PROJECTS ? "list projects" : "list namespaces";
  const names: string[] = [];
  let token = "";
  do {
    const query = new URLSearchParams({
      limit: "500",
      ...(labels !== undefined && { labelSelector: labels }),
      ...(token && { continue: token }),
    });
    const answer = await request({ method: "GET", path: `${path}?${query}` });
    if (answer.status === 404 || answer.status === 403) return answer.status;
    checkAnswer(answer, what);
    const page = jsonOf(answer, what) as { items?: readonly Project[]; metadata?: { continue?: string } };
    for (const { metadata } of page.items ?? []) if (metadata?.name !== undefined) names.push(metadata.name);
    token = page.metadata?.continue ?? "";
  } while (token !== "");
  return names;
}

/**
 * Authorization comes before routing, so most tokens get a 403 even without the projects API. The API server itself lists
 * its API groups to every authenticated user (system:discovery), even while the aggregated server is down.
 */
async function describeRefusal(request: ApiRequest, status: number): Promise<Discovery> {
  const group = await request({ method: "GET", path: GROUP });
  return group.status === 404 ? { type: "no OpenShift" } : { type: "refused", status };
}

interface Project {
  readonly metadata?: { readonly name?: string };
}

/** Only a refusal counts: an API server that is away says nothing about permissions. */
async function cannotListPods(request: ApiRequest, namespace: string): Promise<boolean> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?limit=1`;
  return request({ method: "GET", path }).then(
    ({ status }) => status === 403,
    () => false,
  );
}

/** True only if the API server refuses access to the pods, or says that the namespace does not exist. */
async function isLost(request: ApiRequest, namespace: string): Promise<boolean> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  try {
    const pods = await request({ method: "GET", path: `${path}/pods?limit=1` });
    if (pods.status === 403 || pods.status === 404) return true;
    // With access to all namespaces, the pods of a namespace that does not exist are an empty list.
    return pods.status === 200 && (await request({ method: "GET", path })).status === 404;
  } catch {
    return false;
  }
}
