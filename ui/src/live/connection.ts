import { isSignIn } from "./sign-in.ts";
import { sseReader } from "./sse.ts";

export type LinkStatus =
  | { readonly name: "connecting" }
  | { readonly name: "live" }
  | {
      readonly name: "lost";
      readonly attempts: number;
      readonly reason: string;
      /** Milliseconds until the next attempt. */
      readonly retryIn: number;
    }
  /** 401, or a redirect to a sign-in page: retrying is pointless until someone signs in. */
  | { readonly name: "signed-out" }
  /** 403: retrying is pointless until someone grants access. */
  | { readonly name: "denied"; readonly reason: string }
  /** Closed on purpose while the tab is hidden. */
  | { readonly name: "suspended" };

/** One event of the stream: `data` is the JSON of a StreamEvent, `seq` NaN where it has no number. */
export interface StreamMessage {
  readonly seq: number;
  readonly data: string;
}

export interface Connection {
  /** Retries at once: the network is back, or someone signed in. */
  retryNow(): void;
  close(): void;
}

export interface ConnectionOptions {
  /** Absolute address of `api/v1/stream`. */
  readonly url: string;
  /** The last change already received. */
  readonly since: number;
  readonly onMessage: (message: StreamMessage) => void;
  /** Anything arrived, a heartbeat included. */
  readonly onActivity: () => void;
  readonly onStatus: (status: LinkStatus) => void;
  readonly fetch: typeof globalThis.fetch;
  readonly random: () => number;
}

/** The server's heartbeat comes every 15 s. After one is missed there is time to reconnect before the data is stale. */
export const IDLE_TIMEOUT = 20_000;
/** A connection that lasted this long resets the retry delay. */
const STABLE_AFTER = 10_000;
const FIRST_DELAY = 1_000;
const MAX_DELAY = 30_000;

/** 1 s, doubling up to 30 s, with jitter, so that a thousand tabs do not reconnect at the same moment. */
export function retryDelay(attempts: number, random: () => number): number {
  const ceiling = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** Math.max(0, attempts - 1));
  return ceiling * (0.5 + random() / 2);
}

/**
 * Keeps one stream open until closed. It uses fetch because EventSource gives up on any HTTP error, for example while
 * the pod is replaced, and cannot distinguish a sign-in page from a lost server.
 */
export function connect(options: ConnectionOptions): Connection {
  let since = options.since;
  let attempts = 0;
  let closed = false;
  let immediately = false;
  let wake = () => {};
  let current = new AbortController();

  async function keepOpen(): Promise<void> {
    while (!closed) {
      const status = await stream();
      if (closed) return;
      options.onStatus(status);
      await pause(status.name === "lost" ? status.retryIn : undefined);
    }
  }

  /** Reads one response to its end and returns why it ended. */
  async function stream(): Promise<LinkStatus> {
    current = new AbortController();
    const { signal } = current;
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    let stable: ReturnType<typeof setTimeout> | undefined;
    const watch = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => current.abort(new Error("no heartbeat for 20 s")), IDLE_TIMEOUT);
    };
    /** Called for chunks of the body only: a proxy may send headers for a server that is gone. */
    const onChunk = () => {
      watch();
      if (stable === undefined) {
        stable = setTimeout(() => {
          attempts = 0;
        }, STABLE_AFTER);
        options.onStatus({ name: "live" });
      }
      options.onActivity();
    };
    try {
      watch();
      const response = await options.fetch(options.url, {
        headers: { accept: "text/event-stream", "last-event-id": String(since) },
        cache: "no-store",
        redirect: "manual",
        signal,
      });
      if (isSignIn(response)) return { name: "signed-out" };
      if (response.status === 403) return { name: "denied", reason: await detailOf(response) };
      if (!response.ok || response.body === null) throw new Error(`the server answered with HTTP ${response.status}`);
      const read = sseReader(({ id, data }) => {
        const seq = id === "" ? Number.NaN : Number(id);
        if (Number.isFinite(seq)) since = seq;
        options.onMessage({ seq, data });
      });
      for await (const chunk of chunksOf(response.body.pipeThrough(new TextDecoderStream()))) {
        onChunk();
        read(chunk);
      }
      throw new Error("the server closed the connection");
    } catch (error) {
      attempts += 1;
      const reason = reasonOf(signal.aborted ? signal.reason : error);
      return { name: "lost", attempts, reason, retryIn: retryDelay(attempts, options.random) };
    } finally {
      clearTimeout(watchdog);
      clearTimeout(stable);
    }
  }

  /** Waits for `delay` ms or until `wake` is called; without a delay only for `wake`. */
  async function pause(delay: number | undefined): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (immediately) resolve();
      else if (delay !== undefined) timer = setTimeout(resolve, delay);
    });
    clearTimeout(timer);
    immediately = false;
  }

  options.onStatus({ name: "connecting" });
  void keepOpen();
  return {
    retryNow() {
      immediately = true;
      current.abort(new Error("retrying"));
      wake();
    },
    close() {
      closed = true;
      current.abort();
      wake();
    },
  };
}

/** The server's own words, from its problem details (RFC 9457). */
async function detailOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as { readonly detail?: unknown } | null | undefined;
  return typeof problem?.detail === "string" ? problem.detail : "The server denied access (HTTP 403).";
}

/** Safari cannot iterate a stream. */
async function* chunksOf(stream: ReadableStream<string>): AsyncGenerator<string> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return "the server cannot be reached";
  return error instanceof Error ? error.message : String(error);
}
