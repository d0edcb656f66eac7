import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompress } from "./build/precompress.ts";

const api = process.env.PERDURE_API_URL ?? "http://127.0.0.1:8321";
const proxy = { "/v1": { target: api, ws: true }, "/readyz": api };

export default defineConfig({
  plugins: [react(), precompress()],
  resolve: {
    alias: {
      "@rjsf/validator-ajv8": new URL("./build/unused-validator.ts", import.meta.url).pathname,
      "@": new URL("./src", import.meta.url).pathname,
    },
  },
  server: { proxy },
  preview: { proxy },
  build: {
    target: "es2023",
    sourcemap: false,
    chunkSizeWarningLimit: 1600,
    assetsInlineLimit: 0,
    // What every page needs comes as one file instead of forty-four.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "app", tags: ["$initial"] }] } } },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["./tests/setup.ts"],
    restoreMocks: true,
  },
});
