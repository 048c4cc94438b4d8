/** Logs visitors in by any provider of OpenID Connect, over openid-client: discovery, signed ID tokens, nonce. */

import type { ClientAuth, Configuration, CustomFetchOptions, IDToken } from "openid-client";
import type { AsyncHTTPClient } from "../httpclient/http-client.js";
import { HTTPClientError } from "../httpclient/http-response.js";
import { AuthError, providerError } from "./auth-error.js";
import type { HandlerConstructor, Mixed } from "./handler-constructor.js";
import { beginLoginFlow, codeChallenge, endLoginFlow, singleArgument } from "./login-flow.js";
import { providerSetting } from "./oauth-settings.js";
import { type AuthorizeRedirectOptions, type OAuth2Client, OAuth2Mixin, type OAuth2Tokens } from "./oauth2-mixin.js";

/** A provider, and what it knows the app by. */
export interface OpenIDProvider {
  /** What `iss` of its tokens says; its description is found below it, at `/.well-known/openid-configuration`. */
  readonly issuer: string;
  readonly key: string;
  readonly secret: string;
}

/** A visitor as the provider has signed it. */
export interface OpenIDUser {
  /** Who it is: unique with this provider, and never given to somebody else. */
  readonly sub: string;
  /** What the ID token says, checked: `email`, `name` and others, as asked for by the scope. */
  readonly claims: Readonly<Record<string, unknown>> & { readonly sub: string; readonly iss: string };
  readonly tokens: OAuth2Tokens;
}

/** What {@link OpenIDConnectMixin} adds to a handler. */
export interface OpenIDConnectHandler extends OAuth2Client {
  /** The `openidConnect` setting: `{ issuer, key, secret }`. Override it for more than one provider. */
  getOpenIDProvider(): OpenIDProvider;
  /** Sends the visitor to the provider; `openid` is always part of the scope. */
  authorizeRedirect(options: AuthorizeRedirectOptions): Promise<void>;
  /**
   * Checks the answer and the ID token: signature, issuer, audience, time, nonce.
   *
   * @throws AuthError
   */
  getAuthenticatedUser(): Promise<OpenIDUser>;
  /**
   * Asks the provider for more about a visitor.
   *
   * @throws AuthError 502, also when the answer is about somebody else.
   */
  getUserInfo(user: OpenIDUser): Promise<Record<string, unknown>>;
}

type Library = typeof import("openid-client");

interface Known {
  readonly configuration: Promise<Configuration>;
  readonly askedMs: number;
}

/** Endpoints of a provider move seldom; its keys are asked for by the library when an unknown one turns up. */
const descriptionLifetimeMs = 3_600_000;
const maxProviders = 100;
const providers = new Map<string, Known>();
const timeoutSeconds = 10;

/** Adds log-in by OpenID Connect to a class of handlers; see {@link OAuth2Mixin}. */
export function OpenIDConnectMixin<Base extends HandlerConstructor>(base: Base): Mixed<Base, OpenIDConnectHandler> {
  const Mixed = OAuth2Mixin<HandlerConstructor>(base);
  class OpenIDHandler extends Mixed implements OpenIDConnectHandler {
    #nextUrl = "/";

    override get nextUrl(): string {
      return this.#nextUrl;
    }

    getOpenIDProvider(): OpenIDProvider {
      return providerSetting(this, "openidConnect", ["issuer", "key", "secret"]);
    }

    override getOAuthClient() {
      return this.getOpenIDProvider();
    }

    override async authorizeRedirect(options: AuthorizeRedirectOptions): Promise<void> {
      const { redirectUri, scope = ["openid"], extraParams = {}, responseType = "code", pkce = true, next } = options;
      if (responseType !== "code") throw new TypeError('authorizeRedirect() knows the responseType "code" alone.');
      if (redirectUri.includes("?")) throw new TypeError("A redirectUri of OpenID Connect has no query. Use the path.");
      const provider = this.getOpenIDProvider();
      const { library, configuration } = await this.#open(provider);
      const flow = beginLoginFlow(this, {
        provider: provider.issuer,
        redirectUri,
        pkce,
        ...(next === undefined ? {} : { next }),
      });
      const url = library.buildAuthorizationUrl(configuration, {
        ...extraParams,
        redirect_uri: redirectUri,
        scope: [...new Set(["openid", ...scope])].join(" "),
        state: flow.state,
        nonce: flow.nonce,
        ...(options.clientId === undefined ? {} : { client_id: options.clientId }),
        ...(flow.codeVerifier === null
          ? {}
          : { code_challenge: codeChallenge(flow.codeVerifier), code_challenge_method: "S256" }),
      });
      this.redirect(url.href, { external: true });
    }

    async getAuthenticatedUser(): Promise<OpenIDUser> {
      const provider = this.getOpenIDProvider();
      const flow = endLoginFlow(this, provider.issuer);
      this.#nextUrl = flow.next;
      const error = singleArgument(this, "error");
      if (error !== null) throw providerError(403, error, singleArgument(this, "error_description"));
      const { library, configuration } = await this.#open(provider);
      // Not the URL of the request: a proxy may have changed it, and the provider compares.
      const url = new URL(flow.redirectUri);
      url.search = this.request.query;
      const checks = {
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        idTokenExpected: true,
        ...(flow.codeVerifier === null ? {} : { pkceCodeVerifier: flow.codeVerifier }),
      };
      const tokens = await attempt(() => library.authorizationCodeGrant(configuration, url, checks));
      const claims = tokens.claims() as IDToken;
      return { sub: claims.sub, claims, tokens: { ...tokens } as OAuth2Tokens };
    }

    async getUserInfo(user: OpenIDUser): Promise<Record<string, unknown>> {
      const { library, configuration } = await this.#open(this.getOpenIDProvider());
      return attempt(() => library.fetchUserInfo(configuration, user.tokens.access_token, user.sub));
    }

    async #open(provider: OpenIDProvider): Promise<{ library: Library; configuration: Configuration }> {
      // Loaded by the first log-in.
      const library = await import("openid-client");
      const http = this.getAuthHttpClient();
      const configuration = await attempt(() => describe(library, provider, http));
      configuration[library.customFetch] = fetchBy(http);
      return { library, configuration };
    }
  }
  return OpenIDHandler as unknown as Mixed<Base, OpenIDConnectHandler>;
}

