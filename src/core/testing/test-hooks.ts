/** Finds out when a test file begins and ends, without loading any test runner. */

/** The hooks of a test runner that `testApp` uses; those of Vitest, Jest, Mocha and node:test all fit. */
export interface TestHooks {
  readonly beforeAll?: (run: () => Promise<void>) => unknown;
  readonly afterAll?: (run: () => Promise<void>) => unknown;
}

type Hook = (run: () => Promise<void>) => unknown;

/**
 * Gives the runner's hooks: global ones (Vitest with `globals`, Jest, Mocha), or those of node:test when it runs us.
 *
 * Vitest without globals has none that can be found; there `testApp` starts at the first request and keeps nothing alive.
 */
export function findTestHooks(): TestHooks {
  const found = globalThis as { beforeAll?: Hook; afterAll?: Hook; before?: Hook; after?: Hook };
  if (typeof found.afterAll === "function")
    return { beforeAll: found.beforeAll, afterAll: found.afterAll } as TestHooks;
  if (typeof found.after === "function") return { beforeAll: found.before, afterAll: found.after } as TestHooks;
  // Set by `node --test` in the processes of its test files. getBuiltinModule came with Node 20.16.
  if (process.env.NODE_TEST_CONTEXT === undefined) return {};
  const runner = process.getBuiltinModule("node:test");
  return { beforeAll: (run) => runner.before(run), afterAll: (run) => runner.after(run) };
}

/** Registers with a hook. Within a running test there is none to register with, and the test closes what it made. */
export function register(hook: Hook | undefined, run: () => Promise<void>): void {
  try {
    hook?.(run);
  } catch {
    // What was opened does not keep the process alive, so that a missing hook harms nothing.
  }
}
