import { type AddressInfo, connect, createServer } from "node:net";

/** Forwards every connection to the port that is given, and says on which port it does so. */
const target = Number(process.argv[2]);
const server = createServer((client) => {
  const upstream = connect(target, "127.0.0.1");
  for (const socket of [client, upstream]) socket.setNoDelay(true).on("error", () => {});
  client.pipe(upstream).pipe(client);
  client.on("close", () => upstream.destroy());
  upstream.on("close", () => client.destroy());
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit());
