import type { FastifyRequest } from "fastify";

/**
 * Whether a GET only looks: it must not take alerts away from who they are for. So it is for HEAD, for a browser that
 * loads what it guesses will be clicked, for an address that a person opens, and for whatever another site's page makes
 * a browser ask for. Programs send none of what these are known by.
 */
export function isLooking({ method, headers }: FastifyRequest): boolean {
  if (method === "HEAD") return true;
  if (method !== "GET") return false;
  const purposes = [headers["sec-purpose"], headers.purpose, headers["x-purpose"], headers["x-moz"]];
  if (purposes.some((value) => /prefetch|prerender|preview/i.test(String(value ?? "")))) return true;
  const site = headers["sec-fetch-site"];
  const destination = headers["sec-fetch-dest"] ?? "empty";
  // Node's own fetch sends a Sec-Fetch-Mode, and nothing else of this.
  if (site === "cross-site" || site === "same-site" || destination !== "empty") return true;
  if (headers["sec-fetch-mode"] === "navigate") return true;
  return site === undefined && isOldOrInsecureBrowser(headers);
}

/**
 * Browsers say where a request comes from by HTTPS and at loop-back alone; by plain HTTP they are known by what else
 * they send, all of it together: programs that call themselves Mozilla speak no language.
 */
function isOldOrInsecureBrowser(headers: FastifyRequest["headers"]): boolean {
  return /^Mozilla\/5\.0 \(/.test(headers["user-agent"] ?? "") && headers["accept-language"] !== undefined;
}
