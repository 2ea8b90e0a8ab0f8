import { type Connection, type ConnectionOptions, type LinkStatus, connect as openConnection } from "./connection.ts";
import type { FromWorker, ToWorker } from "./protocol.ts";

/** The part of a MessagePort that the hub uses. */
export interface HubPort {
  postMessage(message: FromWorker): void;
}

/** Kept for tabs that fetched their state shortly before they joined. */
const KEPT_EVENTS = 300;
const KEPT_CHARACTERS = 4_000_000;

/**
 * One stream for all tabs: browsers open six HTTP/1.1 connections to a host, so a seventh tab with a stream of its own
 * would wait for ever. Lives in the SharedWorker; takes the connection as an argument for the tests.
 */
export function createHub(connect: (options: Omit<ConnectionOptions, "fetch" | "random">) => Connection) {
  const ports = new Set<HubPort>();
  let connection: Connection | undefined;
  let opened: { readonly url: string; readonly who: string; readonly since: number } | undefined;
  let status: LinkStatus = { name: "connecting" };
  let kept: { readonly seq: number; readonly data: string }[] = [];
  let characters = 0;
  /** Changes up to this one are not kept. */
  let forgotten = 0;

  function send(message: FromWorker): void {
    for (const port of ports) port.postMessage(message);
  }

  function keep(event: { readonly seq: number; readonly data: string }): void {
    kept.push(event);
    characters += event.data.length;
    while (kept.length > KEPT_EVENTS || (characters > KEPT_CHARACTERS && kept.length > 1)) {
      const oldest = kept.shift();
      if (oldest === undefined) return;
      characters -= oldest.data.length;
      forgotten = oldest.seq;
    }
  }

  function open(url: string, who: string, since: number): void {
    connection?.close();
    opened = { url, who, since };
    kept = [];
    characters = 0;
    forgotten = since;
    connection = connect({
      url,
      since,
      onEvent: (event) => {
        if (Number.isFinite(event.seq)) keep(event);
        send({ type: "event", ...event });
      },
      onHeard: () => send({ type: "heard" }),
      onStatus: (next) => {
        status = next;
        send({ type: "status", status: next });
      },
    });
  }

  function join(port: HubPort, message: ToWorker & { type: "join" }): void {
    ports.add(port);
    if (opened === undefined || opened.url !== message.url || opened.who !== message.who) {
      open(message.url, message.who, message.since);
      return;
    }
    port.postMessage({ type: "status", status });
    if (status.name !== "live" && status.name !== "connecting") connection?.retryNow();
    if (message.since < forgotten) port.postMessage({ type: "resync" });
    else for (const event of kept) if (event.seq > message.since) port.postMessage({ type: "event", ...event });
  }

  return {
    receive(port: HubPort, message: ToWorker): void {
      if (message.type === "join") join(port, message);
      else if (message.type === "retry") connection?.retryNow();
      else {
        ports.delete(port);
        if (ports.size === 0) {
          connection?.close();
          opened = undefined;
        }
      }
    },
  };
}

export function realConnection(options: Omit<ConnectionOptions, "fetch" | "random">): Connection {
  return openConnection({ ...options, fetch: (...args) => fetch(...args), random: Math.random });
}
