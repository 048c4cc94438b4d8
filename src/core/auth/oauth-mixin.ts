/** Logs visitors in by a provider that speaks OAuth 1.0a (RFC 5849). */

import { urlConcat } from "../http/urls.js";
import { AsyncHTTPClient } from "../httpclient/http-client.js";
import { isEqualInConstantTime } from "../web/signed-value.js";
import { AuthError } from "./auth-error.js";
import type { HandlerConstructor, Mixed } from "./handler-constructor.js";
import { singleArgument } from "./login-flow.js";
import { type OAuthToken, oauthAuthorization, signOAuthRequest } from "./oauth1-signature.js";
import { askProvider, askProviderForJson, type ProviderArguments } from "./provider-request.js";

/** An access token, with what else the provider said about it. */
export interface OAuthAccessToken extends OAuthToken {
  readonly [name: string]: string;
}

/** How visitors are sent to the provider. */
export interface OAuthRedirectOptions {
  /** Where the provider sends them back to; `oob` shows them a code to type in. Default: the address of this request. */
  readonly callbackUri?: string;
  /** Further arguments of the request token. */
  readonly extraParams?: ProviderArguments;
}

/** How the API of a provider is asked. */
export interface OAuthRequestOptions {
  readonly accessToken: OAuthToken;
  /** Arguments of the URL. */
  readonly args?: ProviderArguments;
  /** Sends a form by POST. */
  readonly postArgs?: ProviderArguments;
}

/** What {@link OAuthMixin} adds to a handler. */
export interface OAuthHandler {
  readonly oauthRequestTokenUrl: string;
  readonly oauthAuthorizeUrl: string;
  readonly oauthAccessTokenUrl: string;
  /** Gives the key and the secret of the app. Override it. */
  oauthConsumerToken(): OAuthToken;
  /** Says who the owner of an access token is; `null` refuses. Override it. */
  oauthGetUser(accessToken: OAuthAccessToken): Promise<Record<string, unknown> | null>;
  /** Whether this request brings the provider's answer. */
  hasAuthorizationResponse(): boolean;
  /** Asks for a request token, and sends the visitor to the provider. */
  authorizeRedirect(options?: OAuthRedirectOptions): Promise<void>;
  /**
   * Checks the answer; gives the visitor, with `access_token`.
   *
   * @throws AuthError
   */
  getAuthenticatedUser(): Promise<Record<string, unknown> & { readonly access_token: OAuthAccessToken }>;
  /** The signed `oauth_` parameters of a request. */
  oauthRequestParameters(
    url: string,
    accessToken: OAuthToken,
    parameters?: ProviderArguments,
    method?: string,
  ): Record<string, string>;
  /**
   * Asks the API of the provider; gives the JSON of the answer.
   *
   * @throws AuthError 502
   */
  oauthRequest<Value = Record<string, unknown>>(url: string, options: OAuthRequestOptions): Promise<Value>;
  getAuthHttpClient(): AsyncHTTPClient;
}

const cookieName = "_oauth_request_token";
const maxAgeDays = 10 / 1440;

/**
 * Adds log-in by OAuth 1.0a to a class of handlers. OAuth 1.0 without the "a" is left out: an attacker can make a victim finish
 * the attacker's log-in (advisory 2009.1).
 */
