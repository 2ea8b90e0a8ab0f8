import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { createFakeClock } from "../../../test/support/fake-clock.ts";
import { startSession } from "./http2-session.ts";

it("opens large flow-control windows for streams and sessions", async () => {
  const server = createServer();
  const accepted = once(server, "session") as Promise<[ServerHttp2Session]>;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const stop = new AbortController();
  const options = { server: new URL(`http://127.0.0.1:${port}`), clock: createFakeClock(), signal: stop.signal };
  const session = await startSession({ socket, protocol: "h2" }, options, () => {});
  const [peer] = await accepted;
  // Both have been sent before a PING that is answered.
  await new Promise((resolve) => peer.ping(resolve));
  expect(peer.remoteSettings.initialWindowSize).toBe(4 * 1024 * 1024);
  expect(peer.state.remoteWindowSize).toBe(8 * 1024 * 1024);
  expect(session.hasRoom).toBe(true);
  stop.abort();
  server.close();
});
