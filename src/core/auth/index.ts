/** The front door of `tornado/auth`. */

export { AuthError, type AuthErrorOptions } from "./auth-error.js";
export { type FacebookGraphHandler, FacebookGraphMixin, type FacebookUser } from "./facebook-graph-mixin.js";
export { type GoogleOAuth2Handler, GoogleOAuth2Mixin } from "./google-oauth2-mixin.js";
export type { HandlerConstructor, Mixed } from "./handler-constructor.js";
export type { LoginFlow } from "./login-flow.js";
export {
  type OAuthAccessToken,
  type OAuthHandler,
  OAuthMixin,
  type OAuthRedirectOptions,
  type OAuthRequestOptions,
} from "./oauth-mixin.js";
export { type OAuthToken, oauthAuthorization, type SignedRequest, signOAuthRequest } from "./oauth1-signature.js";
export {
  type AuthorizationResponse,
  type AuthorizeRedirectOptions,
  type OAuth2Client,
  type OAuth2Handler,
  OAuth2Mixin,
  type OAuth2RequestOptions,
  type OAuth2Tokens,
  type OAuthClient,
} from "./oauth2-mixin.js";
export {
  type OpenIDConnectHandler,
  OpenIDConnectMixin,
  type OpenIDProvider,
  type OpenIDUser,
} from "./openid-connect-mixin.js";
export type { ProviderArguments } from "./provider-request.js";
