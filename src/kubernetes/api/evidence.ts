import { eventTime } from "../../core/model/event-time.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import { maskLines } from "../../core/text/mask.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Evidence, KubernetesObject, LogExcerpt, LogOptions, NoLog } from "../../ports/evidence.ts";
import { errorMessage } from "../../util/error-message.ts";
import { TransportError } from "../transport/error.ts";
import { redactObject } from "../transport/redact.ts";
import { type ApiAnswer, type ApiCall, ApiRefusal, type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";
import { createGate } from "./evidence-gate.ts";

export interface EvidenceOptions {
  readonly request: ApiRequest;
  readonly clock: Clock;
  /** More questions than this wait for their turn; 4 when not given. */
  readonly atOnce?: number;
}

/** An answer that takes longer is of no use to whoever waits for it. */
const DEADLINE: Duration = 8 * SECOND;
/** Between the first attempt and the second, which is the last. */
const PAUSE: Duration = 1 * SECOND;

/** Pages of 500, as client-go has; a namespace with more events than this is in a storm, and the newest are not sorted out by the server. */
const PAGE = 500;
const MAX_OBJECTS = 5_000;
/** A page of the largest pods has some 10 MB. */
const MAX_PAGE_BYTES = 32 << 20;

/** A line of a log has at most 16 KiB (CRI), a person reads some hundred lines. */
const MAX_LOG_BYTES = 1 << 20;
const MAX_LINE = 4_096;

/** Observations into the cluster on demand. Rejects with an ApiRefusal or a TransportError that says why there is nothing. */
export function createEvidence({ request, clock, atOnce = 4 }: EvidenceOptions): Evidence {
  const gate = createGate(atOnce);

  /** In turn, and a second time when the first attempt failed for a reason that may pass. */
  function ask(call: ApiCall): Promise<ApiAnswer> {
    return gate(async () => {
      try {
        const answer = await request({ deadline: DEADLINE, ...call });
        if (answer.status !== 429 && answer.status < 500) return answer;
      } catch (error) {
        if (!(error instanceof TransportError) || error.code === "CREDENTIALS") throw error;
      }
      await new Promise<void>((resolve) => void clock.after(PAUSE, resolve));
      return request({ deadline: DEADLINE, ...call });
    });
  }

  async function list(
    path: string,
    query: Readonly<Record<string, string>>,
    what: string,
  ): Promise<KubernetesObject[]> {
    const items: KubernetesObject[] = [];
    let token = "";
    do {
      const parameters = new URLSearchParams({ ...query, limit: String(PAGE), ...(token && { continue: token }) });
      const answer = await ask({ method: "GET", path: `${path}?${parameters}`, limit: MAX_PAGE_BYTES });
      // The token of a page holds for five minutes; what was read until then is better than nothing.
      if (answer.status === 410 && items.length > 0) break;
      checkAnswer(answer, what);
      const page = jsonOf(answer, what) as { items?: readonly KubernetesObject[]; metadata?: { continue?: string } };
      items.push(...(page.items ?? []));
      token = page.metadata?.continue ?? "";
    } while (token !== "" && items.length < MAX_OBJECTS);
    return items;
  }

  return {
    events: async (namespace, pod) => {
      const query = pod === undefined ? {} : { fieldSelector: selectorOf(pod) };
      const events = await list(pathOf(namespace, "events"), query, `list events in ${namespace}`);
      return events
        .map((event) => ({ event, at: eventTime(event) ?? 0 }))
        .sort((a, b) => b.at - a.at)
        .map(({ event }) => redactObject(event));
    },
    pods: async (namespace, pod) => {
      if (pod === undefined) {
        const pods = await list(pathOf(namespace, "pods"), {}, `list pods in ${namespace}`);
        return pods.map(redactObject);
      }
      const what = `get pod ${pod} in ${namespace}`;
      const answer = await ask({ method: "GET", path: pathOf(namespace, "pods", pod) });
      if (answer.status === 404) return [];
      checkAnswer(answer, what);
      return [redactObject(jsonOf(answer, what))];
    },
    log: async (namespace, pod, container, options) => {
      try {
        const path = `${pathOf(namespace, "pods", pod, "log")}?${logQuery(container, options)}`;
        const answer = await ask({ method: "GET", path, accept: "*/*", limit: MAX_LOG_BYTES, keep: "end" });
        checkAnswer(answer, `read the log of ${container} in pod ${namespace}/${pod}`);
        return excerptOf(answer, options);
      } catch (error) {
        return noLog(error, options);
      }
    },
  };
}

function pathOf(namespace: string, ...rest: readonly string[]): string {
  return `/api/v1/namespaces/${[namespace, ...rest].map(encodeURIComponent).join("/")}`;
}

/** By UID where it is known: a pod of the same name that was there before is another pod. */
function selectorOf({ name, uid }: { readonly name: string; readonly uid?: string }): string {
  return uid === undefined ? `involvedObject.kind=Pod,involvedObject.name=${name}` : `involvedObject.uid=${uid}`;
}

// ─── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────

// ─── Logs ────────────────────────────────────────────────────────────────────────────────────────────────────────

function logQuery(container: string, { previous, tailLines }: LogOptions): URLSearchParams {
  return new URLSearchParams({
    container,
    tailLines: String(tailLines),
    ...(previous ? { previous: "true" } : {}),
  });
}

function excerptOf({ body, isCut }: ApiAnswer, { tailLines }: LogOptions): LogExcerpt {
  const lines = body.toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  // The first line that is left of a log that was cut is half a line.
  if (isCut) lines.shift();
  // The kubelet says with 200 that it has none.
  if (lines.length === 1 && /^unable to retrieve container logs for /.test(lines[0] ?? "")) {
    const reason = "The node no longer has this log: the container was removed from it.";
    return { available: false, reason, why: "not-kept" };
  }
  const tail = lines.slice(-tailLines).map((line) => line.replace(/\r$/, ""));
  return { available: true, lines: maskLines(tail).map(shortened) };
}

function shortened(line: string): string {
  return line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE)}…`;
}

function noLog(error: unknown, { previous }: LogOptions): LogExcerpt {
  const none = (why: NoLog, reason: string): LogExcerpt => ({ available: false, reason, why });
  const message = errorMessage(error);
  if (!(error instanceof ApiRefusal)) return none("unreachable", message);
  if (error.status === 404) return none("not-kept", "The pod no longer exists, and its log went with it.");
  if (error.status === 401 || error.status === 403) return none("forbidden", message);
  if (error.status === 400 && /previous terminated container .* not found/.test(message)) {
    return none(
      "not-kept",
      "No log of a previous run is kept: the container has run only once, or the node has cleaned up.",
    );
  }
  if (error.status === 400 && /is waiting to start|not available|ContainerCreating|PodInitializing/.test(message)) {
    return none(
      "never-started",
      previous ? "There is no previous run: the container has never started." : "The container has not started yet.",
    );
  }
  return none("unreachable", message);
}
