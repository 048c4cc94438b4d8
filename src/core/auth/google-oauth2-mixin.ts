/** Logs visitors in by their Google account. */

import type { HandlerConstructor, Mixed } from "./handler-constructor.js";
import { providerSetting } from "./oauth-settings.js";
import { type OAuth2Handler, OAuth2Mixin, type OAuth2Tokens, type OAuthClient } from "./oauth2-mixin.js";

/** What {@link GoogleOAuth2Mixin} adds to a handler. */
export interface GoogleOAuth2Handler extends OAuth2Handler {
  /** Where `oauth2Request` learns who the visitor is. */
  readonly oauthUserinfoUrl: string;
  /** The `googleOauth` setting: `{ key, secret }`. */
  getGoogleOAuthSettings(): OAuthClient;
  /**
   * Checks Google's answer; gives the tokens. Who the visitor is says `oauth2Request(this.oauthUserinfoUrl, { accessToken })`.
   *
   * @throws AuthError
   */
  getAuthenticatedUser(): Promise<OAuth2Tokens>;
}

/** Adds log-in by Google to a class of handlers; see {@link OAuth2Mixin}. Register the app at console.cloud.google.com. */
export function GoogleOAuth2Mixin<Base extends HandlerConstructor>(base: Base): Mixed<Base, GoogleOAuth2Handler> {
  const Mixed = OAuth2Mixin<HandlerConstructor>(base);
  class GoogleHandler extends Mixed implements GoogleOAuth2Handler {
    override readonly oauthAuthorizeUrl: string = "https://accounts.google.com/o/oauth2/v2/auth";
    override readonly oauthAccessTokenUrl: string = "https://www.googleapis.com/oauth2/v4/token";
    override readonly oauthIssuer: string | null = "https://accounts.google.com";
    readonly oauthUserinfoUrl: string = "https://www.googleapis.com/oauth2/v1/userinfo";

    getGoogleOAuthSettings(): OAuthClient {
      return providerSetting(this, "googleOauth", ["key", "secret"]);
    }

    override getOAuthClient(): OAuthClient {
      return this.getGoogleOAuthSettings();
    }

    getAuthenticatedUser(): Promise<OAuth2Tokens> {
      return this.getAccessToken();
    }
  }
  return GoogleHandler as unknown as Mixed<Base, GoogleOAuth2Handler>;
}
