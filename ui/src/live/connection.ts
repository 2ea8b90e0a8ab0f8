import { sseReader } from "./sse.ts";

/** How the stream is doing. `since` says from when on, `tries` how often in vain. */
export type LinkStatus =
  | { readonly name: "connecting" }
  | { readonly name: "live" }
  | { readonly name: "lost"; readonly tries: number; readonly reason: string }
  /** 401, or a redirect to a login: trying again is of no use until someone signs in. */
  | { readonly name: "signed-out" };

export interface Connection {
  /** Tries again at once: the network is back, or someone signed in. */
  retryNow(): void;
  close(): void;
}

export interface ConnectionOptions {
  /** Absolute address of `api/v1/stream`. */
  readonly url: string;
  /** The last change already known. */
  readonly since: number | undefined;
  readonly onEvent: (event: { readonly seq: number; readonly data: string }) => void;
  /** Something was heard, if only a heartbeat. */
  readonly onHeard: () => void;
  readonly onStatus: (status: LinkStatus) => void;
  readonly fetch: typeof globalThis.fetch;
  readonly random: () => number;
}

/**
 * The server's heartbeat comes every 15 s. One that is missed is worth another connection, which may be there before
 * the data counts as old.
 */
export const SILENCE_LIMIT = 20_000;
/** A connection that held for so long has earned that the delays begin anew. */
const STEADY = 10_000;
const FIRST_DELAY = 1_000;
const MAX_DELAY = 30_000;

/** 1 → 30 s, doubling, each between half and all of it, so that a thousand tabs do not come back at the same moment. */
export function retryDelay(tries: number, random: () => number): number {
  const ceiling = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** Math.max(0, tries - 1));
  return ceiling * (0.5 + random() / 2);
}

/**
 * Keeps one stream open until closed. EventSource would give up for ever on any HTTP error, as while the pod is
 * replaced, and cannot tell a login page from a lost server: hence fetch.
 */
export function connect(options: ConnectionOptions): Connection {
  let since = options.since;
  let tries = 0;
  let closed = false;
  let immediately = false;
  let wake = () => {};
  let current = new AbortController();

  async function keepOpen(): Promise<void> {
    while (!closed) {
      const status = await stream();
      if (closed) return;
      options.onStatus(status);
      await pause(status.name === "signed-out" ? undefined : retryDelay(tries, options.random));
    }
  }

  /** Reads one response to its end, which always comes; says how it ended. */
  async function stream(): Promise<LinkStatus> {
    current = new AbortController();
    const { signal } = current;
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    let steady: ReturnType<typeof setTimeout> | undefined;
    const watch = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => current.abort(new Error("nothing was heard for 20 s")), SILENCE_LIMIT);
    };
    /** Headers alone prove little: a proxy may send them for a server that is gone. */
    const heard = () => {
      watch();
      if (steady === undefined) {
        steady = setTimeout(() => {
          tries = 0;
        }, STEADY);
        options.onStatus({ name: "live" });
      }
      options.onHeard();
    };
    try {
      watch();
      const response = await options.fetch(options.url, {
        headers: { accept: "text/event-stream", ...(since === undefined ? {} : { "last-event-id": String(since) }) },
        cache: "no-store",
        redirect: "manual",
        signal,
      });
      if (isSignIn(response)) return { name: "signed-out" };
      if (!response.ok || response.body === null) throw new Error(`the server answered with HTTP ${response.status}`);
      const read = sseReader(
        (event) => {
          const seq = event.id === "" ? Number.NaN : Number(event.id);
          if (Number.isFinite(seq)) since = seq;
          options.onEvent({ seq, data: event.data });
        },
        () => {},
      );
      for await (const piece of pieces(response.body.pipeThrough(new TextDecoderStream()))) {
        heard();
        read(piece);
      }
      throw new Error("the server closed the connection");
    } catch (error) {
      tries += 1;
      return { name: "lost", tries, reason: reasonOf(signal.aborted ? signal.reason : error) };
    } finally {
      clearTimeout(watchdog);
      clearTimeout(steady);
    }
  }

  /** Until `delay` is over or someone calls `wake`; for ever when undefined. */
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
      current.abort(new Error("trying again"));
      wake();
    },
    close() {
      closed = true;
      current.abort();
      wake();
    },
  };
}

/** How a proxy or the server asks for a sign-in: oauth-proxy answers 403 with a page of its own. */
export function isSignIn(response: Response): boolean {
  const isPage = (response.headers.get("content-type") ?? "").startsWith("text/html");
  return response.type === "opaqueredirect" || response.status === 401 || (response.status === 403 && isPage);
}

/** Not every browser can iterate a stream. */
async function* pieces(stream: ReadableStream<string>): AsyncGenerator<string> {
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
