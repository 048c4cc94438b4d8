import { describe, expect, it } from "vitest";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { createSignedValue } from "../../../src/core/web/signed-value.js";
import { serveApp } from "./serve-app.js";

const cookieSecret = "fJ2p9-vQ8xZ0aLs7wK4tYr1nMe6uHb3d";
const form = "Content-Type: application/x-www-form-urlencoded";

describe("cookies", () => {
  class Cookies extends RequestHandler {
    get() {
      this.setCookie("first", "1");
      this.setCookie("second", "2", { sameSite: null, httpOnly: true });
      this.setCookie("first", "again", { maxAge: 0 });
      this.write({
        own: this.getCookie("own"),
        missing: this.getCookie("missing", "none"),
        first: this.getCookie("first"),
      });
    }
    post() {
      this.clearCookie("gone", { path: "/x" });
      this.clearAllCookies();
    }
    put() {
      this.clearCookie("a", { maxAge: 3 } as object);
    }
    patch() {
      this.setCookie("a", "b", { domain: "x; Path=/" });
    }
  }

  it("reads the request's and sets the response's, each name once and Lax by default", async () => {
    await using served = await serveApp([["/", Cookies]]);

    const response = await served.request("GET /", ["Cookie: own=mine"]);

    expect(JSON.parse(response.body)).toEqual({ own: "mine", missing: "none", first: null });
    expect(response.headerLines.filter((line) => line.startsWith("Set-Cookie"))).toEqual([
      "Set-Cookie: second=2; HttpOnly; Path=/",
      "Set-Cookie: first=again; Max-Age=0; Path=/; SameSite=Lax",
    ]);
  });

  it("clears cookies by a date in the past", async () => {
    await using served = await serveApp([["/", Cookies]]);

    const response = await served.request("POST /", ["Cookie: other=1"]);

    const lines = response.headerLines.filter((line) => line.startsWith("Set-Cookie"));
    expect(lines[0]).toMatch(/^Set-Cookie: gone=""; expires=.* GMT; Path=\/x; SameSite=Lax$/);
    expect(lines[1]).toMatch(/^Set-Cookie: other=""; expires=/);
  });

  it.each(["PUT /", "PATCH /"])("refuses attributes that cannot be: %s", async (line) => {
    await using served = await serveApp([["/", Cookies]]);

    expect((await served.request(line)).status).toBe(500);
  });
});

describe("signed cookies", () => {
  class Signed extends RequestHandler {
    get() {
      this.write({
        value: this.getSignedCookie("user")?.toString() ?? null,
        version: this.getSignedCookieKeyVersion("user"),
      });
    }
    post() {
      this.setSignedCookie("user", "ada", { httpOnly: true });
      this.setSignedCookie("session", "x", { expiresDays: null });
    }
  }

  it("come back as they were set, and not when altered", async () => {
    await using served = await serveApp([["/", Signed]], { cookieSecret });

    const set = await served.request("POST /");
    const lines = set.headerLines.filter((line) => line.startsWith("Set-Cookie"));
    const cookie = /user="?([^";]+)"?/.exec(lines[0]!)![0];
    const good = await served.request("GET /", [`Cookie: ${cookie}`]);
    const bad = await served.request("GET /", [`Cookie: ${cookie.replace("YWRh", "YWRi")}`]);

    expect(lines[0]).toMatch(/; expires=.*; HttpOnly; Path=\/; SameSite=Lax$/);
    expect(lines[1]).not.toContain("expires");
    expect(JSON.parse(good.body)).toEqual({ value: "ada", version: 0 });
    expect(JSON.parse(bad.body).value).toBeNull();
  });

  it("are signed with the named key, and read with any", async () => {
    const secrets = { 1: cookieSecret, 2: `${cookieSecret}x` };
    await using served = await serveApp([["/", Signed]], { cookieSecret: secrets, keyVersion: 2 });

    const old = createSignedValue(secrets, "user", "ada", { keyVersion: 1 });
    const read = await served.request("GET /", [`Cookie: user=${old}`]);
    const set = await served.request("POST /");

    expect(JSON.parse(read.body)).toEqual({ value: "ada", version: 1 });
    expect(set.header("set-cookie")).toMatch(/^user="?2\|1:2\|/);
  });

  it("need the cookieSecret setting, and say so", async () => {
    await using served = await serveApp([["/", Signed]]);

    expect((await served.request("GET /")).status).toBe(500);
  });
});

