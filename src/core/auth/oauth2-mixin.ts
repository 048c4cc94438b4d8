/** Logs visitors in by a provider that speaks OAuth 2 (RFC 6749), with what it lacks: state and PKCE. */

import { urlConcat } from "../http/urls.js";
import { AsyncHTTPClient } from "../httpclient/http-client.js";
import { AuthError, providerError } from "./auth-error.js";
import type { HandlerConstructor, Mixed } from "./handler-constructor.js";
import { beginLoginFlow, codeChallenge, endLoginFlow, type LoginFlow, singleArgument } from "./login-flow.js";
import { askProviderForJson, type ProviderArguments } from "./provider-request.js";

/** What the provider knows the app by. */
export interface OAuthClient {
  /** The client id. */
  readonly key: string;
  readonly secret: string;
}

/** How visitors are sent to the provider. */
export interface AuthorizeRedirectOptions {
  /** Where the provider sends them back to: the absolute URL of this handler, as it is registered there. */
  readonly redirectUri: string;
  /** Default: the key of `getOAuthClient()`. */
  readonly clientId?: string;
  readonly scope?: readonly string[];
  /** Further arguments of the provider's page. */
  readonly extraParams?: ProviderArguments;
  /** Only `code`: with other answers, tokens travel through the browser. */
  readonly responseType?: "code";
  /** Where the visitor goes in the end, see `nextUrl`. Default: the `next` argument. */
  readonly next?: string;
  /** Sends a PKCE challenge (RFC 7636). Default true. */
  readonly pkce?: boolean;
}

/** What a token endpoint answers with (RFC 6749, section 5.1), in its words. */
export interface OAuth2Tokens {
  readonly access_token: string;
  readonly token_type?: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly [name: string]: unknown;
}

/** A checked answer of the provider. */
export interface AuthorizationResponse extends LoginFlow {
  readonly code: string;
}

/** How the API of a provider is asked. */
export interface OAuth2RequestOptions {
  /** Sent as `Authorization: Bearer`, and not in the URL, which is logged everywhere. */
  readonly accessToken?: string;
  /** Arguments of the URL. */
  readonly args?: ProviderArguments;
  /** Sends a form by POST. */
  readonly postArgs?: ProviderArguments;
}

/** What handlers have that talk to a provider of OAuth 2. */
export interface OAuth2Client {
  /** Where the visitor wanted to go before the log-in: a place of this site, `/` if there is none. Known with the answer. */
  readonly nextUrl: string;
  /** Whether this request brings the provider's answer, good or bad; otherwise it is time for `authorizeRedirect`. */
  hasAuthorizationResponse(): boolean;
  /**
   * Asks the API of the provider; gives the JSON of the answer.
   *
   * @throws AuthError 502
   */
  oauth2Request<Value = Record<string, unknown>>(url: string, options?: OAuth2RequestOptions): Promise<Value>;
  /** The client that asks the provider; override it for a proxy, or other limits. */
  getAuthHttpClient(): AsyncHTTPClient;
}

/** What {@link OAuth2Mixin} adds to a handler. */
export interface OAuth2Handler extends OAuth2Client {
  /** The provider's page for visitors. */
  readonly oauthAuthorizeUrl: string;
  /** The provider's token endpoint. */
  readonly oauthAccessTokenUrl: string;
  /** What the provider calls itself in the `iss` of its answers (RFC 9207); `null` if it does not. */
  readonly oauthIssuer: string | null;
  /** Gives the id and the secret of the app. Override it. */
  getOAuthClient(): OAuthClient;
  /** Sends the visitor to the provider. */
  authorizeRedirect(options: AuthorizeRedirectOptions): void | Promise<void>;
  /**
   * Checks the answer, which counts once.
   *
   * @throws AuthError 403 when this browser has not asked for it, or the visitor has refused.
   */
  getAuthorizationResponse(): AuthorizationResponse;
  /**
   * Checks the answer, and exchanges its code for tokens.
   *
   * @throws AuthError
   */
  getAccessToken(): Promise<OAuth2Tokens>;
}

