import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import pLimit from "p-limit";
import { eventTime } from "../../core/model/event-time.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import { maskLines } from "../../core/text/mask.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Evidence, KubernetesObject, LogExcerpt, LogOptions, NoLog } from "../../ports/evidence.ts";
import { errorMessage } from "../../util/error-message.ts";
import { TransportError } from "../transport/error.ts";
import { redactObject } from "../transport/redact.ts";
import { type ApiAnswer, type ApiCall, ApiRefusal, type ApiRequest, checkAnswer, jsonOf } from "./api-request.ts";

export interface EvidenceOptions {
  readonly request: ApiRequest;
  readonly clock: Clock;
  /** Maximum number of concurrent requests; 4 by default. */
  readonly atOnce?: number;
}

/** The caller does not wait longer than this. */
const DEADLINE: Duration = 8 * SECOND;
/** Delay before the second and last attempt. */
const PAUSE: Duration = 1 * SECOND;

/** 500 per page, as in client-go. The server does not sort by time, so a namespace with more events is read only in part. */
const PAGE = 500;
const MAX_OBJECTS = 5_000;
/** Objects that are redacted, in some milliseconds, before other work gets the event loop. */
const PER_SLICE = 50;
/** A page of large pods has about 10 MB. */
const MAX_PAGE_BYTES = 32 << 20;

/** A log line has at most 16 KiB (CRI). */
const MAX_LOG_BYTES = 1 << 20;
const MAX_LINE = 4_096;

/** Reads evidence from the cluster on demand. Rejects with an ApiRefusal or a TransportError. */
export function createEvidence({ request, clock, atOnce = 4 }: EvidenceOptions): Evidence {
  const gate = pLimit(atOnce);
  const lists = pLimit(1);
  const listing = new Map<string, Promise<readonly KubernetesObject[]>>();

  /** Limits concurrency, and retries once after a temporary failure. */
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

  /** Of a whole namespace, which may be megabytes: one at a time, shared by all who wait for it. */
  function listAll(path: string, what: string): Promise<readonly KubernetesObject[]> {
    const shared = listing.get(path) ?? lists(() => list(path, {}, what)).finally(() => listing.delete(path));
    listing.set(path, shared);
    return shared;
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
      // The continue token has expired; the pages so far are better than nothing.
      if (answer.status === 410 && items.length > 0) break;
      checkAnswer(answer, what);
      const page = jsonOf(answer, what) as { items?: readonly KubernetesObject[]; metadata?: { continue?: string } };
      for (const [index, item] of (page.items ?? []).entries()) {
        items.push(redactObject(item));
        if (index % PER_SLICE === PER_SLICE - 1) await yieldToEventLoop();
      }
      token = page.metadata?.continue ?? "";
    } while (token !== "" && items.length < MAX_OBJECTS);
    return items;
  }

  return {
    events: async (namespace, pod) => {
      const path = pathOf(namespace, "events");
      const what = `list events in ${namespace}`;
      const events = await (pod === undefined
        ? listAll(path, what)
        : list(path, { fieldSelector: selectorOf(pod) }, what));
      return events
        .map((event) => ({ event, at: eventTime(event) ?? 0 }))
        .sort((a, b) => b.at - a.at)
        .map(({ event }) => event);
    },
    pods: async (namespace, pod) => {
      if (pod === undefined) {
        return listAll(pathOf(namespace, "pods"), `list pods in ${namespace}`);
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

/** By UID where it is known, because an earlier pod may have had the same name. */
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
  // The first line of a truncated log is incomplete.
  if (isCut) lines.shift();
  // The kubelet reports a missing log with status 200.
  if (lines.length === 1 && /^unable to retrieve container logs for /.test(lines[0] ?? "")) {
    const reason = "The node no longer has this log, because the container was removed.";
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
  if (error.status === 404) return none("not-kept", "The pod no longer exists, so its log is gone.");
  if (error.status === 401 || error.status === 403) return none("forbidden", message);
  if (error.status === 400 && /previous terminated container .* not found/.test(message)) {
    return none(
      "not-kept",
      "There is no log of a previous run: the container has run only once, or the node has removed the log.",
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
