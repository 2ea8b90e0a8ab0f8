import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildOptions, build } from "esbuild";

const ROOT = join(import.meta.dirname, "..");

/** CommonJS packages use these names, which an ES module does not have. */
const COMMONJS = `
import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);
const __filename = import.meta.filename;
const __dirname = import.meta.dirname;
`;

export const BUNDLE = {
  entryPoints: { "pod-watcher": join(ROOT, "src/main.ts") },
  outdir: join(ROOT, "dist"),
  outExtension: { ".js": ".mjs" },
  bundle: true,
  // `import()` loads a file of its own, so that the simulator is only read by the demo.
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node24",
  // An optional, native driver of pg, and an optional debugger of ink.
  external: ["pg-native", "react-devtools-core"],
  // React contains both of its builds.
  define: { "process.env.NODE_ENV": '"production"' },
  banner: { js: COMMONJS },
  legalComments: "linked",
  logLevel: "error",
} as const satisfies BuildOptions;

/** dist/: the program with all its packages, their licenses, and the files that they read when they run. */
export async function bundle(): Promise<void> {
  await build(BUNDLE);
  cpSync(join(ROOT, "packages/simulator/src/encode/kubernetes.proto"), join(ROOT, "dist/kubernetes.proto"));
  cpSync(join(ROOT, "node_modules/@fastify/swagger-ui/static"), join(ROOT, "dist/static"), {
    recursive: true,
    // Its page loads swagger-ui-bundle.js, which contains this file.
    filter: (path) => basename(path) !== "swagger-ui.js",
  });
}
