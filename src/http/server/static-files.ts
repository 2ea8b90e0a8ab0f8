import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/**
 * The built page. Files under assets/ are named after their content and never change; browsers revalidate the others.
 * `.br` and `.gz` versions are sent to clients that accept them.
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

/** The page, with a placeholder for its `<noscript>`. Undefined when the page is not built. */
export async function readIndex(folder: string): Promise<string | undefined> {
  return readFile(join(folder, "index.html"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
