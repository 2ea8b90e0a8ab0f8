/** Whom the demo tells: what stands for a team's chat and for an on-call service, on a port of this machine. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface DemoReceivers extends AsyncDisposable {
  /** Takes every message. */
  readonly chat: string;
  /** Is too busy for every third message, and says when to come again: what is told has to be told twice. */
  readonly onCall: string;
}

const BUSY_EVERY = 3;

export async function startDemoReceivers(): Promise<DemoReceivers> {
  let calls = 0;
  const server = createServer((request, response) => {
    const isBusy = request.url === "/on-call" && ++calls % BUSY_EVERY === 0;
    request.resume();
    request.once("end", () => {
      if (isBusy) response.writeHead(503, { "retry-after": "2" }).end("busy, come again");
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
