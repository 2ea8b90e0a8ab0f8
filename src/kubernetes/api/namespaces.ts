import { type Duration, MINUTE, SECOND } from "../../core/model/time.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { errorMessage } from "../../util/error-message.ts";
import { type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";

export interface NamespacesOptions {
  readonly request: ApiRequest;
  readonly clock: Clock;
  /** Those that somebody listed; empty: find out. */
  readonly configured: readonly string[];
  /** The namespace that our credentials belong to, for where nobody can tell what we may see. */
  readonly own: string | undefined;
  /** Those that were watched before a restart: what is known of them is not given up for a word left out. */
  readonly remembered?: readonly string[];
}

/** Which namespaces to watch, and their coming and going. */
export interface Namespaces extends Disposable {
  /** Calls back as soon as they are known, and whenever they change. Call once. */
  start(sink: NamespacesSink): void;
}

export interface NamespacesSink {
  /** By name. */
  changed(namespaces: readonly string[]): void;
  /** Why the list may not be up to date, for the log and the page; undefined when it is again. */
  problem(message: string | undefined): void;
}

/** Projects come and go with people's decisions, not with machines': half a minute to a minute is at once. */
const POLL_EACH: Duration = 30 * SECOND;
const POLL_SPREAD: Duration = 30 * SECOND;
/** Until something is known there is nothing to watch, and every second counts. */
const FIRST_ANSWER_EACH: Duration = 2 * SECOND;
/** A cluster does not become an OpenShift, but an API server that is just starting may not know yet that it is one. */
const NO_OPENSHIFT_EACH: Duration = 10 * MINUTE;
/**
 * Once is also what is said while a RoleBinding is replaced, and by an API server that has not read its rules yet;
 * giving a namespace up ends its alerts and forgets its restarts.
 */
const REFUSALS_ENOUGH = 2;

const GROUP = "/apis/project.openshift.io";
const PROJECTS = `${GROUP}/v1/projects`;

/** What was found out in one round. */
type Seen = Answer | { readonly type: "unknown"; readonly reason: string };

type Answer =
  /** The projects that the token sees. */
  | { readonly type: "projects"; readonly names: readonly string[] }
  /** There is no such API, and the cluster says so. */
  | { readonly type: "no OpenShift" }
  /** The list is refused, though the cluster does not say that it has none. */
  | { readonly type: "refused"; readonly status: number };

/**
 * Only OpenShift can say which namespaces a token may see: its projects. On any other Kubernetes it is the pod's own
 * namespace, unless they are listed. That API is an aggregated one, which may be away or wrong while the rest is well:
 * a project that is missing from its answer is given up only when its namespace itself says 403 or 404, twice in a row.
 */
export function createNamespaces({ request, clock, configured, own, remembered = [] }: NamespacesOptions): Namespaces {
  let timer: Timer | undefined;
  let isStopped = false;
  let known: readonly string[] | undefined;
  let isOpenShift = false;
  /** How often in a row the cluster has said that it is none. */
  let denials = 0;
  /** How often in a row a namespace itself was refused. */
  let refusals: ReadonlyMap<string, number> = new Map();
  let toldProblem: string | undefined;

  /** Once, however often it is found out. */
  function tellProblem(message: string | undefined, sink: NamespacesSink): void {
    if (message === toldProblem) return;
    toldProblem = message;
    sink.problem(message);
  }

  async function poll(sink: NamespacesSink): Promise<void> {
    const seen = await look(request);
    if (isStopped) return;
    isOpenShift ||= seen.type === "projects";
    denials = seen.type === "no OpenShift" ? denials + 1 : 0;
    // Once could be an API server that is just starting.
    const isSure = denials > 1 && !isOpenShift;
    const before = isSure ? [] : (known ?? remembered);
    if (seen.type === "unknown") {
      if (before.length > 0) tell(before, sink);
      tellProblem(`The projects to watch cannot be told: ${seen.reason}`, sink);
    } else {
      await compare(seen, before, sink);
      if (isStopped) return;
    }
    timer = clock.after(delayAfter(isSure), () => void poll(sink));
  }

  async function compare(seen: Answer, before: readonly string[], sink: NamespacesSink): Promise<void> {
    const listed = seen.type === "projects" ? seen.names : [];
    const missing = before.filter((namespace) => !listed.includes(namespace));
    const lost = await lostOf(missing);
    if (isStopped) return;
    refusals = new Map(lost.map((namespace) => [namespace, (refusals.get(namespace) ?? 0) + 1]));
    const unseen = missing.filter((namespace) => !refusals.has(namespace));
    const doubtful = lost.filter((namespace) => refusals.get(namespace)! < REFUSALS_ENOUGH);
    const next = [...listed, ...unseen, ...doubtful];
    tell(next.length === 0 && own !== undefined ? [own] : next, sink);
    tellProblem(problemOf(seen, unseen), sink);
  }

  function problemOf(seen: Answer, unseen: readonly string[]): string | undefined {
    if (seen.type === "projects" && unseen.length > 0) {
      return `The list of projects lacks ${unseen.join(", ")}, which can be watched all the same.`;
    }
    if (seen.type === "refused" && unseen.length > 0) {
      return `The list of projects is refused (${seen.status}): what was watched before still is, and new projects are not found.`;
    }
    if (known?.length !== 0) return undefined;
    return "There is no namespace to watch: the cluster names no project that our token sees. Set OPENSHIFT_NAMESPACE.";
  }

  function delayAfter(isSure: boolean): Duration {
    if (known === undefined) return FIRST_ANSWER_EACH;
    return isSure ? NO_OPENSHIFT_EACH : POLL_EACH + POLL_SPREAD * clock.random();
  }

  async function lostOf(namespaces: readonly string[]): Promise<readonly string[]> {
    const lost = await Promise.all(namespaces.map((namespace) => isLost(request, namespace)));
    return namespaces.filter((_namespace, index) => lost[index]);
  }

  function tell(namespaces: readonly string[], sink: NamespacesSink): void {
    const next = [...new Set(namespaces)].sort();
    if (known !== undefined && next.join() === known.join()) return;
    known = next;
    sink.changed(next);
  }

  return {
    start: (sink) => {
      if (configured.length > 0) tell(configured, sink);
      else void poll(sink);
    },
    [Symbol.dispose]: () => {
      isStopped = true;
      timer?.cancel();
    },
  };
}

async function look(request: ApiRequest): Promise<Seen> {
  try {
    return await visibleProjects(request);
  } catch (error) {
    return { type: "unknown", reason: errorMessage(error) };
  }
}

/** Rejects when this time nobody can tell. */
async function visibleProjects(request: ApiRequest): Promise<Seen> {
  const what = "list projects";
  const names: string[] = [];
  let token = "";
  do {
    const query = new URLSearchParams({ limit: "500", ...(token && { continue: token }) });
    const answer = await request({ method: "GET", path: `${PROJECTS}?${query}` });
    if (answer.status === 404 || answer.status === 403) return await whyRefused(request, answer.status);
    checkAnswer(answer, what);
    const page = jsonOf(answer, what) as { items?: readonly Project[]; metadata?: { continue?: string } };
    for (const { metadata } of page.items ?? []) if (metadata?.name !== undefined) names.push(metadata.name);
    token = page.metadata?.continue ?? "";
  } while (token !== "");
  return { type: "projects", names };
}

/**
 * Where there is no such API, permission is still asked for first, so that most tokens get a 403. Which APIs there are
 * is said by the API server itself, also while the one behind it is away, and to everybody (system:discovery).
 */
async function whyRefused(request: ApiRequest, status: number): Promise<Seen> {
  const group = await request({ method: "GET", path: GROUP });
  return group.status === 404 ? { type: "no OpenShift" } : { type: "refused", status };
}

interface Project {
  readonly metadata?: { readonly name?: string };
}

/** True only when the API server says so: our right to its pods is gone, or it is itself. */
async function isLost(request: ApiRequest, namespace: string): Promise<boolean> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  try {
    const pods = await request({ method: "GET", path: `${path}/pods?limit=1` });
    if (pods.status === 403 || pods.status === 404) return true;
    // A namespace that does not exist has no pods, which whoever may see all namespaces is told with 200.
    return pods.status === 200 && (await request({ method: "GET", path })).status === 404;
  } catch {
    return false;
  }
}
