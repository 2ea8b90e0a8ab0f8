import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compress } from "./compress.ts";

export default defineConfig(({ command }) => {
  // A NODE_ENV from outside (Vitest sets one) must not put React's development version into the page.
  if (command === "build") process.env.NODE_ENV = "production";
  return {
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
  };
});
