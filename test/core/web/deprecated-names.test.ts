/** Names that Tornado has given up and that many apps still use. */

import { expect, it } from "vitest";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { serveApp } from "./serve-app.js";

it("setSecureCookie and getSecureCookie are signed cookies", async () => {
  class Old extends RequestHandler {
    get() {
      this.write(`${this.getSecureCookie("user")} ${this.getSecureCookieKeyVersion("user")}`);
    }
    post() {
      this.setSecureCookie("user", "ada", { expiresDays: null });
    }
  }
  await using served = await serveApp([["/", Old]], { cookieSecret: "0123456789abcdefghijklmnopqrstuvwxyz" });

  const cookie = (await served.request("POST /")).header("set-cookie")!.split(";")[0];

  expect((await served.request("GET /", [`Cookie: ${cookie}`])).body).toBe("ada 0");
});
