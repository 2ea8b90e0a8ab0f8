import { cpSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/** CommonJS packages look for these, which a module does not have. */
const COMMONJS = `
import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;
`;

export const BUNDLE = {
  entryPoints: [join(ROOT, "src/main.ts")],
  outfile: join(ROOT, "dist/pod-watcher.mjs"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  // An optional, native driver of pg.
  external: ["pg-native"],
  banner: { js: COMMONJS },
  legalComments: "external",
  logLevel: "error",
} as const satisfies BuildOptions;

/**
 * dist/pod-watcher.mjs: the program and its packages in one file, for the image. Beside it lie the licences of what is in
 * it, and static/, the files of the API's page.
 */
export async function bundle(): Promise<void> {
  await build(BUNDLE);
  cpSync(join(ROOT, "node_modules/@fastify/swagger-ui/static"), join(ROOT, "dist/static"), { recursive: true });
}
