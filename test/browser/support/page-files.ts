import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, normalize } from "node:path";
import { CONTENT_SECURITY_POLICY } from "../../../src/http/base/headers.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** The policy of the real server. */
const POLICY = Object.entries(CONTENT_SECURITY_POLICY)
  .map(([name, values]) => `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${values.join(" ")}`)
  .join("; ");

/** Serves the built page like the program: strict headers, compressed files, index.html for every screen. */
export function pageFiles(folder: string) {
  return async (path: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isFile = extname(path) !== "";
    const file = join(folder, normalize(isFile ? path : "/index.html"));
    const accepts = String(request.headers["accept-encoding"] ?? "");
    const packed = accepts.includes("gzip") ? await readFile(`${file}.gz`).catch(() => undefined) : undefined;
    const found = packed ?? (await readFile(file).catch(() => undefined));
    const depth = isFile ? 0 : path.split("/").length - 2;
    const content = depth > 0 && found !== undefined ? atDepth(await readFile(file, "utf8"), depth) : found;
    if (content === undefined) return void response.writeHead(404).end();
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      ...(packed === undefined || depth > 0 ? {} : { "content-encoding": "gzip" }),
      "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    response.end(content);
  };
}

/** The built page names its files relative to the base. */
function atDepth(built: string, depth: number): string {
  return built.replaceAll('="./', `="${"../".repeat(depth)}`);
}