/**
 * Adds log-in by OAuth 2 to a class of handlers.
 *
 * @example
 * class GitHubLogin extends OAuth2Mixin(RequestHandler) {
 *   override readonly oauthAuthorizeUrl = "https://github.com/login/oauth/authorize";
 *   override readonly oauthAccessTokenUrl = "https://github.com/login/oauth/access_token";
 *   override getOAuthClient() { return { key: "…", secret: process.env.GITHUB_SECRET! }; }
 *   async get() {
 *     if (!this.hasAuthorizationResponse()) return this.authorizeRedirect({ redirectUri: "https://app.example/login" });
 *     const { access_token } = await this.getAccessToken();
 *     const user = await this.oauth2Request<{ id: number }>("https://api.github.com/user", { accessToken: access_token });
 *     this.setSignedCookie("user", String(user.id));
 *     this.redirect(this.nextUrl);
 *   }
 * }
 */
export function OAuth2Mixin<Base extends HandlerConstructor>(base: Base): Mixed<Base, OAuth2Handler> {
  return class extends base implements OAuth2Handler {
    readonly oauthAuthorizeUrl: string = "";
    readonly oauthAccessTokenUrl: string = "";
    readonly oauthIssuer: string | null = null;
    #nextUrl = "/";

    get nextUrl(): string {
      return this.#nextUrl;
    }

    getOAuthClient(): OAuthClient {
      throw new TypeError(`${this.constructor.name} needs a getOAuthClient() that gives { key, secret }.`);
    }

    hasAuthorizationResponse(): boolean {
      return ["code", "error"].some((name) => this.request.queryArguments.has(name));
    }

    authorizeRedirect(options: AuthorizeRedirectOptions): void {
      const { redirectUri, scope = [], extraParams = {}, responseType = "code", pkce = true, next } = options;
      if (responseType !== "code") throw new TypeError('authorizeRedirect() knows the responseType "code" alone.');
      const flow = beginLoginFlow(this, {
        provider: this.oauthAuthorizeUrl,
        redirectUri,
        pkce,
        ...(next === undefined ? {} : { next }),
      });
      const args: Record<string, string> = {
        ...extraParams,
        response_type: "code",
        client_id: options.clientId ?? this.getOAuthClient().key,
        redirect_uri: redirectUri,
        state: flow.state,
      };
      if (scope.length > 0) args.scope = scope.join(" ");
      if (flow.codeVerifier !== null) {
        args.code_challenge = codeChallenge(flow.codeVerifier);
        args.code_challenge_method = "S256";
      }
      this.redirect(urlConcat(this.oauthAuthorizeUrl, args), { external: true });
    }

    getAuthorizationResponse(): AuthorizationResponse {
      const flow = endLoginFlow(this, this.oauthAuthorizeUrl);
      this.#nextUrl = flow.next;
      const issuer = singleArgument(this, "iss");
      if (issuer !== null && this.oauthIssuer !== null && issuer !== this.oauthIssuer) {
        throw new AuthError(403, `the answer is of another provider, ${JSON.stringify(issuer.slice(0, 200))}`);
      }
      const error = singleArgument(this, "error");
      if (error !== null) throw providerError(403, error, singleArgument(this, "error_description"));
      const code = singleArgument(this, "code");
      if (code === null || code === "") throw new AuthError(403, "the answer has no code");
      return { ...flow, code };
    }

    async getAccessToken(): Promise<OAuth2Tokens> {
      const { code, redirectUri, codeVerifier } = this.getAuthorizationResponse();
      const { key, secret } = this.getOAuthClient();
      const form: Record<string, string> = {
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
        client_id: key,
        client_secret: secret,
      };
      if (codeVerifier !== null) form.code_verifier = codeVerifier;
      const tokens = await askProviderForJson(this.getAuthHttpClient(), this.oauthAccessTokenUrl, {
        method: "POST",
        headers: { Accept: "application/json" },
        body: new URLSearchParams(form),
      });
      if (typeof tokens.access_token !== "string" || tokens.access_token === "") {
        throw new AuthError(502, "the provider gave no access token");
      }
      return tokens as OAuth2Tokens;
    }

    async oauth2Request<Value>(url: string, options: OAuth2RequestOptions = {}): Promise<Value> {
      const { accessToken, args = {}, postArgs } = options;
      const headers: Record<string, string> = { Accept: "application/json" };
      if (accessToken !== undefined) headers.Authorization = `Bearer ${accessToken}`;
      const answer = await askProviderForJson(this.getAuthHttpClient(), urlConcat(url, args), {
        headers,
        ...(postArgs === undefined ? {} : { method: "POST", body: new URLSearchParams(postArgs) }),
      });
      return answer as Value;
    }

    getAuthHttpClient(): AsyncHTTPClient {
      return new AsyncHTTPClient();
    }
  };
}
