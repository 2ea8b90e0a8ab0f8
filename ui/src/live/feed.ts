import { createHub, realConnection } from "./hub.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";
import workerUrl from "./stream.worker.ts?sharedworker&url";

/** The page's end of the stream, however it is held. */
export interface Feed {
  retry(): void;
  close(): void;
}

export interface FeedOptions {
  readonly url: string;
  readonly who: string;
  /** Asked for at each (re)join: the last change that the page knows. */
  readonly since: () => number;
  readonly onMessage: (message: FromWorker) => void;
}

/**
 * Joins the browser's one stream through a SharedWorker. Where there is none (some private modes, some phones) the page
 * holds a stream of its own while it can be seen, so that hidden tabs do not use up the six connections.
 */
export function joinFeed(options: FeedOptions): Feed {
  let line = openWorker(options.onMessage, failed) ?? openInPage(options.onMessage);
  const join = () => line.post({ type: "join", url: options.url, who: options.who, since: options.since() });
  const leave = () => line.post({ type: "leave" });
  const retry = () => line.post({ type: "retry" });
  const visibility = () => {
    if (!line.inPage) return;
    if (document.visibilityState === "hidden") leave();
    else join();
  };
  const shown = (event: PageTransitionEvent) => {
    if (event.persisted) join();
  };
  document.addEventListener("visibilitychange", visibility);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", shown);
  addEventListener("online", retry);
  join();

  /** The worker's script could not be loaded or run. */
  function failed(): void {
    line = openInPage(options.onMessage);
    join();
  }

  return {
    retry,
    close() {
      document.removeEventListener("visibilitychange", visibility);
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", shown);
      removeEventListener("online", retry);
      leave();
    },
  };
}

interface Line {
  readonly post: (message: ToWorker) => void;
  readonly inPage: boolean;
}

function openWorker(onMessage: FeedOptions["onMessage"], onFailure: () => void): Line | undefined {
  if (!("SharedWorker" in globalThis)) return undefined;
  try {
    const worker = new SharedWorker(trusted(workerUrl) as string, { name: "pod-watcher" });
    worker.onerror = onFailure;
    worker.port.onmessage = (event: MessageEvent<FromWorker>) => onMessage(event.data);
    return { post: (message) => worker.port.postMessage(message), inPage: false };
  } catch {
    return undefined;
  }
}

function openInPage(onMessage: FeedOptions["onMessage"]): Line {
  const hub = createHub(realConnection);
  const port = { postMessage: onMessage };
  return { post: (message) => hub.receive(port, message), inPage: true };
}

interface ScriptUrlPolicy {
  createScriptURL(url: string): unknown;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): ScriptUrlPolicy;
}

let policy: ScriptUrlPolicy | undefined;

/** Under `require-trusted-types-for 'script'` a worker's address must come from a policy; ours knows only this one. */
function trusted(url: string): unknown {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return url;
  policy ??= trustedTypes.createPolicy("pod-watcher", {
    createScriptURL(asked) {
      if (asked !== workerUrl) throw new TypeError(`Not the worker of the live stream: ${asked}`);
      return asked;
    },
  });
  return policy.createScriptURL(url);
}
