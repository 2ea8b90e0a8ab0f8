import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { isLoopback } from "../../util/loopback.ts";
import { hostName, isLoopbackName } from "../base/host-names.ts";
import { HttpProblem } from "../base/problem.ts";
import type { Access } from "./auth.ts";
import type { Credential } from "./types.ts";

export interface OriginOptions {
  /** Listen address. */
  readonly bind: string;
  readonly mode: "none" | "token" | "kubernetes";
  /** Further accepted values of the Host header. */
  readonly hosts: readonly string[];
  readonly publicUrl: string | undefined;
  readonly own: SelfHostnames | undefined;
}

/** Names of this pod in its cluster; undefined where unknown. */
export interface SelfHostnames {
  readonly namespace: string | undefined;
  /** Of a Deployment `pod-watcher`: `pod-watcher-5d8f…-…`. */
  readonly podName: string | undefined;
  /** DNS domain of the Services of the namespace, such as `tools.svc.cluster.local`. */
  readonly serviceDomain: string | undefined;
}

/**
 * In the mode `none`, any web page could call the API through its reader's browser by letting its own host name resolve to
 * our address (DNS rebinding). Such requests have that name in the Host header. With tokens the attack gains nothing.
 */
export function checkHost({ headers }: FastifyRequest, options: OriginOptions): void {
  const { bind, mode, hosts, publicUrl, own } = options;
  if (mode !== "none") return;
  const given = hostName(headers.host ?? headers[":authority"]?.toString() ?? "");
  const known = [...hosts.map(hostName), ...(publicUrl === undefined ? [] : [hostName(new URL(publicUrl).host)])];
  if (isLoopbackName(given) || known.includes(given)) return;
  if (!isLoopback(bind) && (cannotBeRebound(given) || isOwnService(given, own))) return;
  throw new HttpProblem(
    421,
    `Unknown host ${given.slice(0, 100) || "(none)"}. To allow it, add it to http.allowed_hosts or set http.public_url.`,
  );
}

/** IP addresses, and names that no public DNS server resolves: an attacker cannot point them to our address. */
function cannotBeRebound(host: string): boolean {
  if (host === "") return true;
  return host.startsWith("[") || isIP(host) !== 0 || !host.includes(".") || /\.svc(\.cluster\.local)?$/.test(host);
}

/**
 * The shorter and longer names of our own Service. The owner of a public domain could point `evil.shop` or
 * `x.shop.svc.evil.example` to our address. `NAME.NAMESPACE` is therefore accepted only if the namespace cannot be a
 * top-level domain (those have neither digits nor hyphens, except `xn--`) or if the name is that of our own pod. The
 * longer form must end in the cluster's own domain.
 */
function isOwnService(host: string, own: SelfHostnames | undefined): boolean {
  const { namespace, podName = "", serviceDomain } = own ?? {};
  const [name = "", ...rest] = host.split(".");
  const domain = rest.join(".");
  if (name === "" || namespace === undefined) return false;
  if (domain === serviceDomain) return true;
  if (domain !== namespace) return false;
  return podName.startsWith(`${name}-`) || (/[-\d]/.test(namespace) && !namespace.startsWith("xn--"));
}

/** A change from a browser must come from our own page, according to Sec-Fetch-Site and Origin. */
export function checkOrigin({ headers }: FastifyRequest, options: OriginOptions): void {
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  const isForeign = site === "cross-site" || site === "same-site";
  if (!isForeign && (origin === undefined || isOwnOrigin(origin, headers, options))) return;
  throw new HttpProblem(403, "Cross-site request rejected.");
}

/**
 * Where browsers send the credential automatically (`ambient`), a change needs a token that only our page can read. Other
 * programs send neither cookies nor an origin and need no such token.
 */
export function checkCsrf(
  { headers }: FastifyRequest,
  { mode, cookies }: Access,
  credential: Credential | undefined,
): void {
  const ambient = mode === "none" || credential?.ambient === true;
  const isBrowser =
    headers.origin !== undefined || headers["sec-fetch-site"] !== undefined || headers.cookie !== undefined;
  if (!ambient || !isBrowser) return;
  const expected = cookies.read(headers, "csrf");
  if (expected !== undefined && expected.length >= 16 && headers["x-csrf-token"] === expected) return;
  if (cookies.areDropped(headers)) throw openedInClear(headers);
  throw new HttpProblem(403, "The header X-CSRF-Token is missing or outdated: send `csrf` from GET /api/v1/me.");
}

/** The page was opened by plain HTTP, where browsers drop its cookies. Call it after `checkOrigin`. */
export function openedInClear({ origin }: FastifyRequest["headers"]): HttpProblem {
  return new HttpProblem(
    403,
    `The page was opened by plain HTTP, where browsers reject its cookies: open it by HTTPS, or set http.public_url to ${origin}.`,
  );
}

function isOwnOrigin(origin: string, headers: FastifyRequest["headers"], { hosts, publicUrl }: OriginOptions): boolean {
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  const own = headers.host ?? headers[":authority"]?.toString();
  return host === own || hosts.includes(host) || (publicUrl !== undefined && host === new URL(publicUrl).host);
}
