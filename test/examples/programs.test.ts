import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { run } from "../support/program.js";
import { openSocket } from "../support/raw-http.js";
import { startProgram } from "./running-example.js";

it("tcp-echo sends back what its client says, and closes what goes on without an end", async () => {
  const server = await startProgram("tcp-echo/tcp-echo.ts", ["--port=0"]);
  const [, address] = await server.saw(/Echoes at (\S+)/);
  const flood = await openSocket(Number(address!.split(":")[1]));
  const closed = new Promise((resolve) => flood.on("error", () => {}).once("close", resolve));
  flood.write("x".repeat(20_000));
  await closed;
  const client = await startProgram("tcp-echo/tcp-echo.ts", [`--connect=${address}`, "--message=Hello, world"]);
  const answered = await client.ended;

  expect(answered).toMatchObject({ code: 0, stdout: "Hello, world\n" });
  expect(server.output.match(/127\.0\.0\.1 has come/g)).toHaveLength(2);
});

it("webspider visits every page once, and names the ones that cannot be read", async () => {
  const pages: Record<string, string> = {
    "/docs/": '<a href="a.html">a</a> <a class="x" href="b.html#part">b</a> <a href="/elsewhere">no</a>',
    "/docs/a.html": '<a href="b.html">b</a> <a href="gone.html?x=1&amp;y=2">gone</a> <a href="mailto:a@b.c">m</a>',
    "/docs/b.html":
      '<a href="./">back</a> <a href="https://elsewhere.example/docs/">away</a> <a href="http://[">broken</a>',
  };
  const asked: string[] = [];
  const site = createServer((request, response) => {
    asked.push(request.url!);
    const page = pages[request.url!];
    response.writeHead(page === undefined ? 404 : 200, { "Content-Type": "text/html" }).end(page);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void site.close());
  await new Promise((resolve) => site.once("listening", resolve));
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;

  const spider = await startProgram("webspider/webspider.ts", [`--start=${origin}/docs/`]);
  const { code, stdout, stderr } = await spider.ended;

  expect(asked.sort()).toEqual(["/docs/", "/docs/a.html", "/docs/b.html", "/docs/gone.html?x=1&y=2"]);
  expect(stdout).toContain(`${origin}/docs/b.html\n`);
  expect(stdout).toMatch(/^4 pages, of which 1 could not be read\.$/m);
  expect(stderr).toContain("/docs/gone.html?x=1&y=2: HTTP 404");
  expect(code).toBe(1);
});

it("the examples have the right types", async () => {
  const ended = await run(process.execPath, [
    "node_modules/typescript/bin/tsc",
    "-p",
    "docs/examples",
    "--pretty",
    "false",
  ]);

  expect(ended.stdout + ended.stderr).toBe("");
});
