/** The receivers of the demo: local HTTP servers in place of a team chat and an on-call service. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface DemoReceivers extends AsyncDisposable {
  /** Accepts every message. */
  readonly chat: string;
  /** Rejects every third message with 503 and Retry-After, so that the demo shows retries. */
  readonly onCall: string;
}

const BUSY_EVERY = 3;

export async function startDemoReceivers(): Promise<DemoReceivers> {
  let calls = 0;
  const server = createServer((request, response) => {
    const isBusy = request.url === "/on-call" && ++calls % BUSY_EVERY === 0;
    request.resume();
    request.once("end", () => {
      if (isBusy) response.writeHead(503, { "retry-after": "2" }).end("busy, retry later");
      else response.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    chat: `http://127.0.0.1:${port}/chat`,
    onCall: `http://127.0.0.1:${port}/on-call`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
