import { type Duration, SECOND } from "../core/time.ts";
import type { Clock, Timer } from "../ports.ts";
import { type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";

export interface NamespacesOptions {
  readonly request: ApiRequest;
  readonly clock: Clock;
  /** Those that somebody listed; empty: find out. */
  readonly configured: readonly string[];
  /** The namespace that our credentials belong to, for where nobody can tell what we may see. */
  readonly own: string | undefined;
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
/** Before the first answer there is nothing to watch, and every second counts. */
const FIRST_ANSWER_EACH: Duration = 2 * SECOND;

const PROJECTS = "/apis/project.openshift.io/v1/projects";

/**
 * Only OpenShift can say which namespaces a token may see: its projects. On any other Kubernetes it is the pod's own
 * namespace, unless they are listed. That API is an aggregated one, which may be away or wrong while the rest is well:
 * a project that is missing from its answer is given up only when its namespace itself says 403 or 404.
 */
export function createNamespaces({ request, clock, configured, own }: NamespacesOptions): Namespaces {
  let timer: Timer | undefined;
  let isStopped = false;
  let known: readonly string[] | undefined;
  let toldProblem: string | undefined;

  /** Once, however often it is found out. */
  function tellProblem(message: string | undefined, sink: NamespacesSink): void {
    if (isStopped || message === toldProblem) return;
    toldProblem = message;
    sink.problem(message);
  }

  async function poll(sink: NamespacesSink): Promise<void> {
    const seen = await visibleProjects(request).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      tellProblem(`The projects to watch cannot be told: ${message}`, sink);
      return "unknown" as const;
    });
    if (isStopped) return;
    if (seen === "no OpenShift" && known === undefined) {
      takeOwn(sink);
      return;
    }
    if (seen !== "unknown" && seen !== "no OpenShift") {
      const unseen = await stillThere((known ?? []).filter((namespace) => !seen.includes(namespace)));
      if (isStopped) return;
      tellProblem(
        unseen.length === 0
          ? undefined
          : `The list of projects lacks ${unseen.join(", ")}, which can be watched all the same.`,
        sink,
      );
      const next = [...seen, ...unseen];
      tell(next.length === 0 && own !== undefined ? [own] : next, sink);
    }
    const delay = known === undefined ? FIRST_ANSWER_EACH : POLL_EACH + POLL_SPREAD * clock.random();
    timer = clock.after(delay, () => void poll(sink));
  }

  function takeOwn(sink: NamespacesSink): void {
    if (own === undefined) {
      tellProblem(
        "There is no namespace to watch: this is no OpenShift, which could tell. Set OPENSHIFT_NAMESPACE.",
        sink,
      );
    }
    tell(own === undefined ? [] : [own], sink);
  }

  async function stillThere(namespaces: readonly string[]): Promise<readonly string[]> {
    const lost = await Promise.all(namespaces.map((namespace) => isLost(request, namespace)));
    return namespaces.filter((_namespace, index) => !lost[index]);
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

/** Rejects when this time nobody can tell. */
async function visibleProjects(request: ApiRequest): Promise<readonly string[] | "no OpenShift"> {
  const what = "list projects";
  const names: string[] = [];
  let token = "";
  do {
    const query = new URLSearchParams({ limit: "500", ...(token && { continue: token }) });
    const answer = await request({ method: "GET", path: `${PROJECTS}?${query}` });
    // Where there is no such API, permission is still asked for first, so that most tokens get a 403.
    if (answer.status === 404 || answer.status === 403) return "no OpenShift";
    checkAnswer(answer, what);
    const page = jsonOf(answer, what) as { items?: readonly Project[]; metadata?: { continue?: string } };
    for (const { metadata } of page.items ?? []) if (metadata?.name !== undefined) names.push(metadata.name);
    token = page.metadata?.continue ?? "";
  } while (token !== "");
  return names;
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
