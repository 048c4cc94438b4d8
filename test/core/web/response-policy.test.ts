import { describe, expect, it } from "vitest";
import { CorsPolicy } from "../../../src/core/http/cors.js";
import { Application } from "../../../src/core/web/application.js";
import { HTTPError } from "../../../src/core/web/http-error.js";
import { FallbackHandler } from "../../../src/core/web/plain-handlers.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import type { ApplicationSettings } from "../../../src/core/web/settings.js";
import { serveApp } from "./serve-app.js";

class Api extends RequestHandler {
  override prepare() {
    if (this.getArgument("fail", null) !== null) throw new HTTPError(403);
  }
  get() {
    this.write({ nonce: this.cspNonce });
  }
  put() {}
}

const site = "https://app.example.com";

describe("the cors setting", () => {
  const cors = { origins: [site, /https:\/\/[a-z]+\.example\.org/], credentials: true, exposeHeaders: ["X-Total"] };

  it.each([
    [site, site],
    ["https://a.example.org", "https://a.example.org"],
    ["https://a.example.org.evil.test", undefined],
    ["https://evil.test", undefined],
    ["null", undefined],
  ])("tells %s that it may read: %s", async (origin, allowed) => {
    await using served = await serveApp([["/", Api]], { cors });

    const response = await served.request("GET /", [`Origin: ${origin}`]);

    expect(response.header("access-control-allow-origin")).toBe(allowed);
    expect(response.header("access-control-allow-credentials")).toBe(allowed && "true");
    expect(response.header("vary")).toBe("Origin");
  });

  it("keeps its Vary beside a handler's own, so that no cache gives one site what was made for another", async () => {
    class Negotiated extends RequestHandler {
      get(vary: string) {
        this.setHeader("Vary", vary);
      }
    }
    const fetch = () => new Response("", { headers: { Vary: "Accept" } });
    const rules = [
      ["/fetch", FallbackHandler, { fetch }],
      ["/(.*)", Negotiated],
    ] as const;
    await using served = await serveApp(rules, { cors, compressResponse: true });
    const varyOf = async (path: string) => (await served.request(`GET ${path}`)).header("vary");

    expect(await varyOf("/Accept")).toBe("Accept, Origin, Accept-Encoding");
    expect(await varyOf("/origin,Accept-Encoding")).toBe("origin,Accept-Encoding");
    expect(await varyOf("/*")).toBe("*");
    expect(await varyOf("/fetch")).toBe("Accept, Origin, Accept-Encoding");
  });

  it.each<[string, () => unknown]>([
    ["a promise", () => Promise.resolve(false)],
    ["a promise that rejects", () => Promise.reject(new Error("down"))],
    ["a text", () => "no"],
  ])("lets nobody read when its function gives %s", async (_what, origins) => {
    await using served = await serveApp([["/", Api]], { cors: { origins: origins as () => boolean } });

    const response = await served.request("GET /", [`Origin: ${site}`]);

    expect([response.status, response.header("access-control-allow-origin")]).toEqual([500, undefined]);
  });

  it("answers a preflight request before anything of the handler runs", async () => {
    await using served = await serveApp([["/", Api]], { cors, xsrfCookies: true });

    const response = await served.request("OPTIONS /?fail=1", [
      `Origin: ${site}`,
      "Access-Control-Request-Method: PUT",
      "Access-Control-Request-Headers: x-token",
    ]);

    expect(response.status).toBe(204);
    expect(response.header("access-control-allow-methods")).toBe("GET, HEAD, PUT, OPTIONS");
    expect(response.header("access-control-allow-headers")).toBe("x-token");
    expect(response.header("access-control-max-age")).toBe("600");
  });

  it("keeps its headers on error pages, and on pages that are not there", async () => {
    await using served = await serveApp([["/", Api]], { cors });

    expect((await served.request("GET /?fail=1", [`Origin: ${site}`])).header("access-control-allow-origin")).toBe(
      site,
    );
    expect((await served.request("GET /none", [`Origin: ${site}`])).header("access-control-allow-origin")).toBe(site);
  });

  it("can be changed by a route", async () => {
    await using served = await serveApp(
      [
        ["/public", Api, {}, { cors: { origins: "*" } }],
        ["/private", Api, {}, { cors: false }],
      ],
      { cors },
    );

    expect((await served.request("GET /public")).header("access-control-allow-origin")).toBe("*");
    expect((await served.request("GET /private", [`Origin: ${site}`])).header("vary")).toBeUndefined();
  });

  it.each([
    [{ origins: "*", credentials: true }, /Name the origins/],
    [{ origins: ["example.com"] }, /Write scheme and host/],
    [{ origins: [`${site}/`] }, /Write scheme and host/],
    [{ origins: "*", maxAge: -1 }, /maxAge -1/],
  ])("refuses %j", (options, message) => {
    expect(() => new CorsPolicy(options as never)).toThrow(message);
  });
});

describe("the securityHeaders setting", () => {
  it("sends our defaults, with a nonce of its own for each response", async () => {
    await using served = await serveApp([["/", Api]], { securityHeaders: true });

    const [one, other] = [await served.request("GET /"), await served.request("GET /")];

    const { nonce } = JSON.parse(one.body) as { nonce: string };
    expect(one.header("content-security-policy")).toContain(`script-src 'self' 'nonce-${nonce}'`);
    expect(one.header("x-content-type-options")).toBe("nosniff");
    expect(one.header("strict-transport-security")).toBeUndefined();
    expect(JSON.parse(other.body).nonce).not.toBe(nonce);
  });

  it("lets single headers be changed or left out", async () => {
    const securityHeaders = { "content-security-policy": "default-src 'self'", "X-Frame-Options": null };
    await using served = await serveApp([["/", Api]], { securityHeaders });

    const response = await served.request("GET /");

    expect(response.header("content-security-policy")).toBe("default-src 'self'");
    expect(response.header("x-frame-options")).toBeUndefined();
    expect(response.body).toBe('{"nonce":null}');
  });
});

describe("an app is refused when it is made", () => {
  it.each<[string, ApplicationSettings]>([
    ["securityHeaders", { securityHeaders: { "X-A": "a\r\nX-B: b" } }],
    ["securityHeaders", { securityHeaders: { "X A": "a" } }],
    ["securityHeaders", { securityHeaders: { "X-A": 1 as unknown as string } }],
    ["cors", { cors: { origins: "*", exposeHeaders: ["X-A\r\nX-B: b"] } }],
    ["cors", { cors: { origins: "*", methods: ["GET, PUT"] } }],
    ["cors", { cors: { origins: "*", allowHeaders: [""] } }],
  ])("with a %s setting that no answer could carry: %j", (name, settings) => {
    expect(() => new Application([["/", Api]], settings)).toThrow(`The setting "${name}"`);
  });
});

describe("Application.fetch", () => {
  it("answers a Request without a socket", async () => {
    const app = new Application([["/", Api]], { logFunction: () => {} });

    const response = await app.fetch(new Request("http://localhost/"));

    expect([response.status, await response.json()]).toEqual([200, { nonce: null }]);
  });
});
