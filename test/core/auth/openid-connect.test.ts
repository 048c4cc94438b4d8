/** Log-in by OpenID Connect against a provider with a key of its own, and against forged tokens. */

import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { inspect } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import type { AuthorizeRedirectOptions } from "../../../src/core/auth/oauth2-mixin.js";
import { OpenIDConnectMixin } from "../../../src/core/auth/openid-connect-mixin.js";
import { AsyncHTTPClient } from "../../../src/core/httpclient/http-client.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { testApp } from "../../../src/core/testing/test-app.js";
import { Application } from "../../../src/core/web/application.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import {
  leave,
  logIn,
  type Provide,
  type ProviderAnswer,
  type ProviderRequest,
  startProvider,
  visit,
} from "./browser.js";

const key = "client id";
const secret = "client-s3cret";
const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const forger = generateKeyPairSync("rsa", { modulusLength: 2048 });

let issuer = "";
let asked: ProviderRequest[] = [];
let requestTimeout = 20;
/** What the tests change of the provider. */
let overrides: Record<string, Provide> = {};
let changeClaims: (claims: Record<string, unknown>) => Record<string, unknown>;
let signToken: (claims: Record<string, unknown>) => string;
let changeTokens: (tokens: Record<string, unknown>) => ProviderAnswer;
let options: Partial<AuthorizeRedirectOptions> = {};

class Login extends OpenIDConnectMixin(RequestHandler) {
  override getOpenIDProvider() {
    return { issuer, key, secret };
  }

  override getAuthHttpClient() {
    return new AsyncHTTPClient({ forceInstance: true, defaults: { requestTimeout } });
  }

  async get() {
    if (!this.hasAuthorizationResponse()) {
      const redirectUri = `http://${this.request.host}${this.request.path}`;
      return this.authorizeRedirect({ redirectUri, scope: ["profile"], ...options });
    }
    const user = await this.getAuthenticatedUser();
    const info = await this.getUserInfo(user);
    this.write({ sub: user.sub, name: user.claims.name, info, token: user.tokens.access_token, next: this.nextUrl });
  }
}

class OtherLogin extends Login {
  override getOpenIDProvider() {
    return { issuer: "https://other.example", key, secret };
  }
}

class BySetting extends OpenIDConnectMixin(RequestHandler) {
  get() {
    this.write({ issuer: this.getOpenIDProvider().issuer });
  }
}

const openidConnect = { issuer: "https://accounts.example", key, secret };
const routes = [
  ["/login", Login],
  ["/other", OtherLogin],
  ["/setting", BySetting],
] as const;
const client = testApp(
  () => new Application(routes, { cookieSecret: "a cookie secret of the tests that is long enough", openidConnect }),
  { cookies: true },
);

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

function signed(claims: Record<string, unknown>, privateKey = pair.privateKey): string {
  const text = `${part({ alg: "RS256", kid: "1", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}

beforeEach(async () => {
  client.cookies.clear();
  asked = [];
  overrides = {};
  options = {};
  requestTimeout = 20;
  changeClaims = (claims) => claims;
  signToken = (claims) => signed(claims);
  changeTokens = (tokens) => ({ json: tokens });
  const codes = new Map<string, URLSearchParams>();
  issuer = await startProvider((request) => {
    asked.push(request);
    const { path, query, form } = request;
    const override = overrides[path]?.(request);
    if (override !== undefined) return override;
    if (path === "/.well-known/openid-configuration") return { json: description() };
    if (path === "/jwks")
      return { json: { keys: [{ ...pair.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] } };
    if (path === "/userinfo") return { json: { sub: "42", email: "ada@example.com" } };
    if (path === "/authorize") {
      const code = `code-${codes.size}`;
      codes.set(code, query);
      const answer = new URLSearchParams({ code, state: query.get("state")!, iss: issuer });
      return { location: `${query.get("redirect_uri")}?${answer}` };
    }
    const begun = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isRight =
      begun?.get("code_challenge") === challenge && begun.get("redirect_uri") === form.get("redirect_uri");
    if (!isRight) return { status: 400, json: { error: "invalid_grant" } };
    const claims = {
      iss: issuer,
      sub: "42",
      aud: key,
      name: "Ada",
      nonce: begun.get("nonce"),
      iat: now(),
      exp: now() + 60,
    };
    const idToken = signToken(changeClaims(claims));
    return changeTokens({ access_token: "t0ken", token_type: "Bearer", expires_in: 60, id_token: idToken });
  });
});

function description(): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/userinfo`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    authorization_response_iss_parameter_supported: true,
  };
}

