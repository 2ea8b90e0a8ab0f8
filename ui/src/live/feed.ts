import { type Connection, connect, type LinkStatus, type StreamMessage } from "./connection.ts";

/** The page's event stream, held open while the tab can be seen. */
export interface Feed {
  retry(): void;
  close(): void;
}

export interface FeedOptions {
  /** Absolute address of `api/v1/stream`. */
  readonly url: string;
  /** The last change that the page has; asked for at each connection. */
  readonly since: () => number;
  readonly onMessage: (message: StreamMessage) => void;
  /** Anything arrived, a heartbeat included. */
  readonly onActivity: () => void;
  readonly onStatus: (status: LinkStatus) => void;
}

/**
 * Browsers open six HTTP/1.1 connections to a host, so a hidden tab must not hold one for long: it connects for
 * `HIDDEN_OPEN` every `HIDDEN_INTERVAL`, which keeps the number in its title up to date. (Browsers stretch the interval
 * to a minute in tabs that have been hidden for some time.)
 */
export const HIDDEN_OPEN = 2_000;
export const HIDDEN_INTERVAL = 30_000;

export function openFeed({ url, since, onMessage, onActivity, onStatus }: FeedOptions): Feed {
  let connection: Connection | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    connection ??= connect({
      url,
      since: since(),
      onMessage,
      onActivity,
      onStatus,
      fetch: (...args) => fetch(...args),
      random: Math.random,
    });
  }

  function close(): void {
    clearTimeout(timer);
    if (connection === undefined) return;
    connection.close();
    connection = undefined;
    onStatus({ name: "suspended" });
  }

  function closeWhileHidden(): void {
    timer = setTimeout(() => {
      close();
      timer = setTimeout(() => {
        open();
        closeWhileHidden();
      }, HIDDEN_INTERVAL);
    }, HIDDEN_OPEN);
  }

  function followVisibility(): void {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") closeWhileHidden();
    else open();
  }

  const retry = () => connection?.retryNow();
  // A page in the back/forward cache must not hold a connection, or it is not cached.
  const listeners = new AbortController();
  const { signal } = listeners;
  document.addEventListener("visibilitychange", followVisibility, { signal });
  addEventListener("pagehide", close, { signal });
  addEventListener("pageshow", followVisibility, { signal });
  addEventListener("online", retry, { signal });
  open();
  followVisibility();

  return {
    retry,
    close() {
      listeners.abort();
      close();
    },
  };
}
