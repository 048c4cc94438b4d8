import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildApp } from "../../src/bundle/build-app.js";
import { BuildError } from "../../src/bundle/build-error.js";
import { createBundler } from "../../src/bundle/bundler.js";
import { modulesIn } from "../../src/bundle/thread-modules.js";
import { RunningDevServer, writeFiles } from "../dev/running-dev-server.js";
import { Program, run } from "../support/program.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const files = {
  "package.json": '{ "name": "primes", "type": "module" }',
  "src/app.ts": `import { runInExecutor } from "tornado/ioloop";
import { Application, RequestHandler } from "tornado/web";
import { jobs } from "./deep/jobs-url.js";

class Prime extends RequestHandler {
  async get(n: string) {
    this.write({ prime: await runInExecutor(jobs, "isPrime", [Number(n)]) });
  }
}

class Fail extends RequestHandler {
  async get() {
    this.write(String(await runInExecutor(jobs, "fail", []).catch((error: Error) => error.stack)));
  }
}

export const makeApp = ({ debug }: { debug: boolean }) => new Application([["/prime/(.*)", Prime], ["/fail", Fail]], { debug });
`,
  "src/deep/jobs-url.ts": 'export const jobs = new URL("../jobs/prime.js", import.meta.url);\n',
  "src/jobs/start.ts": "export const start: number = 2;\n",
  "src/jobs/prime.ts": `import { start } from "./start.js";
export function isPrime(n: number): boolean {
  for (let divisor = start; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return n > 1;
}
export function fail(): never {
  throw new Error("the job failed");
}
`,
};

const base = (path: string) => path.slice(path.lastIndexOf("/") + 1);

describe("an app that computes in threads", () => {
  it("is built into a folder that does so with Node alone, wherever it lies", async () => {
    await using folder = await temporaryFolder();
    await using elsewhere = await temporaryFolder();
    await writeFiles(folder.path, files);
    const built = await buildApp({ root: folder.path, outdir: join(folder.path, "dist"), minify: true });
    const root = join(elsewhere.path, "deployed");
    await rename(join(folder.path, "dist"), root);
    await using program = new Program(process.execPath, [
      "--disallow-code-generation-from-strings",
      join(root, "server.js"),
      "--port",
      "0",
    ]);
    const [, port] = await program.saw(/http:\/\/127\.0\.0\.1:(\d+)/);
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();

    expect(built.files.some((name) => /^prime-[A-Z0-9]{8}\.js$/.test(name))).toBe(true);
    expect(await get("/prime/97")).toBe('{"prime":true}');
    expect(await get("/prime/98")).toBe('{"prime":false}');
    expect(await get("/fail")).toMatch(/the job failed\n.*src\/jobs\/prime\.ts:7:9/);
    program.kill("SIGTERM");
    expect(await program.ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining("Warning") });
  });

  it("is bundled for development with the module beside it, anew after each change of that", async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, files);
    const outdir = join(folder.path, ".tornado/dev");
    const bundler = await createBundler({ root: folder.path, outdir });
    try {
      const first = await bundler.rebuild();
      const again = await bundler.rebuild();
      await writeFile(join(folder.path, "src/jobs/start.ts"), "export const start: number = 3;\n");
      const changed = await bundler.rebuild();
      await mkdir(outdir, { recursive: true });
      await writeFile(join(outdir, "app.mjs"), first.code);
      for (const { name, contents } of first.parts) await writeFile(join(outdir, name), contents);

      const names = (result: typeof first) => result.parts.map(({ name }) => name);
      expect(names(first)).toEqual([
        expect.stringMatching(/^prime-\w{8}\.mjs(\.map)?$/),
        expect.stringMatching(/^prime-/),
      ]);
      expect(names(again)).toEqual(names(first));
      expect(names(changed)).not.toEqual(names(first));
      expect(first.inputs.map(base).sort()).toEqual(["app.ts", "jobs-url.ts", "prime.ts", "start.ts"]);
      const part = names(first).find((name) => name.endsWith(".mjs"))!;
      const { stdout } = await run(process.execPath, [
        "--input-type=module",
        "-e",
        `const { isPrime } = await import(${JSON.stringify(join(outdir, part))}); console.log(isPrime(97));`,
      ]);
      expect(stdout).toBe("true\n");
    } finally {
      await bundler.dispose();
    }
  });

  it("is served by the dev server with the function as it was saved last", async () => {
    await using server = await RunningDevServer.start(files);
    expect((await server.get("/prime/97")).body).toBe('{"prime":true}');

    await server.save("src/jobs/prime.ts", "export const isPrime = (n: number): boolean => n === 98;\n");

    await server.until("/prime/98", ({ body }) => body === '{"prime":true}');
    expect((await server.get("/prime/97")).body).toBe('{"prime":false}');
  });

  it("is not built when the module cannot be, and says where", async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, { ...files, "src/jobs/start.ts": "export const start: = 2;\n" });
    const bundler = await createBundler({ root: folder.path, outdir: join(folder.path, "out") });
    try {
      const error = await bundler.rebuild().catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(BuildError);
      expect((error as BuildError).problems[0]).toMatchObject({ file: "src/jobs/start.ts", line: 1, column: 21 });
    } finally {
      await bundler.dispose();
    }
  });

  it("finds a module that is named only after the first build", async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, {
      ...files,
      "src/deep/jobs-url.ts": "export const jobs = new URL('file:///none');\n",
    });
    const bundler = await createBundler({ root: folder.path, outdir: join(folder.path, "out") });
    try {
      expect((await bundler.rebuild()).parts).toEqual([]);
      await writeFile(join(folder.path, "src/deep/jobs-url.ts"), files["src/deep/jobs-url.ts"]);

      expect((await bundler.rebuild()).parts.length).toBe(2);
    } finally {
      await bundler.dispose();
    }
  });
});

