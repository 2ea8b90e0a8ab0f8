import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compress } from "./compress.ts";

export default defineConfig({
  // Relative addresses: the page works behind any path prefix.
  base: "./",
  plugins: [react(), compress()],
  build: {
    target: "es2022",
    // An inlined asset would be a `data:` address, which the Content-Security-Policy forbids.
    assetsInlineLimit: 0,
    sourcemap: false,
    chunkSizeWarningLimit: 600,
  },
});
