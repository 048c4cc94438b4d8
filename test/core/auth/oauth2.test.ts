/** Log-in by OAuth 2 against a provider that runs here, and against those who attack it. */

import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { AuthError } from "../../../src/core/auth/auth-error.js";
import { FacebookGraphMixin } from "../../../src/core/auth/facebook-graph-mixin.js";
import { GoogleOAuth2Mixin } from "../../../src/core/auth/google-oauth2-mixin.js";
import { type AuthorizeRedirectOptions, OAuth2Mixin } from "../../../src/core/auth/oauth2-mixin.js";
import { AsyncHTTPClient } from "../../../src/core/httpclient/http-client.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { testApp } from "../../../src/core/testing/test-app.js";
import { Application } from "../../../src/core/web/application.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { leave, logIn, type Provide, type ProviderRequest, startProvider, visit } from "./browser.js";

/** What the tests of this file change. */
let provider = "";
let options: Partial<AuthorizeRedirectOptions> = {};
let answerTokens: Provide;
let answerAuthorize: Provide;
let asked: ProviderRequest[] = [];
let requestTimeout = 20;
const key = "client id";
const secret = "client-s3cret";

class Login extends OAuth2Mixin(RequestHandler) {
  override readonly oauthAuthorizeUrl: string = `${provider}/authorize?fixed=1`;
  override readonly oauthAccessTokenUrl: string = `${provider}/token`;
  override readonly oauthIssuer: string | null = "https://provider.example";

  override getOAuthClient() {
    return { key, secret };
  }

  override getAuthHttpClient() {
    return new AsyncHTTPClient({ forceInstance: true, defaults: { requestTimeout } });
  }

  async get() {
    if (!this.hasAuthorizationResponse()) {
      return this.authorizeRedirect({ redirectUri: `http://${this.request.host}${this.request.path}`, ...options });
    }
    const { access_token: accessToken } = await this.getAccessToken();
    const user = await this.oauth2Request<{ name: string }>(`${provider}/user`, { accessToken, args: { v: "1" } });
    this.setHeader("X-User", user.name);
    this.redirect(this.nextUrl);
  }
}

class OtherLogin extends Login {
  override readonly oauthAuthorizeUrl: string = "https://other.example/authorize";
}

class GoogleLogin extends GoogleOAuth2Mixin(RequestHandler) {
  override readonly oauthAuthorizeUrl: string = `${provider}/authorize`;
  override readonly oauthAccessTokenUrl: string = `${provider}/token`;
  override readonly oauthUserinfoUrl: string = `${provider}/user`;

  async get() {
    if (!this.hasAuthorizationResponse()) {
      const { key: clientId } = this.getGoogleOAuthSettings();
      return this.authorizeRedirect({
        redirectUri: `http://${this.request.host}/google`,
        clientId,
        scope: ["profile", "email"],
        extraParams: { prompt: "select_account", state: "mine", client_id: "mine" },
      });
    }
    const { access_token: accessToken } = await this.getAuthenticatedUser();
    this.write(await this.oauth2Request(this.oauthUserinfoUrl, { accessToken }));
  }
}

class FacebookLogin extends FacebookGraphMixin(RequestHandler) {
  override readonly oauthAuthorizeUrl: string = `${provider}/authorize`;
  override readonly oauthAccessTokenUrl: string = `${provider}/token`;
  override readonly facebookBaseUrl: string = provider;

  async get() {
    if (!this.hasAuthorizationResponse()) {
      return this.authorizeRedirect({ redirectUri: `http://${this.request.host}/facebook`, scope: ["public_profile"] });
    }
    const user = await this.getAuthenticatedUser({ extraFields: ["email", "id"] });
    await this.facebookRequest("/me/feed", { accessToken: user.access_token, postArgs: { message: "hi" } });
    this.write(user);
  }
}

class Own extends OAuth2Mixin(RequestHandler) {
  async get() {
    try {
      await this.getAccessToken();
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      this.write(`${error.statusCode} ${error.providerCode}`);
    }
  }
}

class Bare extends OAuth2Mixin(RequestHandler) {
  get() {
    this.authorizeRedirect({ redirectUri: "http://localhost/" });
  }
}

const routes = [
  ["/bare", Bare],
  ["/login", Login],
  ["/other", OtherLogin],
  ["/google", GoogleLogin],
  ["/facebook", FacebookLogin],
  ["/own", Own],
] as const;
const settings = {
  cookieSecret: "a cookie secret of the tests that is long enough",
  googleOauth: { key, secret },
  facebookApiKey: key,
  facebookSecret: secret,
};
const client = testApp(() => new Application(routes, settings), { cookies: true });

