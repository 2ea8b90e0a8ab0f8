import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { sleep } from "../../util/sleep.ts";
import { createListDecoder } from "../decode/decoder.ts";
import type { Interner } from "../decode/packed-types.ts";
import type { ListPage } from "../decode/types.ts";
import type { Transport } from "../transport/types.ts";
import { failureOf, WatchFailure } from "./watch-failure.ts";
import { watchLiveness } from "./watch-liveness.ts";
import { checkNamespace, podsPath, type Query, readDecoded, requestPods } from "./watch-request.ts";

export interface ListOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly interner: Interner;
  readonly namespace: string;
  /** Minimum resourceVersion; undefined for a consistent read. Only with `unpaged`. */
  readonly notOlderThan?: string | undefined;
  /** Requests everything in one response, which the server builds from its watch cache. */
  readonly unpaged?: boolean;
  readonly signal: AbortSignal;
  /** Called synchronously for each pod as it arrives, before its page is known to be complete. */
  readonly onPod: (pod: PodSnapshot) => void;
  /** The server expired the list: discard all pods so far, because the list starts again. */
  readonly onRestart: () => void;
}

export interface ListResult {
  readonly resourceVersion: string;
  readonly count: number;
}

/** client-go's page size: about 5 MB of JSON. */
const PAGE_SIZE = 500;
/** Delays before a failed page is requested again with its token. After the last one, the list fails. */
const PAGE_RETRY_DELAYS: readonly Duration[] = [1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND];
/** A list body arrives without pauses. A slower peer is dead, or would hold its sync slot for hours. */
const MAX_SILENCE: Duration = 60 * SECOND;
const MIN_BYTES = 1 << 20;

/**
 * Lists all pods of a namespace at one resourceVersion. Rejects with a WatchFailure unless every page is complete: a
 * truncated list must never pass as a complete one.
 */
export async function listPods(options: ListOptions): Promise<ListResult> {
  if (options.unpaged) return listUnpaged(options);
  try {
    return await listFrom(options, { limit: String(PAGE_SIZE) });
  } catch (error) {
    // A continue token is valid for about five minutes; a longer list is read unpaged (kubernetes-watch.md rule 6).
    if (!(error instanceof ExpiredPage)) throw error;
    options.onRestart();
    return listUnpaged(options);
  }
}

/** A server may page the response anyway, so continue tokens are still followed. */
function listUnpaged(options: ListOptions): Promise<ListResult> {
  const { notOlderThan } = options;
  return listFrom(
    options,
    notOlderThan === undefined ? {} : { resourceVersion: notOlderThan, resourceVersionMatch: "NotOlderThan" },
  );
}

async function listFrom(options: ListOptions, first: Query): Promise<ListResult> {
  let page = await readPage(options, first);
  let { count } = page;
  while (page.continue !== undefined) {
    const token = page.continue;
    // The token implies resourceVersion and resourceVersionMatch; the server answers 400 when they are repeated.
    page = await readNextPage(options, { limit: first.limit, continue: token });
    if (page.continue === token)
      throw new WatchFailure("undecodable", "a page of the list has its own token as the next one");
    count += page.count;
  }
  return { resourceVersion: page.resourceVersion, count };
}

/** The server has expired a continue token, as opposed to the resourceVersion of a watch. */
class ExpiredPage extends WatchFailure {}

async function readNextPage(options: ListOptions, query: Query): Promise<ListPage> {
  for (const delay of PAGE_RETRY_DELAYS) {
    try {
      return await readPage(options, query);
    } catch (error) {
      const { kind, message } = failureOf(error);
      if (kind === "expired") throw new ExpiredPage("expired", message, { status: 410 });
      if (kind !== "network" && kind !== "server" && kind !== "silent") throw error;
      await sleep(options.clock, delay, options.signal);
    }
  }
  return readPage(options, query);
}

async function readPage(options: ListOptions, query: Query): Promise<ListPage> {
  const { transport, clock, interner, namespace, signal, onPod } = options;
  let ended: WatchFailure | undefined;
  let count = 0;
  try {
    const response = await requestPods({ transport, clock, path: podsPath(namespace, query), accept: "list", signal });
    if (!response.delimited) {
      response.cancel();
      throw new WatchFailure(
        "undecodable",
        "the list has neither Content-Length nor chunked encoding, so truncation cannot be detected",
      );
    }
    const liveness = watchLiveness({
      clock,
      response,
      silence: MAX_SILENCE,
      minBytes: MIN_BYTES,
      onDead: (failure) => {
        ended = failure;
        response.cancel();
      },
    });
    const sink = {
      pod: (_type: string, pod: PodSnapshot) => {
        count++;
        checkNamespace(pod, namespace);
        onPod(pod);
      },
    };
    try {
      const page = await readDecoded(
        response,
        (contentType) => createListDecoder(contentType, sink, interner),
        () => count === 0,
      );
      if (page.resourceVersion === "") {
        throw new WatchFailure("undecodable", "the list has no resourceVersion, so no watch can start from it");
      }
      return page;
    } finally {
      liveness.stop();
    }
  } catch (error) {
    throw ended ?? failureOf(error);
  }
}
