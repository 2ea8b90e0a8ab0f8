import type { PodSnapshot } from "../../core/model/pod.ts";
import { type Duration, SECOND } from "../../core/model/time.ts";
import type { Clock } from "../../ports/clock.ts";
import { sleep } from "../../util/sleep.ts";
import { createListDecoder, type ListPage } from "../decode/decoder.ts";
import type { Interner } from "../decode/interner.ts";
import type { Transport } from "../transport/transport.ts";
import { failureOf, WatchFailure } from "./watch-failure.ts";
import { watchLiveness } from "./watch-liveness.ts";
import { checkNamespace, podsPath, type Query, readDecoded, requestPods } from "./watch-request.ts";

export interface ListOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly interner: Interner;
  readonly namespace: string;
  /** At least as new as this; undefined for the newest there is (a consistent read). Only together with `unpaged`. */
  readonly notOlderThan?: string | undefined;
  /** All in one answer, which the server makes from its cache. */
  readonly unpaged?: boolean;
  readonly signal: AbortSignal;
  /** Called synchronously while the pods arrive, with those of a page that may yet turn out to be cut. */
  readonly onPod: (pod: PodSnapshot) => void;
  /** What was handed over so far belongs to a snapshot that the server has given up; another one begins. */
  readonly onRestart: () => void;
}

export interface ListResult {
  readonly resourceVersion: string;
  readonly count: number;
}

/** client-go's page size: some 5 MB of JSON, a fraction of a second of work for the server. */
const PAGE_SIZE = 500;
/** A page that is cut is asked for again with its token, at these intervals; then the whole list starts anew. */
const PAGE_RETRIES: readonly Duration[] = [1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND];
/**
 * The body of a list flows without a pause: a minute in which less than this came, and not its end either, is a dead
 * peer, or one that would keep others from their turn for hours.
 */
const SILENCE: Duration = 60 * SECOND;
const LEAST_BYTES = 1 << 20;

/**
 * All pods of a namespace at one moment. Rejects with a WatchFailure unless every page came whole: a short list must
 * never pass for a complete one.
 */
export async function listPods(options: ListOptions): Promise<ListResult> {
  if (options.unpaged) return listOnce(options);
  try {
    return await listFrom(options, { limit: String(PAGE_SIZE) });
  } catch (error) {
    // The token of a page holds for about five minutes. A list that took longer is had in one piece (rule 6).
    if (!(error instanceof ExpiredPage)) throw error;
    options.onRestart();
    return listOnce(options);
  }
}

/** In one piece: whoever gives it in several all the same is followed to the end. */
function listOnce(options: ListOptions): Promise<ListResult> {
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
    // Neither resourceVersion nor resourceVersionMatch: the token says both, and with them the server answers 400.
    page = await readFurtherPage(options, { limit: first.limit, continue: token });
    if (page.continue === token)
      throw new WatchFailure("undecodable", "a page of the list names itself as the next one");
    count += page.count;
  }
  return { resourceVersion: page.resourceVersion, count };
}

/** The token of a further page, rather than the list itself, is what the server no longer knows. */
class ExpiredPage extends WatchFailure {}

async function readFurtherPage(options: ListOptions, query: Query): Promise<ListPage> {
  for (const delay of PAGE_RETRIES) {
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
        "the list came without Content-Length and not chunked, so that nothing tells a cut one from a whole one",
      );
    }
    const liveness = watchLiveness({
      clock,
      response,
      silence: SILENCE,
      leastBytes: LEAST_BYTES,
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
        throw new WatchFailure(
          "undecodable",
          "the list does not say its resourceVersion, so nothing can be watched from it",
        );
      }
      return page;
    } finally {
      liveness.stop();
    }
  } catch (error) {
    throw ended ?? failureOf(error);
  }
}