/** Finds out what there is to know about a provider; it is kept for a while. */
function describe(library: Library, provider: OpenIDProvider, http: AsyncHTTPClient): Promise<Configuration> {
  const key = JSON.stringify([provider.issuer, provider.key, provider.secret]);
  const known = providers.get(key);
  if (known !== undefined && Date.now() - known.askedMs < descriptionLifetimeMs) return known.configuration;
  const issuer = new URL(provider.issuer);
  const execute = [library.enableNonRepudiationChecks];
  // For development and tests; anywhere else, https is what makes the description believable.
  if (issuer.protocol === "http:" && isLoopback(issuer.hostname)) execute.push(library.allowInsecureRequests);
  const configuration = library.discovery(issuer, provider.key, provider.secret, authenticate(library, provider), {
    execute,
    timeout: timeoutSeconds,
    [library.customFetch]: fetchBy(http),
  });
  providers.set(key, { configuration, askedMs: Date.now() });
  // A provider that could not be reached is asked again the next time.
  configuration.catch(() => providers.delete(key));
  for (const oldest of providers.keys()) {
    if (providers.size <= maxProviders) break;
    providers.delete(oldest);
  }
  return configuration;
}

/** Shows the secret in the form if the provider says that it takes it there, and else as every provider must take it. */
function authenticate({ ClientSecretBasic, ClientSecretPost }: Library, { secret }: OpenIDProvider): ClientAuth {
  const [post, basic] = [ClientSecretPost(secret), ClientSecretBasic(secret)];
  return (server, ...rest) => {
    const takesForm = server.token_endpoint_auth_methods_supported?.includes("client_secret_post") === true;
    (takesForm ? post : basic)(server, ...rest);
  };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}

/** Lets our client do what the library would do by `fetch`: with its limits, its proxy, and its timeouts. */
function fetchBy(http: AsyncHTTPClient): (url: string, options: CustomFetchOptions) => Promise<Response> {
  return async (url, { method, headers, body, signal }) => {
    const response = await http.fetch(url, {
      method,
      headers,
      followRedirects: false,
      raiseError: false,
      maxBodySize: 1_000_000,
      ...(body === undefined || body === null ? {} : { body: body as string | Uint8Array | URLSearchParams }),
      ...(signal === undefined ? {} : { signal }),
    });
    const content = [204, 205, 304].includes(response.code) ? null : new Uint8Array(response.body);
    return new Response(content, { status: response.code, headers: [...response.headers] });
  };
}

/** Makes an `AuthError` of what the library throws. Its causes hold tokens and whole answers, and are left out. */
async function attempt<Value>(action: () => Promise<Value>): Promise<Value> {
  try {
    return await action();
  } catch (error) {
    const { error: providerCode, error_description: description, message } = error as Record<string, unknown>;
    // A mistake in code; the library's own, about addresses that a provider gives, have a code.
    if (error instanceof TypeError && !("code" in error)) throw error;
    if (typeof providerCode === "string") throw providerError(502, providerCode, description);
    const client = clientErrorOf(error);
    if (client !== null) throw new AuthError(502, `the provider gave no answer: ${client.message}`, { cause: client });
    throw new AuthError(502, `the provider's answer is not to be trusted: ${String(message)}${reasonOf(error)}`);
  }
}

function clientErrorOf(error: unknown): HTTPClientError | null {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof HTTPClientError) return current;
  }
  return null;
}

/** The library's own errors often say what was wrong only in the next one below. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? ` (${cause.message})` : "";
}