beforeEach(async () => {
  client.cookies.clear();
  options = {};
  requestTimeout = 20;
  asked = [];
  let code = "";
  let challenge = "";
  answerAuthorize = ({ query }) => {
    code = `code-${Math.random()}`;
    challenge = query.get("code_challenge") ?? "";
    const back = new URL(query.get("redirect_uri")!);
    back.search = new URLSearchParams({ code, state: query.get("state")!, iss: "https://provider.example" }).toString();
    return { location: back.href };
  };
  answerTokens = ({ form }) => {
    const verifier = form.get("code_verifier");
    const isVerified = challenge === "" ? verifier === null : challenge === hash(verifier ?? "");
    const isKnown = form.get("code") === code && form.get("client_id") === key && form.get("client_secret") === secret;
    code = "used";
    if (!isVerified || !isKnown) return { status: 400, json: { error: "invalid_grant" } };
    return { json: { access_token: "t0ken", token_type: "Bearer", expires_in: 3600 } };
  };
  provider = await startProvider((request) => {
    asked.push(request);
    if (request.path === "/authorize") return answerAuthorize(request);
    if (request.path === "/token") return answerTokens(request);
    const isKnown = request.headers.authorization === "Bearer t0ken";
    return isKnown ? { json: { id: "7", name: "Ada" } } : { status: 401, json: { error: { type: "OAuthException" } } };
  });
});

const hash = (text: string) => createHash("sha256").update(text).digest("base64url");

