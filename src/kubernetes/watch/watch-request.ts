import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { DecodeError, decodeStatus } from "../decode/decoder.ts";
import { readUpTo } from "../transport/body.ts";
import type { Transport, TransportResponse } from "../transport/transport.ts";
import { failureOfAnswer, failureOfStatus, parseRetryAfter, WatchFailure } from "./watch-failure.ts";

/** Protobuf first: it costs an eleventh of JSON to read. JSON for servers and proxies that do not know it (rule 40). */
const ACCEPT_LIST = "application/vnd.kubernetes.protobuf, application/json";
const ACCEPT_WATCH = "application/vnd.kubernetes.protobuf;stream=watch, application/json;stream=watch";

/** A `Status` has some hundred bytes; of a proxy's error page the beginning says enough. */
const MAX_REFUSAL_BYTES = 64 * 1024;
const EXISTENCE_TIMEOUT: Duration = 5 * SECOND;
const REFUSAL_TIMEOUT: Duration = 10 * SECOND;
/** As much of something unreadable as helps to recognise it. */
const BEGINNING_BYTES = 4_096;

export type Query = Readonly<Record<string, string | undefined>>;

export function podsPath(namespace: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?${parameters}`;
}

export interface PodsRequest {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly path: string;
  readonly accept: "list" | "watch";
  readonly signal: AbortSignal;
}

/** An answer with status 200 whose body is still to come. Throws a WatchFailure for every other. */
export async function requestPods({ transport, clock, path, accept, signal }: PodsRequest): Promise<TransportResponse> {
  const response = await transport.request({
    method: "GET",
    path,
    headers: { accept: accept === "list" ? ACCEPT_LIST : ACCEPT_WATCH },
    signal,
  });
  if (response.status === 200) return response;
  throw await refusal(response, clock);
}

/** Why a request was refused, from its body as far as that comes in time. */
async function refusal(response: TransportResponse, clock: Clock): Promise<WatchFailure> {
  const retryAfter = parseRetryAfter(response.headers["retry-after"], clock.now());
  const timer = clock.after(REFUSAL_TIMEOUT, () => response.cancel());
  // To its end where possible, so that the connection can be used again.
  const body = await readUpTo(response, MAX_REFUSAL_BYTES).catch(() => new Uint8Array());
  timer.cancel();
  const status = decodeStatus(response.contentType, body);
  if (status === undefined) {
    return failureOfAnswer(response.status, response.contentType, printable(body), retryAfter);
  }
  const asked = status.retryAfterSeconds ?? (retryAfter === undefined ? undefined : retryAfter / SECOND);
  return failureOfStatus({ ...status, code: response.status, retryAfterSeconds: asked }, false);
}

/**
 * Throws a "missing" WatchFailure when the API server says that there is no such namespace: to a list of its pods it
 * would answer with none. Whoever may not look there gets no answer to this question, and needs none.
 */
export async function checkNamespaceExists(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly namespace: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { transport, clock, namespace, signal } = options;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  let failure: WatchFailure;
  try {
    const headers = { accept: "application/json" };
    const response = await transport.request({ method: "GET", path, headers, headTimeout: EXISTENCE_TIMEOUT, signal });
    failure = await refusal(response, clock);
  } catch {
    // What stands in the way of this question stands in the way of the next one, too, or does not matter.
    return;
  }
  if (failure.status === 404 && failure.message.includes(`namespaces "${namespace}" not found`)) throw failure;
}

/**
 * Reads a body through its decoder to its end. When it cannot be decoded from the very beginning, the failure says what
 * came instead, since it is hardly an API server that has spoken.
 */
export async function readDecoded<Result>(
  response: TransportResponse,
  createDecoder: (contentType: string) => { push(chunk: Uint8Array): void; end(): Result },
  isUntouched: () => boolean,
): Promise<Result> {
  let beginning: Uint8Array | undefined;
  try {
    const decoder = createDecoder(response.contentType);
    await response.read((chunk) => {
      beginning ??= Uint8Array.from(chunk.subarray(0, BEGINNING_BYTES));
      decoder.push(chunk);
    });
    return decoder.end();
  } catch (error) {
    if (!(error instanceof DecodeError) || !isUntouched()) throw error;
    beginning ??= await readUpTo(response, BEGINNING_BYTES).catch(() => new Uint8Array());
    const status = decodeStatus(response.contentType, beginning);
    if (status !== undefined) throw failureOfStatus(status, false);
    throw failureOfAnswer(response.status, response.contentType, printable(beginning), undefined, error.message);
  }
}

/** What is not ours must not get in, whoever mixed it up: it might be shown to people who may not see it. */
export function checkNamespace(pod: PodSnapshot, namespace: string): void {
  if (pod.namespace === namespace) return;
  throw new WatchFailure(
    "undecodable",
    `a pod of namespace ${JSON.stringify(pod.namespace.slice(0, 63))} came where those of ${namespace} were asked for; is there a cache in between?`,
  );
}

/** The beginning of something unknown, fit for a log line. */
function printable(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, BEGINNING_BYTES))
    .toString("utf8")
    .replace(/[^\x20-\x7e]+/g, " ");
}
