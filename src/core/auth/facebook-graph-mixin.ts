/** Logs visitors in by their Facebook account, and asks Facebook's Graph API. */

import { createHmac } from "node:crypto";
import type { HandlerConstructor, Mixed } from "./handler-constructor.js";
import { type OAuth2Handler, OAuth2Mixin, type OAuth2RequestOptions, type OAuthClient } from "./oauth2-mixin.js";
import type { ProviderArguments } from "./provider-request.js";

/** A person as Facebook describes them, in its words. Fields that they do not share are missing. */
export interface FacebookUser {
  readonly id: string;
  readonly name?: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly locale?: string;
  readonly picture?: unknown;
  readonly link?: string;
  readonly access_token: string;
  /** Seconds until the token ends, as text. */
  readonly session_expires: string;
  readonly [name: string]: unknown;
}

/** What {@link FacebookGraphMixin} adds to a handler. */
export interface FacebookGraphHandler extends OAuth2Handler {
  readonly facebookBaseUrl: string;
  /**
   * Checks Facebook's answer; gives the visitor.
   *
   * @param options.extraFields - Fields besides id, name, first_name, last_name, locale, picture and link.
   * @throws AuthError
   */
  getAuthenticatedUser(options?: { readonly extraFields?: readonly string[] }): Promise<FacebookUser>;
  /**
   * Asks the Graph API for a path such as `/me/feed`; with an access token, the proof that it is ours goes along.
   *
   * @throws AuthError 502
   */
  facebookRequest<Value = Record<string, unknown>>(path: string, options?: OAuth2RequestOptions): Promise<Value>;
}

const fields = ["id", "name", "first_name", "last_name", "locale", "picture", "link"];

/** Adds log-in by Facebook to a class of handlers; see {@link OAuth2Mixin}. The settings are `facebookApiKey` and `facebookSecret`. */
export function FacebookGraphMixin<Base extends HandlerConstructor>(base: Base): Mixed<Base, FacebookGraphHandler> {
  const Mixed = OAuth2Mixin<HandlerConstructor>(base);
  class FacebookHandler extends Mixed implements FacebookGraphHandler {
    override readonly oauthAuthorizeUrl: string = "https://www.facebook.com/dialog/oauth";
    override readonly oauthAccessTokenUrl: string = "https://graph.facebook.com/oauth/access_token";
    readonly facebookBaseUrl: string = "https://graph.facebook.com";

    override getOAuthClient(): OAuthClient {
      for (const name of ["facebookApiKey", "facebookSecret"]) this.requireSetting(name, "FacebookGraphMixin");
      return { key: String(this.settings.facebookApiKey), secret: String(this.settings.facebookSecret) };
    }

    async getAuthenticatedUser(options: { readonly extraFields?: readonly string[] } = {}): Promise<FacebookUser> {
      const { access_token: accessToken, expires_in: seconds } = await this.getAccessToken();
      const wanted = [...new Set([...fields, ...(options.extraFields ?? [])])].join(",");
      const user = await this.facebookRequest<FacebookUser>("/me", { accessToken, args: { fields: wanted } });
      return { ...user, access_token: accessToken, session_expires: String(seconds ?? "") };
    }

    facebookRequest<Value>(path: string, options: OAuth2RequestOptions = {}): Promise<Value> {
      const { accessToken, args = {} } = options;
      // A token that was stolen is of no use without the app's secret.
      const proof: ProviderArguments =
        accessToken === undefined ? {} : { appsecret_proof: proofOf(accessToken, this.getOAuthClient()) };
      return this.oauth2Request<Value>(this.facebookBaseUrl + path, { ...options, args: { ...args, ...proof } });
    }
  }
  return FacebookHandler as unknown as Mixed<Base, FacebookGraphHandler>;
}

function proofOf(accessToken: string, { secret }: OAuthClient): string {
  return createHmac("sha256", secret).update(accessToken).digest("hex");
}
