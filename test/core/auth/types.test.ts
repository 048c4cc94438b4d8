/** What the compiler knows of handlers that mixins make. */

import { expect, expectTypeOf, it } from "vitest";
import { GoogleOAuth2Mixin } from "../../../src/core/auth/google-oauth2-mixin.js";
import type { OAuth2Mixin, OAuth2Tokens } from "../../../src/core/auth/oauth2-mixin.js";
import type { OpenIDConnectMixin, OpenIDUser } from "../../../src/core/auth/openid-connect-mixin.js";
import { Application } from "../../../src/core/web/application.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";

class Shop extends Application {
  readonly name = "shop";
}

class Base extends RequestHandler<{ title: string }, Shop> {
  static readonly kind = "base";
  title = "";

  override initialize({ title }: { title: string }) {
    this.title = title;
  }

  greet() {
    return `${this.application.name} ${this.title}`;
  }
}

class Login extends GoogleOAuth2Mixin(Base) {
  async get() {
    expectTypeOf(this.application).toEqualTypeOf<Shop>();
    expectTypeOf(this.getAuthenticatedUser()).resolves.toEqualTypeOf<OAuth2Tokens>();
    expectTypeOf(this.oauth2Request<{ id: string }>("")).resolves.toEqualTypeOf<{ id: string }>();
    this.write(this.greet());
  }
}

it("keep what the class below them has, static members too, and take no work from the route table", () => {
  const app = new Shop([["/login", Login, { title: "one" }]]);

  expect(Login.kind).toBe("base");
  expect(app.name).toBe("shop");
  expect(Object.getOwnPropertyNames(Login.prototype)).toEqual(["constructor", "get"]);
});

it("do not offer what a provider of another kind has", () => {
  type OpenID = InstanceType<ReturnType<typeof OpenIDConnectMixin<typeof RequestHandler>>>;
  type OAuth2 = InstanceType<ReturnType<typeof OAuth2Mixin<typeof RequestHandler>>>;

  expectTypeOf<OpenID["getAuthenticatedUser"]>().returns.resolves.toEqualTypeOf<OpenIDUser>();
  expectTypeOf<OpenID>().not.toHaveProperty("getAccessToken");
  expectTypeOf<OAuth2>().toHaveProperty("getAccessToken");
});
