import type { AddressInfo, Server } from "node:net";
import type { HttpOptions } from "./options.ts";

export interface HttpAddress {
  readonly port: number;
  /** Address of the page, with the path prefix and a trailing slash. */
  readonly url: string;
}

type Where = Pick<HttpOptions, "bind" | "port" | "pathPrefix">;

/** Starts to listen. Rejects with a sentence for the operator when the address is unavailable. */
export async function listenAt(server: Server, where: Where, scheme: "http" | "https"): Promise<HttpAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: where.bind, port: where.port }, () => {
      server.off("error", reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw cannotListen(error, where);
  });
  return addressOf(server, where, scheme);
}

/** The address of a server that listens. */
export function addressOf(server: Server, { bind, pathPrefix }: Where, scheme: "http" | "https"): HttpAddress {
  const { port } = server.address() as AddressInfo;
  return { port, url: `${scheme}://${urlHost(bind)}:${port}${pathPrefix}/` };
}

export function pathWithoutPrefix(url: string, prefix: string): string {
  if (prefix === "" || !url.startsWith(prefix)) return url;
  const rest = url.slice(prefix.length);
  return rest === "" || rest.startsWith("?") ? `/${rest}` : rest.startsWith("/") ? rest : url;
}

function urlHost(bind: string): string {
  if (bind === "0.0.0.0" || bind === "::") return "localhost";
  return bind.includes(":") ? `[${bind}]` : bind;
}

export function cannotListen(error: unknown, { bind, port }: Pick<HttpOptions, "bind" | "port">): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} at ${bind} is in use by another program: stop it, or set PORT to a free port (0 selects one).`,
    EACCES: `Port ${port} at ${bind} needs privileges that this user does not have: set PORT to a port above 1023.`,
    EADDRNOTAVAIL: `${bind} is not an address of this machine: set BIND_ADDRESS to one of its addresses, or to 0.0.0.0 for all.`,
    ENOTFOUND: `${bind} is not an address and cannot be resolved: set BIND_ADDRESS to an address of this machine.`,
  };
  const message = reasons[code ?? ""] ?? `Cannot listen at ${bind}:${port}: ${String(error)}`;
  return new Error(message, { cause: error });
}
