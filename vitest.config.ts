import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { tornado } from "./src/bundle/vitest-plugin.js";

export default defineConfig({
  plugins: [tornado()],
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/quiet-log.ts"],
    // Journeys start real processes and install real packages on what may be a slow machine.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    // Vitest leaves one processor free, which is half of a small machine; and half of our tests wait for other processes.
    maxWorkers: availableParallelism() + 2,
  },
});
