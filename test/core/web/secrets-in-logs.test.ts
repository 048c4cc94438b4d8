/** Whatever is wrong with a request, the secrets in it are in no log line and in no answer (reliability.md, promise 17). */

import { describe, expect, it } from "vitest";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { sendRaw } from "../../support/raw-http.js";
import { serveApp } from "./serve-app.js";

const canary = "CANARY123456";

class Everything extends RequestHandler {
  get() {
    this.getArgument("password", "");
    this.getSignedCookie("session");
    if (this.getArgument("crash", "")) throw new Error("crashed");
    const next = this.getArgument("next", null);
    if (next !== null) this.redirect(next);
  }

  post() {
    if (this.request.headers.get("Content-Type") === "application/json") this.getJson();
    else this.get();
  }
}

const head = (line: string, ...headers: string[]) =>
  `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers.map((header) => `${header}\r\n`).join("")}\r\n`;
const post = (type: string, body: string) =>
  `${head("POST /", `Content-Type: ${type}`, `Content-Length: ${body.length}`)}${body}`;
const json = (body: string) => post("application/json", body);
const part = (head: string) => post("multipart/form-data; boundary=B", `--B\r\n${head}\r\n\r\n${canary}\r\n`);

describe("a secret in a request", () => {
  it.each([
    ["in a query", head(`GET /?password=${canary}&crash=1`)],
    ["in a query that is not UTF-8", head(`GET /?password=${canary}%ff`)],
    ["in a form that is not UTF-8", post("application/x-www-form-urlencoded", `password=${canary}%ff`)],
    ["in an address in a query", head(`GET /?next=%2Freset%3Ftoken%3D${canary}&crash=1`)],
    ["in a refused redirect", head(`GET /?next=//evil.test/%3Ftoken=${canary}`)],
    ["in the user information of a refused redirect", head(`GET /?next=https://user:${canary}@evil.test/`)],
    ["in headers of a crash", head("GET /?crash=1", `Authorization: Bearer ${canary}`, `Cookie: session=${canary}`)],
    ["in a malformed signed cookie", head("GET /", `Cookie: session=2|1:0|10:1300000000|7:session|8:${canary}|abc`)],
    ["in broken JSON", json(`{"password": ${canary}}`)],
    ["as broken JSON", json(canary)],
    ["in JSON that is cut off", json(`{"password": "${canary}`)],
    ["in JSON with a comma too many", json(`{"password": "${canary}",}`)],
    ["in JSON with a control character", json(`{"password": "${canary}\n"}`)],
    ["in JSON with a dangerous key", json(`{"__proto__": "${canary}"}`)],
    ["in a form that is cut off", part('Content-Disposition: form-data; name="password"')],
    ["in a broken header of a part", part(`X-Secret ${canary}`)],
    ["in two Authorizations", head("GET /", `Authorization: ${canary}`, `Authorization: ${canary}`)],
    ["in a header with a control character", head("GET /", `X: ${canary}\x01`)],
    ["in a target with a fragment", head(`GET /?token=${canary}#x`)],
  ])("is not told on: %s", async (_where, bytes) => {
    await using served = await serveApp([["/", Everything]], {
      cookieSecret: "fJ2p9-vQ8xZ0aLs7wK4tYr1nMe6uHb3d",
    });

    const answer = await sendRaw(served.port, Buffer.from(bytes, "latin1"));

    expect(answer).toMatch(/^HTTP\/1\.1 [2345]/);
    expect(answer).not.toContain(canary);
    expect(served.log.join("\n")).not.toContain(canary);
  });
});
