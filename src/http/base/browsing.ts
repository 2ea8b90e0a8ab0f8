import type { FastifyRequest } from "fastify";

/**
 * Whether a request must not claim alerts, because it was not made by a poller: HEAD, prefetches of a browser, an address
 * that a person opens, and requests that a page of another site makes. Other programs send none of these headers.
 */
export function isReadOnly({ method, headers }: FastifyRequest): boolean {
  if (method === "HEAD") return true;
  if (method !== "GET") return false;
  const purposes = [headers["sec-purpose"], headers.purpose, headers["x-purpose"], headers["x-moz"]];
  if (purposes.some((value) => /prefetch|prerender|preview/i.test(String(value ?? "")))) return true;
  const site = headers["sec-fetch-site"];
  const destination = headers["sec-fetch-dest"] ?? "empty";
  // The fetch of Node.js sends Sec-Fetch-Mode and none of the others.
  if (site === "cross-site" || site === "same-site" || destination !== "empty") return true;
  if (headers["sec-fetch-mode"] === "navigate") return true;
  return site === undefined && isOldOrInsecureBrowser(headers);
}

/**
 * Browsers send Sec-Fetch-Site by HTTPS and to loopback only. By plain HTTP they are recognized by two other headers
 * together: programs with a Mozilla user agent send no Accept-Language.
 */
function isOldOrInsecureBrowser(headers: FastifyRequest["headers"]): boolean {
  return /^Mozilla\/5\.0 \(/.test(headers["user-agent"] ?? "") && headers["accept-language"] !== undefined;
}
