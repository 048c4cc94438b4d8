/** What the plugin does to a whole run: `testApp` starts the app before a file's tests and shuts it down after them. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { run } from "../support/program.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const checkout = join(import.meta.dirname, "../..");

it("starts an app before the tests of a file, and shuts it down after them", async () => {
  await using folder = await temporaryFolder("tornado-vitest");
  const url = (path: string) => JSON.stringify(pathToFileURL(join(checkout, path)).href);
  await writeFile(
    join(folder.path, "vitest.config.js"),
    `import { tornado } from ${url("dist/bundle/vitest-plugin.js")};\nexport default { plugins: [tornado()] };\n`,
  );
  await writeFile(
    join(folder.path, "app.test.js"),
    `import { testApp } from ${url("dist/core/testing/index.js")};
     import { Application } from ${url("dist/core/web/index.js")};
     const client = testApp(() => {
       const app = new Application();
       app.onStart(() => console.log("app started"));
       app.onShutdown(() => console.log("app shut down"));
       return app;
     });
     it("knows its port at once", () => {
       console.log("tested " + client.url("/"));
     });`,
  );

  const ended = await run(process.execPath, [join(checkout, "node_modules/vitest/vitest.mjs"), "run"], {
    cwd: folder.path,
  });

  expect(ended.stdout).toMatch(/app started[\s\S]*tested http:\/\/127\.0\.0\.1:\d+\/[\s\S]*app shut down/);
  expect(ended.code).toBe(0);
});
