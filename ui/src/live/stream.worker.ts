import { createHub, realConnection } from "./hub.ts";
import type { ToWorker } from "./protocol.ts";

/** What the worker's global scope offers, as far as it is used: the DOM library has only the page's. */
interface SharedWorkerScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const hub = createHub(realConnection);

(globalThis as unknown as SharedWorkerScope).onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  port.onmessage = (message: MessageEvent<ToWorker>) => hub.receive(port, message.data);
};
