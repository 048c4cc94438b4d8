/** What the plugin does for templates: the tests of a scaffolded app run with those that a build would have. */

import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../support/program.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const checkout = join(import.meta.dirname, "../..");

const ownTest = `import { testApp } from "tornado/testing";
import { expect, it } from "vitest";
import { makeApp } from "../src/app.js";

const client = testApp(() => makeApp({ debug: false }));

it("renders without making code from strings", async () => {
  const Function = globalThis.Function;
  globalThis.Function = () => { throw new Error("no code from strings"); };
  const response = await client.fetch("/").finally(() => { globalThis.Function = Function; });

  expect(response.code).toBe(200);
  expect(response.text()).toContain("Your app is running.");
});
`;

it("renders templates that were compiled ahead, and names the one that cannot be", async () => {
  await using folder = await temporaryFolder("tornado-vitest");
  const root = join(folder.path, "app");
  const scaffold = ["bin/create-tornado-app.js", root, "--yes", "--no-install", "--no-git"];
  await run(process.execPath, scaffold, { cwd: checkout });
  await mkdir(join(root, "node_modules"));
  for (const name of ["tornado", "vitest"]) {
    const target = name === "tornado" ? checkout : join(checkout, "node_modules", name);
    await symlink(target, join(root, "node_modules", name), "junction");
  }
  await writeFile(join(root, "test/app.test.ts"), ownTest);
  const test = () => run(process.execPath, [join(checkout, "node_modules/vitest/vitest.mjs"), "run"], { cwd: root });

  const good = await test();
  await writeFile(join(root, "templates/unused.html"), "one\n{{ a b }}");
  const bad = await test();

  expect(good.stdout + good.stderr).toMatch(/1 passed/);
  expect(good.code).toBe(0);
  expect(bad.stdout + bad.stderr).toContain('templates/unused.html:2:6: Unexpected "b" in the expression "a b"');
  expect(bad.code).toBe(1);
});
