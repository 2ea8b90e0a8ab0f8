import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/**
 * The built page. Files under assets/ are named after their content and never change; the rest is asked for anew.
 * `.br` and `.gz` beside a file are sent to who takes them.
 */
export async function staticFiles(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    prefix: "/",
    preCompressed: true,
    index: false,
    dotfiles: "ignore",
    wildcard: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const isImmutable = path.slice(folder.length).replaceAll("\\", "/").startsWith("/assets/");
      reply.header("cache-control", isImmutable ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}

/** The page itself, into which the answer for those without JavaScript is put. Undefined when the page is not built. */
export async function readIndex(folder: string): Promise<string | undefined> {
  return readFile(join(folder, "index.html"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