describe("OpenIDConnectMixin", () => {
  it("logs a visitor in", async () => {
    const away = await leave(client, "/login?next=/stories");
    const response = await client.fetch(await visit(away));

    expect(response.json()).toEqual({
      sub: "42",
      name: "Ada",
      info: { sub: "42", email: "ada@example.com" },
      token: "t0ken",
      next: "/stories",
    });
    expect(Object.fromEntries(away.searchParams)).toMatchObject({
      response_type: "code",
      client_id: key,
      scope: "openid profile",
      code_challenge_method: "S256",
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it("asks for the provider's description once, and again when it could not be had", async () => {
    overrides["/.well-known/openid-configuration"] = () => ({ status: 503, text: "later" });
    using _log = expectLog("tornado.general", /not to be trusted/);
    expect((await client.fetch("/login")).code).toBe(502);
    overrides = {};

    await logIn(client);
    await logIn(client);

    const descriptions = asked.filter(({ path }) => path.startsWith("/.well-known"));
    expect(descriptions.length).toBe(2);
  });

  it.each([
    [["client_secret_post", "client_secret_basic"], false],
    [["client_secret_basic"], true],
    // OpenID Connect Discovery 1.0, section 3: basic is what a provider means that says nothing.
    [undefined, true],
  ])("shows its secret in a way that the provider takes: %j", async (methods, isBasic) => {
    overrides["/.well-known/openid-configuration"] = () => ({
      json: { ...description(), token_endpoint_auth_methods_supported: methods },
    });

    const response = await logIn(client);

    const { form, headers } = asked.find(({ path }) => path === "/token")!;
    const [scheme, credentials] = headers.authorization?.split(" ") ?? [];
    const [name, password] =
      new URLSearchParams(
        Buffer.from(credentials ?? "", "base64")
          .toString()
          .replace(":", "="),
      )
        .entries()
        .next().value ?? [];
    expect(response.code).toBe(200);
    expect([scheme, name, password]).toEqual(isBasic ? ["Basic", key, secret] : [undefined, undefined, undefined]);
    expect(form.get("client_secret")).toBe(isBasic ? null : secret);
  });

  it("reads the openidConnect setting", async () => {
    expect((await client.fetch("/setting")).json()).toEqual({ issuer: "https://accounts.example" });
  });

  it("does not lead to another site", async () => {
    const response = await logIn(client, "/login?next=//evil.test");

    expect(response.json()).toMatchObject({ next: "/" });
  });

  describe("refuses an ID token", () => {
    const encode = (header: object, claims: object) => `${part(header)}.${part(claims)}`;
    const publicPem = pair.publicKey.export({ type: "spki", format: "pem" });
    const hs256 = (claims: object, hmacKey: string | Buffer) => {
      const text = encode({ alg: "HS256", kid: "1" }, claims);
      return `${text}.${createHmac("sha256", hmacKey).update(text).digest("base64url")}`;
    };

    it.each<[string, () => void]>([
      ["that has expired", () => (changeClaims = (claims) => ({ ...claims, exp: now() - 3600, iat: now() - 7200 }))],
      ["without an end", () => (changeClaims = ({ exp: _, ...claims }) => claims)],
      ["of another issuer", () => (changeClaims = (claims) => ({ ...claims, iss: "https://evil.test" }))],
      ["for another app", () => (changeClaims = (claims) => ({ ...claims, aud: "another" }))],
      [
        "for several apps without saying which",
        () => (changeClaims = (claims) => ({ ...claims, aud: [key, "another"] })),
      ],
      ["of another log-in (nonce)", () => (changeClaims = (claims) => ({ ...claims, nonce: "another" }))],
      ["without a nonce", () => (changeClaims = ({ nonce: _, ...claims }) => claims)],
      ["of nobody", () => (changeClaims = ({ sub: _, ...claims }) => claims)],
      ["that is not signed", () => (signToken = (claims) => `${encode({ alg: "none" }, claims)}.`)],
      ["whose signature was cut off", () => (signToken = (claims) => signed(claims).replace(/[^.]+$/, ""))],
      ["signed by another key", () => (signToken = (claims) => signed(claims, forger.privateKey))],
      ["signed by the public key as a password", () => (signToken = (claims) => hs256(claims, publicPem))],
      ["signed by the app's own secret", () => (signToken = (claims) => hs256(claims, secret))],
      [
        "that was changed behind the signature",
        () =>
          (signToken = (claims) => {
            const [header, , signature] = signed(claims).split(".");
            return `${header}.${part({ ...claims, sub: "1" })}.${signature}`;
          }),
      ],
      ["that is none", () => (signToken = () => "token")],
      ["that is not there", () => (changeTokens = ({ id_token: _, ...tokens }) => ({ json: tokens }))],
    ])("%s", async (_, prepare) => {
      prepare();

      await refused(await visit(await leave(client)), 502, /./);
    });
  });

  it.each<[string, (path: string) => string, number, RegExp]>([
    ["a wrong state", (path) => path.replace(/state=[^&]+/, "state=x"), 403, /state/],
    ["another issuer (mix-up)", (path) => path.replace(/iss=[^&]+/, "iss=https%3A%2F%2Fevil.test"), 502, /iss/],
    ["no issuer from one that always says it", (path) => path.replace(/&iss=[^&]+/, ""), 502, /iss/],
    ["another provider's handler", (path) => path.replace("/login", "/other"), 403, /another provider/],
    ["an error", (path) => path.replace(/code=[^&]+/, "error=access_denied"), 403, /access_denied/],
    ["two states", (path) => `${path}&state=x`, 403, /more than one state/],
  ])("refuses an answer with %s, before any token", async (_, change, status, message) => {
    const path = await visit(await leave(client));

    await refused(change(path), status, message);

    expect(asked.some((request) => request.path === "/token")).toBe(false);
  });

  it("refuses an answer of another browser, and one that came before", async () => {
    const path = await visit(await leave(client));
    await client.fetch(path);
    await refused(path, 403, /state/);
    const attackers = await visit(await leave(client));
    client.cookies.clear();
    await refused(attackers, 403, /state/);
  });

  it.each<[string, string, Provide]>([
    [
      "refuses the code",
      "/token",
      () => ({ status: 400, json: { error: "invalid_grant", error_description: "used" } }),
    ],
    ["does not answer", "/token", () => null],
    ["gives no JSON", "/token", () => ({ text: "t0ken" })],
    ["answers without end", "/token", () => ({ text: "x".repeat(1_000_001) })],
    ["redirects", "/token", () => ({ location: "http://169.254.169.254/" })],
    ["has no keys", "/jwks", () => ({ json: { keys: [] } })],
    ["tells about somebody else", "/userinfo", () => ({ json: { sub: "1" } })],
  ])("says 502 when the provider %s, and shows no secret", async (name, path, provide) => {
    overrides[path] = provide;
    if (name === "does not answer") requestTimeout = 0.1;
    const back = await visit(await leave(client));
    using log = expectLog("tornado.general", /./);

    expect((await client.fetch(back)).code).toBe(502);

    const shown = log.matched.map((record) => `${record.message} ${inspect(record.error, { depth: 9 })}`).join("");
    expect(shown).not.toMatch(/client-s3cret|t0ken/);
  });

  it("refuses a description that is another provider's", async () => {
    overrides["/.well-known/openid-configuration"] = () => ({
      json: { ...description(), issuer: "https://evil.test" },
    });

    await refused("/login", 502, /issuer/);
  });

  it("speaks http with this machine alone", async () => {
    issuer = "http://accounts.invalid";

    await refused("/login", 502, /HTTPS/);
  });

  it("refuses a redirectUri with a query", async () => {
    options = { redirectUri: "http://localhost/login?a=1" };
    using _log = expectLog("tornado.application", "Uncaught exception");

    expect((await client.fetch("/login")).code).toBe(500);
  });

  async function refused(path: string, status: number, message: RegExp): Promise<void> {
    using _log = expectLog("tornado.general", message);
    expect((await client.fetch(path)).code).toBe(status);
  }
});
