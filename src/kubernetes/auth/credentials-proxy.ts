import { BlockList, isIP } from "node:net";
import { CredentialsError } from "./credentials-error.ts";

interface ProxyVariables {
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
}

/** The proxy for a server outside the cluster, from HTTPS_PROXY and NO_PROXY; undefined for a direct connection. */
export function proxyFor(server: URL, { httpsProxy, noProxy }: ProxyVariables): URL | undefined {
  if (httpsProxy === undefined || server.protocol !== "https:" || isExcepted(server, noProxy ?? "")) return undefined;
  return proxyNamed(httpsProxy.includes("://") ? httpsProxy : `http://${httpsProxy}`, "HTTPS_PROXY");
}

/** Throws CredentialsError for an invalid address, without the address itself, which may contain a password. */
export function proxyNamed(address: string, where: string): URL {
  if (URL.canParse(address)) return new URL(address);
  throw new CredentialsError(`the proxy address in ${where} is invalid`, "Use http://host:port or https://host:port.");
}

/**
 * The NO_PROXY rules of Go programs such as kubectl and oc (golang.org/x/net/http/httpproxy): loopback never uses a
 * proxy; entries are hosts (including subdomains), addresses, networks or `*`, each with an optional port.
 */
function isExcepted(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const port = server.port === "" ? "443" : server.port;
  if (host === "localhost" || host === "::1" || host.startsWith("127.")) return true;
  return noProxy
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && covers(entry, host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const family = isIP(host);
  const [network, bits] = entry.split("/");
  if (bits !== undefined && network !== undefined) {
    if (family === 0 || isIP(network) !== family || !/^\d{1,3}$/.test(bits)) return false;
    const type = family === 6 ? "ipv6" : "ipv4";
    if (Number(bits) > (family === 6 ? 128 : 32)) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(bits), type);
    return list.check(host, type);
  }
  const withPort = isIP(entry) === 0 ? /^(.*):(\d+)$/.exec(entry) : null;
  if (withPort !== null && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? entry).replace(/^\[(.*)\]$/, "$1").replace(/^\*/, "");
  if (family !== 0) return name === host;
  return host === name || host.endsWith(name.startsWith(".") ? name : `.${name}`);
}
