import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { isLoopback } from "../../util/loopback.ts";
import { hostName, isLoopbackName } from "../base/host-names.ts";
import { HttpProblem } from "../base/problem.ts";
import type { Access } from "./auth.ts";
import type { Credential } from "./types.ts";

export interface OriginOptions {
  /** The address that is listened at. */
  readonly bind: string;
  readonly mode: "none" | "token" | "kubernetes";
  /** Further values of the Host header to answer to. */
  readonly hosts: readonly string[];
  readonly publicUrl: string | undefined;
  readonly own: SelfHostnames | undefined;
}

/** What the cluster calls this pod; each undefined outside of one, and where it is not known. */
export interface SelfHostnames {
  readonly namespace: string | undefined;
  /** Of a Deployment `pod-watcher`: `pod-watcher-5d8f…-…`. */
  readonly podName: string | undefined;
  /** Under which the Services of the namespace are found, such as `tools.svc.cluster.local`. */
  readonly serviceDomain: string | undefined;
}

/**
 * Where whoever reaches the port may do everything, a web page elsewhere could reach it through its reader's browser by
 * giving its own name our address (DNS rebinding): the Host header tells. With tokens there is nothing to gain so.
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
    `This program does not go by the name ${given.slice(0, 100) || "(none)"}: if it should, add it to http.allowed_hosts, or set http.public_url.`,
  );
}

/** Addresses, and names that no public name server answers for: nobody elsewhere can make them lead here. */
function cannotBeRebound(host: string): boolean {
  if (host === "") return true;
  return host.startsWith("[") || isIP(host) !== 0 || !host.includes(".") || /\.svc(\.cluster\.local)?$/.test(host);
}

/**
 * The shorter and longer names of the own Service. In `evil.shop` and `x.shop.svc.evil.example` whoever owns the domain
 * could have them lead here: so the namespace alone must be none that a top-level domain is called (those have neither
 * digits nor hyphens, but for `xn--`) or the name the pod's own; and the cluster's domain is the one that it says.
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

/** A change that a browser sends must come from our own page, by its Sec-Fetch-Site and Origin. */
export function checkOrigin({ headers }: FastifyRequest, options: OriginOptions): void {
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  const isForeign = site === "cross-site" || site === "same-site";
  if (!isForeign && (origin === undefined || isOwnOrigin(origin, headers, options))) return;
  throw new HttpProblem(403, "This change was sent by another site's page, and is refused.");
}

/**
 * Where a browser adds the credential by itself (`ambient`), a change carries a token that only our page can read.
 * Programs send neither cookies nor an origin, and need none.
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
  throw new HttpProblem(
    403,
    "The header X-CSRF-Token is missing or old: take `csrf` of GET /api/v1/me, and send it again.",
  );
}

/** For whoever opened the page by a way on which its cookies are lost. After `checkOrigin`: the origin is our own. */
export function openedInClear({ origin }: FastifyRequest["headers"]): HttpProblem {
  return new HttpProblem(
    403,
    `The page was opened by plain HTTP, by which browsers keep none of its cookies: open it by HTTPS, or set http.public_url to ${origin}.`,
  );
}

function isOwnOrigin(origin: string, headers: FastifyRequest["headers"], { hosts, publicUrl }: OriginOptions): boolean {
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  const own = headers.host ?? headers[":authority"]?.toString();
  return host === own || hosts.includes(host) || (publicUrl !== undefined && host === new URL(publicUrl).host);
}