describe("a test of such an app", () => {
  it("calls the function in a thread as well", async () => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, { ...files, "src/start.test.ts": test, "vitest.config.ts": config });
    await symlink(join(import.meta.dirname, "../../node_modules"), join(folder.path, "node_modules"), "junction");

    const { code, stdout, stderr } = await run(process.execPath, [vitest, "run"], { cwd: folder.path });

    expect({ code, output: stdout + stderr }).toEqual({ code: 0, output: expect.stringContaining("1 passed") });
  });

  const vitest = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
  const config =
    'import { tornado } from "tornado/vitest";\nimport { defineConfig } from "vitest/config";\n\nexport default defineConfig({ plugins: [tornado()] });\n';
  const test = `import { testApp } from "tornado/testing";
import { expect, it } from "vitest";
import { makeApp } from "./app.js";

const client = testApp(makeApp);

it("knows primes", async () => {
  expect((await client.fetch("/prime/97")).json()).toEqual({ prime: true });
});
`;
});

describe("modulesIn", () => {
  it.each([
    ['new URL("./prime.js", import.meta.url)', ["prime.ts"]],
    ["new URL('./prime.ts', import.meta.url)", ["prime.ts"]],
    ['new  URL(\n  "./prime.js",\n  import.meta.url,\n)', ["prime.ts"]],
    ['new URL("./plain.mjs", import.meta.url); new URL("./prime.js", import.meta.url)', ["plain.mjs", "prime.ts"]],
    ['new URL("./data.json", import.meta.url)', []],
    ['new URL("./nowhere.js", import.meta.url)', []],
    ['new URL("https://example.org/prime.js", import.meta.url)', []],
    ['new URL("./prime.js", base)', []],
  ])("finds in %j %j", async (source, found) => {
    await using folder = await temporaryFolder();
    await writeFiles(folder.path, { "src/prime.ts": "", "src/plain.mjs": "", "src/data.json": "{}" });

    expect([...modulesIn(join(folder.path, "src/a.ts"), source).values()].map(base)).toEqual(found);
  });
});
