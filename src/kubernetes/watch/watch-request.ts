import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { DecodeError } from "../decode/decode-error.ts";
import { decodeStatus } from "../decode/decoder.ts";
import { readUpTo } from "../transport/body.ts";
import type { Transport, TransportResponse } from "../transport/types.ts";
import { failureOfAnswer, failureOfStatus, parseRetryAfter, WatchFailure } from "./watch-failure.ts";

/** Protobuf takes an eleventh of the CPU time of JSON. JSON is the fallback (kubernetes-watch.md rule 40). */
const ACCEPT_LIST = "application/vnd.kubernetes.protobuf, application/json";
const ACCEPT_WATCH = "application/vnd.kubernetes.protobuf;stream=watch, application/json;stream=watch";

/** A `Status` has a few hundred bytes; the start of a proxy's error page is enough. */
const MAX_REFUSAL_BYTES = 64 * 1024;
const EXISTENCE_TIMEOUT: Duration = 5 * SECOND;
const REFUSAL_TIMEOUT: Duration = 10 * SECOND;
/** Enough of an undecodable body to recognise what it is. */
const EXCERPT_BYTES = 4_096;

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

/** Resolves with a response of status 200, its body unread. Throws a WatchFailure for every other status. */
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

/** Reads the reason for a refusal from the body, as far as it arrives in time. */
async function refusal(response: TransportResponse, clock: Clock): Promise<WatchFailure> {
  const retryAfter = parseRetryAfter(response.headers["retry-after"], clock.now());
  const timer = clock.after(REFUSAL_TIMEOUT, () => response.cancel());
  // Read to the end where possible, so that the connection can be reused.
  const body = await readUpTo(response, MAX_REFUSAL_BYTES).catch(() => new Uint8Array());
  timer.cancel();
  const status = decodeStatus(response.contentType, body);
  if (status === undefined) {
    return failureOfAnswer(response.status, response.contentType, printable(body), retryAfter);
  }
  const requested = status.retryAfterSeconds ?? (retryAfter === undefined ? undefined : retryAfter / SECOND);
  return failureOfStatus({ ...status, code: response.status, retryAfterSeconds: requested }, false);
}

/**
 * Throws a "missing" WatchFailure when the API server says that the namespace does not exist. A list of its pods would
 * be empty. Without permission to read the namespace, the check passes.
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
    if (response.status !== 404) {
      // Read to the end, so that the connection can be reused.
      await readUpTo(response, MAX_REFUSAL_BYTES);
      return;
    }
    failure = await refusal(response, clock);
  } catch {
    // The next request fails for the same reason, or the reason does not matter.
    return;
  }
  if (failure.status === 404 && failure.message.includes(`namespaces "${namespace}" not found`)) throw failure;
}

/**
 * Reads a body through its decoder to its end. If not even the start can be decoded, the failure quotes it, because the
 * response probably does not come from an API server.
 */
export async function readDecoded<Result>(
  response: TransportResponse,
  createDecoder: (contentType: string) => { push(chunk: Uint8Array): void; end(): Result },
  isEmpty: () => boolean,
): Promise<Result> {
  let excerpt: Uint8Array | undefined;
  try {
    const decoder = createDecoder(response.contentType);
    await response.read((chunk) => {
      excerpt ??= Uint8Array.from(chunk.subarray(0, EXCERPT_BYTES));
      decoder.push(chunk);
    });
    return decoder.end();
  } catch (error) {
    if (!(error instanceof DecodeError) || !isEmpty()) throw error;
    excerpt ??= await readUpTo(response, EXCERPT_BYTES).catch(() => new Uint8Array());
    const status = decodeStatus(response.contentType, excerpt);
    if (status !== undefined) throw failureOfStatus(status, false);
    throw failureOfAnswer(response.status, response.contentType, printable(excerpt), undefined, error.message);
  }
}

/** Rejects pods of other namespaces, which could be shown to people without access to them. */
export function checkNamespace(pod: PodSnapshot, namespace: string): void {
  if (pod.namespace === namespace) return;
  throw new WatchFailure(
    "undecodable",
    `received a pod of namespace ${JSON.stringify(pod.namespace.slice(0, 63))} instead of ${namespace}; check for a cache in between`,
  );
}

/** An excerpt of unknown bytes, safe for a log line. */
function printable(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, EXCERPT_BYTES))
    .toString("utf8")
    .replace(/[^\x20-\x7e]+/g, " ");
}
