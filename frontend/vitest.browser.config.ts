import { defineConfig } from "vitest/config";

/** Journeys through the running product in a real browser; tests/browser/journeys.py starts both. */
export default defineConfig({
  test: {
    environment: "node",
    include: ["tests/browser/*.journey.ts"],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
