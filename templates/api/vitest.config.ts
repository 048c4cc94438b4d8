import { tornado } from "tornado/vitest";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [tornado()],
  test: { include: ["test/**/*.test.ts"] },
});
