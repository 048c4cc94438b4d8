/** The client in an app that was built, where its library is part of a bundle and comes when it is needed. */

import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { buildApp } from "../../../src/bundle/build-app.js";
import { Program, run } from "../../support/program.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { serve } from "./servers.js";

const app = `
import { OpenIDConnectMixin } from "tornado/auth";
import { AsyncHTTPClient } from "tornado/httpclient";
import { Application, RequestHandler } from "tornado/web";

class Fetch extends RequestHandler {
  async get() {
    this.write((await new AsyncHTTPClient().fetch(this.getArgument("url"))).text());
  }
}

class Login extends OpenIDConnectMixin(RequestHandler) {
  override getOpenIDProvider() {
    return { issuer: this.getArgument("issuer"), key: "key", secret: "secret" };
  }
  async get() {
    await this.authorizeRedirect({ redirectUri: "http://localhost/login" });
  }
}

export function makeApp({ debug }: { debug: boolean }) {
  const cookieSecret = "a cookie secret of the tests that is long enough";
  return new Application([["/fetch", Fetch], ["/login", Login]], { debug, cookieSecret });
}
`;

it("fetches, and logs in by OpenID Connect, in an app that was built and has no packages", async () => {
  await using folder = await temporaryFolder("built");
  await mkdir(join(folder.path, "src"));
  await writeFile(join(folder.path, "src/app.ts"), app);
  await writeFile(join(folder.path, "package.json"), '{ "type": "module" }');
  await buildApp({ root: folder.path, outdir: join(folder.path, "dist") });
  const upstream: string = await serve((request, response) => {
    if (request.url === "/") return void response.setHeader("Content-Encoding", "gzip").end(gzipSync("from afar"));
    const endpoints = { authorization_endpoint: `${upstream}/authorize`, token_endpoint: `${upstream}/token` };
    response.setHeader("Content-Type", "application/json").end(JSON.stringify({ issuer: upstream, ...endpoints }));
  });

  const words = ["--disallow-code-generation-from-strings", join(folder.path, "dist/server.js"), "--port", "0"];
  await using program = new Program(process.execPath, words, { cwd: folder.path });
  const [, port] = await program.saw(/http:\/\/127\.0\.0\.1:(\d+)/);
  const base = `http://127.0.0.1:${port}`;
  const fetched = await fetch(`${base}/fetch?url=${encodeURIComponent(upstream)}`);
  const login = await fetch(`${base}/login?issuer=${encodeURIComponent(upstream)}`, { redirect: "manual" });

  expect(await fetched.text()).toBe("from afar");
  expect(login.headers.get("Location")).toContain(`${upstream}/authorize?`);
});

it("loads its library with the first request, and not before", async () => {
  const modules = ["core/httpclient/index.js", "core/auth/index.js"].map((path) => {
    return JSON.stringify(pathToFileURL(resolve(import.meta.dirname, "../../../dist", path)).href);
  });
  const program = `
    import { createRequire } from "node:module";
    const { AsyncHTTPClient } = await import(${modules[0]});
    await import(${modules[1]});
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("undici"));
    const before = isLoaded();
    await new AsyncHTTPClient().fetch("http://127.0.0.1:1/").catch(() => {});
    console.log(before, isLoaded());
  `;

  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program]);

  expect(stdout.trim()).toBe("false true");
});