describe("OAuth2Mixin", () => {
  it("logs a visitor in", async () => {
    options = { scope: ["one", "two"], extraParams: { prompt: "login" } };
    const away = await leave(client, "/login");
    const response = await client.fetch(await visit(away));

    expect(Object.fromEntries(away.searchParams)).toMatchObject({
      fixed: "1",
      prompt: "login",
      response_type: "code",
      client_id: key,
      redirect_uri: client.url("/login"),
      scope: "one two",
      code_challenge_method: "S256",
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(response.headers.get("X-User")).toBe("Ada");
    expect(response.headers.get("Location")).toBe("/");
    const [, token, user] = asked;
    expect(Object.fromEntries(token!.form)).toMatchObject({
      grant_type: "authorization_code",
      redirect_uri: client.url("/login"),
    });
    expect(user!.query.toString()).toBe("v=1");
  });

  it("works without PKCE where a provider stumbles over it", async () => {
    options = { pkce: false };

    const response = await logIn(client);

    expect(response.headers.get("X-User")).toBe("Ada");
    expect(asked[0]!.query.has("code_challenge")).toBe(false);
  });

  it("keeps what it remembers out of reach of scripts and other sites", async () => {
    const response = await client.fetch("/login");

    const cookie = response.headers.get("Set-Cookie")!;
    expect(cookie).toMatch(/^_oauth_flows=.*; HttpOnly; .*SameSite=Lax/);
  });

  it("leads to where the visitor wanted to go", async () => {
    const byArgument = await logIn(client, "/login?next=%2Fstories%3Fa%3D1");
    options = { next: "/given" };
    const byOption = await logIn(client, "/login?next=%2Fstories");

    expect([byArgument, byOption].map((one) => one.headers.get("Location"))).toEqual(["/stories?a=1", "/given"]);
  });

  it.each([
    "https://evil.test/",
    "//evil.test",
    "/\\evil.test",
    "javascript:alert(1)",
    "https:evil.test",
    "\thttps://evil.test",
  ])("does not lead to %j", async (next) => {
    const response = await logIn(client, `/login?next=${encodeURIComponent(next)}`);

    expect(response.headers.get("Location")).toBe("/");
  });

  it("keeps log-ins apart that are open at the same time", async () => {
    const [first, second] = [await leave(client, "/login?next=/1"), await leave(client, "/login?next=/2")];

    const answeredSecond = await client.fetch(await visit(second));
    const answeredFirst = await client.fetch(await visit(first));

    expect(answeredSecond.headers.get("Location")).toBe("/2");
    expect(answeredFirst.headers.get("Location")).toBe("/1");
  });

  it("remembers no more than three, however many are begun", async () => {
    const first = await leave(client);
    for (let count = 0; count < 20; count++) await leave(client);

    expect(client.cookies.get("_oauth_flows")!.length).toBeLessThan(2500);
    await refused(await visit(first), /state/);
  });

  it("keeps the newest in a cookie that a browser takes, however long the addresses are", async () => {
    const long = `/login?next=/${"x".repeat(990)}`;
    for (let count = 0; count < 3; count++) await leave(client, long);

    const response = await logIn(client, long);

    expect(client.cookies.get("_oauth_flows")?.length ?? 0).toBeLessThan(4000);
    expect(response.headers.get("Location")).toBe(`/${"x".repeat(990)}`);
    expect((await logIn(client, `${long}${"x".repeat(9000)}`)).headers.get("Location")).toBe("/");
  });

  describe("refuses", () => {
    it("an answer that another browser has asked for (log-in CSRF)", async () => {
      const attackers = await visit(await leave(client));
      client.cookies.clear();

      await refused(attackers, /state/);
    });

    it.each([
      ["a wrong state", (path: string) => path.replace(/state=[^&]+/, "state=guessed")],
      ["no state", (path: string) => path.replace(/state=[^&]+/, "")],
      ["an empty state", (path: string) => path.replace(/state=[^&]+/, "state=")],
      ["two states", (path: string) => `${path}&state=another`],
      ["two codes", (path: string) => `${path}&code=another`],
      ["an empty code", (path: string) => path.replace(/code=[^&]+/, "code=")],
      ["the answer of another provider (mix-up)", (path: string) => path.replace(/iss=[^&]+/, "iss=https://evil.test")],
      ["the answer at another provider's handler", (path: string) => path.replace("/login", "/other")],
    ])("%s, before anything is asked", async (_, change) => {
      const path = await visit(await leave(client));
      asked = [];

      await refused(change(path), /GET/);

      expect(asked).toEqual([]);
    });

    it("an answer that came before (replay)", async () => {
      const path = await visit(await leave(client));
      await client.fetch(path);

      await refused(path, /state/);
    });

    it("an altered cookie", async () => {
      const path = await visit(await leave(client));
      const cookie = client.cookies.get("_oauth_flows")!;
      client.cookies.set(
        "_oauth_flows",
        cookie.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
      );

      await refused(path, /state/);
    });

    it("a visitor who has refused, with the provider's own code", async () => {
      answerAuthorize = ({ query }) => ({
        location: `${query.get("redirect_uri")}?error=access_denied&error_description=%3Cscript%3E&state=${query.get("state")}`,
      });

      await refused(await visit(await leave(client)), /access_denied.*<script>/);
      expect((await client.fetch("/own?error=a&state=b")).text()).toBe("403 null");
    });
  });

  it.each<[string, () => ReturnType<Provide>, RegExp]>([
    ["refuses the code", () => ({ status: 400, json: { error: "invalid_grant" } }), /invalid_grant/],
    ["says 200 and means an error", () => ({ json: { error: "bad_verification_code" } }), /bad_verification_code/],
    ["gives no token", () => ({ json: { token_type: "Bearer" } }), /no access token/],
    ["gives no JSON", () => ({ text: "t0ken" }), /no JSON/],
    ["gives a list", () => ({ json: ["t0ken"] }), /no JSON/],
    ["fails", () => ({ status: 500, text: "t0ken" }), /answered 500/],
    ["redirects", () => ({ location: "http://169.254.169.254/" }), /answered 302/],
    ["does not answer", () => null, /Timeout/],
    ["answers without end", () => ({ text: "x".repeat(1_000_001) }), /1000000 bytes/],
  ])("says 502 when the provider %s, and shows no secret", async (name, answer, message) => {
    answerTokens = answer;
    if (name === "does not answer") requestTimeout = 0.1;
    const path = await visit(await leave(client));
    using log = expectLog("tornado.general", message);

    expect((await client.fetch(path)).code).toBe(502);

    const shown = log.matched.map((record) => `${record.message} ${inspect(record.error, { depth: 9 })}`).join("");
    expect(shown).not.toMatch(/client-s3cret|t0ken/);
  });

  it("says what an author has left out", async () => {
    using _log = expectLog("tornado.application", "Uncaught exception");

    expect((await client.fetch("/bare")).text()).toContain("500");
  });

  async function refused(path: string, message: RegExp): Promise<void> {
    using _log = expectLog("tornado.general", message);
    expect((await client.fetch(path)).code).toBe(403);
  }
});

describe("GoogleOAuth2Mixin", () => {
  it("logs a visitor in by the googleOauth setting", async () => {
    answerAuthorize = ({ query }) => ({
      location: `${query.get("redirect_uri")}?code=c&state=${query.get("state")}&iss=https://accounts.google.com`,
    });
    answerTokens = () => ({ json: { access_token: "t0ken" } });
    const away = await leave(client, "/google");

    const response = await client.fetch(await visit(away));

    expect(response.json()).toEqual({ id: "7", name: "Ada" });
    expect(Object.fromEntries(away.searchParams)).toMatchObject({
      prompt: "select_account",
      scope: "profile email",
      client_id: key,
    });
    expect(away.searchParams.getAll("state")).not.toContain("mine");
  });

  it("knows Google's addresses", () => {
    const Plain = GoogleOAuth2Mixin(RequestHandler);
    const handler = new Plain(client.app, {} as never);

    expect(handler.oauthAuthorizeUrl).toBe("https://accounts.google.com/o/oauth2/v2/auth");
    expect(handler.oauthAccessTokenUrl).toBe("https://www.googleapis.com/oauth2/v4/token");
  });
});

describe("FacebookGraphMixin", () => {
  it("logs a visitor in, and proves that a token is the app's", async () => {
    const response = await logIn(client, "/facebook");

    expect(response.json()).toEqual({ id: "7", name: "Ada", access_token: "t0ken", session_expires: "3600" });
    const [me, feed] = asked.slice(-2);
    const proof = createHmac("sha256", secret).update("t0ken").digest("hex");
    expect(Object.fromEntries(me!.query)).toEqual({
      fields: "id,name,first_name,last_name,locale,picture,link,email",
      appsecret_proof: proof,
    });
    expect(feed).toMatchObject({ method: "POST", path: "/me/feed" });
    expect(Object.fromEntries(feed!.form)).toEqual({ message: "hi" });
  });
});
