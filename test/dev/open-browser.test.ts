import { afterEach, describe, expect, it, vi } from "vitest";
import { openBrowser } from "../../src/dev/open-browser.js";

afterEach(() => vi.unstubAllEnvs());

describe("opening the browser", () => {
  it.each([
    ["that is not there", "/nowhere/browser"],
    ["that fails", "false"],
  ])("tells of a program %s", async (_, program) => {
    vi.stubEnv("BROWSER", program);

    const failed = await new Promise((resolve) => openBrowser("http://localhost:1/", resolve));

    expect(failed).toBe(program);
  });
});
