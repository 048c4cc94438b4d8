/** Log-in by OAuth 1.0a: signatures by the examples of RFC 5849, and a provider that checks every one. */

import { beforeEach, describe, expect, it } from "vitest";
import { type OAuthAccessToken, OAuthMixin } from "../../../src/core/auth/oauth-mixin.js";
import { oauthAuthorization, signatureBase, signOAuthRequest } from "../../../src/core/auth/oauth1-signature.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { testApp } from "../../../src/core/testing/test-app.js";
import { Application } from "../../../src/core/web/application.js";
import { RequestHandler } from "../../../src/core/web/request-handler.js";
import { leave, logIn, type Provide, type ProviderRequest, startProvider, visit } from "./browser.js";

const printer = { key: "dpf43f3p2l4k3l03", secret: "kd94hf93k423kf44" };

describe("signOAuthRequest", () => {
  // RFC 5849, section 1.2.
  it.each([
    [
      "a request token",
      {
        method: "POST",
        url: "https://photos.example.net/initiate",
        oauthParameters: { oauth_callback: "http://printer.example.com/ready" },
      },
      137131200,
      "wIjqoS",
      "74KNZJeDHnMBp0EMJ9ZHt/XKycU=",
    ],
    [
      "an access token",
      {
        method: "POST",
        url: "https://photos.example.net/token",
        token: { key: "hh5s93j4hdidpola", secret: "hdhd0244k9j7ao03" },
        oauthParameters: { oauth_verifier: "hfdp7dh39dks9884" },
      },
      137131201,
      "walatlh",
      "gKgrFCywp7rO0OXSjdot/IHF7IU=",
    ],
    [
      "a picture",
      {
        method: "GET",
        url: "http://photos.example.net/photos?file=vacation.jpg&size=original",
        token: { key: "nnch734d00sl2jdk", secret: "pfkkdhi9sl3r4s00" },
      },
      137131202,
      "chapoH",
      "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
    ],
  ])("signs the request for %s as RFC 5849 does", (_, request, timestamp, nonce, signature) => {
    const signed = signOAuthRequest({ ...request, consumer: printer }, () => timestamp, nonce);

    expect(signed.oauth_signature).toBe(signature);
  });

  it("orders and encodes what is signed as section 3.4.1 does", () => {
    const parameters: [string, string][] = [
      ["oauth_consumer_key", "9djdj82h48djs9d2"],
      ["oauth_token", "kkk9d7dh3k39sjv7"],
      ["oauth_signature_method", "HMAC-SHA1"],
      ["oauth_timestamp", "137131201"],
      ["oauth_nonce", "7d8f3e4a"],
      ["c2", ""],
      ["a3", "2 q"],
    ];

    const base = signatureBase("post", "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", parameters);

    expect(base).toBe(
      "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D" +
        "%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1" +
        "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
    );
  });

  it("encodes what encodeURIComponent leaves", () => {
    expect(oauthAuthorization({ a: "!'()*~ ü" })).toBe('OAuth a="%21%27%28%29%2A~%20%C3%BC"');
  });

  it("takes another nonce each time", () => {
    const request = { method: "GET", url: "http://a/", consumer: printer };

    expect(signOAuthRequest(request).oauth_nonce).not.toBe(signOAuthRequest(request).oauth_nonce);
  });
});

let provider = "";
let asked: ProviderRequest[] = [];
let overrides: Record<string, Provide> = {};

class Login extends OAuthMixin(RequestHandler) {
  override readonly oauthRequestTokenUrl: string = `${provider}/request-token`;
  override readonly oauthAuthorizeUrl: string = `${provider}/authorize`;
  override readonly oauthAccessTokenUrl: string = `${provider}/access-token`;

  override oauthConsumerToken() {
    return printer;
  }

  override async oauthGetUser(accessToken: OAuthAccessToken) {
    if (accessToken.screen_name === "nobody") return null;
    const args = { "who is": "it's me!" };
    const user = await this.oauthRequest<{ name: string }>(`${provider}/me?v=1`, { accessToken, args });
    await this.oauthRequest(`${provider}/me`, { accessToken, postArgs: { status: "hi & bye" } });
    return user;
  }

  async get() {
    if (!this.hasAuthorizationResponse()) {
      return this.authorizeRedirect({
        callbackUri: `http://${this.request.host}/login`,
        extraParams: { scope: "a b" },
      });
    }
    this.write(await this.getAuthenticatedUser());
  }
}

const client = testApp(
  () => new Application([["/login", Login]], { cookieSecret: "a cookie secret of the tests that is long enough" }),
  { cookies: true },
);