export function OAuthMixin<Base extends HandlerConstructor>(base: Base): Mixed<Base, OAuthHandler> {
  return class extends base implements OAuthHandler {
    readonly oauthRequestTokenUrl: string = "";
    readonly oauthAuthorizeUrl: string = "";
    readonly oauthAccessTokenUrl: string = "";

    oauthConsumerToken(): OAuthToken {
      throw new TypeError(`${this.constructor.name} needs an oauthConsumerToken() that gives { key, secret }.`);
    }

    oauthGetUser(_accessToken: OAuthAccessToken): Promise<Record<string, unknown> | null> {
      throw new TypeError(`${this.constructor.name} needs an oauthGetUser() that gives the owner of an access token.`);
    }

    hasAuthorizationResponse(): boolean {
      return ["oauth_token", "denied"].some((name) => this.request.queryArguments.has(name));
    }

    async authorizeRedirect(options: OAuthRedirectOptions = {}): Promise<void> {
      const { callbackUri = this.request.fullUrl(), extraParams = {} } = options;
      const answer = await this.#askForToken(this.oauthRequestTokenUrl, extraParams, { oauth_callback: callbackUri });
      if (answer.get("oauth_callback_confirmed") !== "true") {
        throw new AuthError(502, "the provider does not confirm the callback, as OAuth 1.0a wants it");
      }
      const token = tokenOf(answer);
      this.setSignedCookie(cookieName, JSON.stringify(token), { ...this.#attributes(), expiresDays: maxAgeDays });
      this.redirect(urlConcat(this.oauthAuthorizeUrl, { oauth_token: token.key }), { external: true });
    }

    async getAuthenticatedUser(): Promise<Record<string, unknown> & { readonly access_token: OAuthAccessToken }> {
      const requestToken = this.#takeRequestToken();
      const verifier = singleArgument(this, "oauth_verifier");
      if (verifier === null) throw new AuthError(403, "the answer has no oauth_verifier: the visitor has refused");
      const answer = await this.#askForToken(
        this.oauthAccessTokenUrl,
        {},
        { oauth_verifier: verifier.trim() },
        requestToken,
      );
      const { oauth_token: _, oauth_token_secret: __, ...others } = Object.fromEntries(answer);
      const accessToken: OAuthAccessToken = { ...others, ...tokenOf(answer) };
      const user = await this.oauthGetUser(accessToken);
      if (user === null) throw new AuthError(403, "the provider knows no owner of the access token");
      return { ...user, access_token: accessToken };
    }

    oauthRequestParameters(
      url: string,
      accessToken: OAuthToken,
      parameters: ProviderArguments = {},
      method = "GET",
    ): Record<string, string> {
      const consumer = this.oauthConsumerToken();
      return signOAuthRequest({ method, url, parameters, consumer, token: accessToken });
    }

    async oauthRequest<Value>(url: string, options: OAuthRequestOptions): Promise<Value> {
      const { accessToken, args = {}, postArgs } = options;
      const asked = urlConcat(url, args);
      const method = postArgs === undefined ? "GET" : "POST";
      const signed = this.oauthRequestParameters(asked, accessToken, postArgs, method);
      const answer = await askProviderForJson(this.getAuthHttpClient(), asked, {
        method,
        headers: { Authorization: oauthAuthorization(signed) },
        ...(postArgs === undefined ? {} : { body: new URLSearchParams(postArgs) }),
      });
      return answer as Value;
    }

    getAuthHttpClient(): AsyncHTTPClient {
      return new AsyncHTTPClient();
    }

    async #askForToken(
      url: string,
      args: ProviderArguments,
      oauthParameters: ProviderArguments,
      token: OAuthToken | null = null,
    ): Promise<URLSearchParams> {
      const asked = urlConcat(url, args);
      const consumer = this.oauthConsumerToken();
      const signed = signOAuthRequest({ method: "POST", url: asked, consumer, token, oauthParameters });
      const headers = { Authorization: oauthAuthorization(signed) };
      const response = await askProvider(this.getAuthHttpClient(), asked, { method: "POST", body: "", headers });
      return new URLSearchParams(response.text());
    }

    /** The one that this browser was sent away with; it counts once. */
    #takeRequestToken(): OAuthToken {
      const kept = this.getSignedCookie(cookieName, { maxAgeDays, minVersion: 2 });
      if (kept === null) throw new AuthError(403, "this browser has begun no log-in in the last minutes");
      this.clearCookie(cookieName, this.#attributes());
      const token = JSON.parse(kept.toString()) as OAuthToken;
      const answered = singleArgument(this, "oauth_token") ?? singleArgument(this, "denied") ?? "";
      if (!isEqualInConstantTime(Buffer.from(token.key), Buffer.from(answered))) {
        throw new AuthError(403, "the answer belongs to another log-in");
      }
      return token;
    }

    #attributes() {
      return { httpOnly: true, secure: this.request.protocol === "https" };
    }
  };
}

function tokenOf(answer: URLSearchParams): OAuthToken {
  const [key, secret] = [answer.get("oauth_token"), answer.get("oauth_token_secret")];
  if (!key || secret === null) throw new AuthError(502, "the provider gave no token");
  return { key, secret };
}
