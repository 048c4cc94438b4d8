import { randomBytes } from "node:crypto";
import { tornado } from "tornado/vitest";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [tornado()],
  test: {
    include: ["test/**/*.test.ts"],
    env: { COOKIE_SECRET: randomBytes(64).toString("base64url") },
  },
});