describe("XSRF", () => {
  class Form extends RequestHandler {
    get() {
      this.write(this.xsrfFormHtml());
    }
    post() {
      this.write("accepted");
    }
  }
  class Exempt extends Form {
    override checkXsrfCookie() {}
  }
  const rules = [
    ["/", Form],
    ["/hook", Exempt],
  ] as const;

  it("accepts the token of the form, by field or by header, and nothing else", async () => {
    await using served = await serveApp(rules, { xsrfCookies: true });
    const page = await served.request("GET /");
    const token = /^<input type="hidden" name="_xsrf" value="([^"]+)"\/>$/.exec(page.body)![1]!;
    const cookie = `Cookie: ${page.header("set-cookie")!.split(";")[0]}`;
    const statusOf = async (headers: string[], body = "") => (await served.request("POST /", headers, body)).status;

    expect(await statusOf([cookie, form], `_xsrf=${encodeURIComponent(token)}`)).toBe(200);
    expect(await statusOf([cookie, `X-XSRFToken: ${token}`])).toBe(200);
    expect(await statusOf([cookie, `X-CSRFToken: ${token}`])).toBe(200);
    expect(await statusOf([cookie])).toBe(403);
    expect(await statusOf([`X-XSRFToken: ${token}`])).toBe(403);
    expect(await statusOf([cookie, "X-XSRFToken: 2|00000000|00|1"])).toBe(403);
  });

  it("sets the cookie only when there is none, by the setting's name and attributes", async () => {
    const settings = { xsrfCookies: true, xsrfCookieName: "token", xsrfCookieKwargs: { secure: true } };
    await using served = await serveApp(rules, settings);

    const first = await served.request("GET /");
    const second = await served.request("GET /", [`Cookie: ${first.header("set-cookie")!.split(";")[0]}`]);

    expect(first.header("set-cookie")).toMatch(/^token=2\|.*; Path=\/; SameSite=Lax; Secure$/);
    expect(second.header("set-cookie")).toBeUndefined();
  });

  it("is no matter for an unknown path and for a handler that checks otherwise", async () => {
    await using served = await serveApp(rules, { xsrfCookies: true });

    expect((await served.request("POST /nowhere")).status).toBe(404);
    expect((await served.request("POST /hook")).status).toBe(200);
  });

  it("waits for a check that takes its time", async () => {
    class Slow extends Form {
      override async checkXsrfCookie() {
        await new Promise(setImmediate);
        super.checkXsrfCookie();
      }
    }
    await using served = await serveApp([["/", Slow]], { xsrfCookies: true });

    const response = await served.request("POST /");

    expect(response.status).toBe(403);
    expect(response.body).not.toContain("accepted");
  });

  it("needs no token in the mode that asks the browser", async () => {
    await using served = await serveApp(rules, { xsrfCookies: "fetch-metadata" });
    const statusOf = async (...headers: string[]) => (await served.request("POST /", headers)).status;

    expect(await statusOf("Sec-Fetch-Site: same-origin")).toBe(200);
    expect(await statusOf("Sec-Fetch-Site: cross-site")).toBe(403);
    expect(await statusOf("Origin: https://evil.test")).toBe(403);
    expect(await statusOf()).toBe(200);
    expect((await served.request("GET /")).body).toBe("");
  });

  it("lets pages of trusted sites send forms in that mode", async () => {
    const trustedOrigins = ["https://admin.test"];
    await using served = await serveApp(rules, { xsrfCookies: "fetch-metadata", trustedOrigins });
    const statusFrom = async (origin: string) =>
      (await served.request("POST /", ["Sec-Fetch-Site: same-site", `Origin: ${origin}`])).status;

    expect(await statusFrom("https://admin.test")).toBe(200);
    expect(await statusFrom("https://other.test")).toBe(403);
  });
});