beforeEach(async () => {
  client.cookies.clear();
  asked = [];
  overrides = {};
  const callbacks = new Map<string, string>();
  const secrets: Record<string, string> = { access: "access secret" };
  provider = await startProvider((request) => {
    asked.push(request);
    const override = overrides[request.path]?.(request);
    if (override !== undefined) return override;
    if (request.path === "/authorize") {
      const token = request.query.get("oauth_token")!;
      return { location: `${callbacks.get(token)}?oauth_token=${token}&oauth_verifier=verified` };
    }
    const parameters = signedParameters(request, secrets);
    if (parameters === null) return { status: 401, text: "bad signature" };
    if (request.path === "/request-token") {
      const token = `request-${callbacks.size}`;
      callbacks.set(token, parameters.oauth_callback!);
      secrets[token] = "request secret";
      return { text: `oauth_token=${token}&oauth_token_secret=request+secret&oauth_callback_confirmed=true` };
    }
    if (request.path === "/access-token") {
      if (parameters.oauth_verifier !== "verified") return { status: 401, text: "not verified" };
      delete secrets[parameters.oauth_token!];
      return { text: "oauth_token=access&oauth_token_secret=access+secret&screen_name=ada" };
    }
    return { json: { name: "Ada" } };
  });
});

/** Checks the signature of a request by making it again. */
function signedParameters(request: ProviderRequest, secrets: Record<string, string>): Record<string, string> | null {
  const header = request.headers.authorization ?? "";
  const given = Object.fromEntries(
    [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, decodeURIComponent(value!)]),
  );
  const { oauth_signature: signature, oauth_timestamp: time, oauth_nonce: nonce, ...others } = given;
  const { oauth_consumer_key: _, oauth_token: token, oauth_signature_method: __, ...oauthParameters } = others;
  if (token !== undefined && secrets[token] === undefined) return null;
  const expected = signOAuthRequest(
    {
      method: request.method,
      url: `${provider}${request.path}?${request.query}`,
      parameters: Object.fromEntries(request.form),
      consumer: printer,
      token: token === undefined ? null : { key: token, secret: secrets[token]! },
      oauthParameters,
    },
    () => Number(time),
    nonce,
  );
  return expected.oauth_signature === signature ? given : null;
}

describe("OAuthMixin", () => {
  it("logs a visitor in, with every request signed", async () => {
    const response = await logIn(client);

    expect(response.json()).toEqual({
      name: "Ada",
      access_token: { key: "access", secret: "access secret", screen_name: "ada" },
    });
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /request-token",
      "GET /authorize",
      "POST /access-token",
      "GET /me",
      "POST /me",
    ]);
    expect(asked[0]!.query.get("scope")).toBe("a b");
  });

  it.each<[string, (path: string) => string, RegExp]>([
    ["another token", (path) => path.replace(/oauth_token=[^&]+/, "oauth_token=another"), /another log-in/],
    ["two tokens", (path) => `${path}&oauth_token=another`, /more than one/],
    ["no verifier", (path) => path.replace(/&oauth_verifier=\w+/, ""), /oauth_verifier/],
    ["a refusal", (path) => path.replace(/oauth_token=([^&]+).*/, "denied=$1"), /refused/],
  ])("refuses an answer with %s", async (_, change, message) => {
    const path = await visit(await leave(client));

    await refused(change(path), 403, message);

    expect(asked.some((request) => request.path === "/access-token")).toBe(false);
  });

  it("refuses the answer of another browser, and one that came before", async () => {
    const path = await visit(await leave(client));
    await client.fetch(path);
    await refused(path, 403, /no log-in/);
    const attackers = await visit(await leave(client));
    client.cookies.clear();
    await refused(attackers, 403, /no log-in/);
  });

  it("refuses a provider that does not confirm the callback (OAuth 1.0)", async () => {
    overrides["/request-token"] = () => ({ text: "oauth_token=a&oauth_token_secret=b" });

    await refused("/login", 502, /confirm/);
  });

  it.each<[string, string, RegExp]>([
    ["/request-token", "oauth_callback_confirmed=true", /no token/],
    ["/access-token", "nothing", /no token/],
    ["/access-token", "oauth_token=access&oauth_token_secret=access+secret&screen_name=nobody", /no owner/],
  ])("says so when %s answers %j", async (path, text, message) => {
    overrides[path] = () => ({ text });
    const start = path === "/request-token" ? "/login" : await visit(await leave(client));

    await refused(start, message.source === "no owner" ? 403 : 502, message);
  });

  it.each(["/request-token", "/access-token", "/me"])("says 502 when %s fails", async (path) => {
    overrides[path] = () => ({ status: 401, text: "access secret" });
    const start = path === "/request-token" ? "/login" : await visit(await leave(client));

    await refused(start, 502, /answered 401/);
  });

  async function refused(path: string, status: number, message: RegExp): Promise<void> {
    using _log = expectLog("tornado.general", message);
    expect((await client.fetch(path)).code).toBe(status);
  }
});
