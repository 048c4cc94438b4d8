/** Asks a provider for something, and says so when it does not give it. */

import type { AsyncHTTPClient } from "../httpclient/http-client.js";
import type { HTTPRequestOptions } from "../httpclient/http-request.js";
import { HTTPClientError, type HTTPResponse } from "../httpclient/http-response.js";
import { AuthError, providerError } from "./auth-error.js";

/** Arguments of a URL or a form. */
export type ProviderArguments = Readonly<Record<string, string>>;

/** No answer of a provider is longer. */
const maxAnswerBytes = 1_000_000;

/**
 * Sends a request; gives its response of success.
 *
 * @throws AuthError 502, with the provider's own code if it gave one. The body is in no message: it may hold tokens.
 */
export async function askProvider(
  http: AsyncHTTPClient,
  url: string,
  options: HTTPRequestOptions,
): Promise<HTTPResponse> {
  let response: HTTPResponse;
  try {
    // A token endpoint has no reason to send us, with our secrets, somewhere else.
    const limits = { maxBodySize: maxAnswerBytes, followRedirects: false, raiseError: false };
    response = await http.fetch(url, { ...options, ...limits });
  } catch (error) {
    if (!(error instanceof HTTPClientError)) throw error;
    throw new AuthError(502, `the provider gave no answer: ${error.message}`, { cause: error });
  }
  if (response.error === null) return response;
  const { error, error_description: description } = jsonObject(response) ?? {};
  if (typeof error === "string") throw providerError(502, error, description);
  // Facebook's: { "error": { "message", "type", "code" } }.
  const nested = (typeof error === "object" && error !== null ? error : {}) as { type?: unknown; message?: unknown };
  if (typeof nested.type === "string") throw providerError(502, nested.type, nested.message);
  throw new AuthError(502, `the provider answered ${response.code} to a request to ${new URL(url).host}`);
}

/** As `askProvider`, for an answer that is a JSON object. */
export async function askProviderForJson(
  http: AsyncHTTPClient,
  url: string,
  options: HTTPRequestOptions,
): Promise<Record<string, unknown>> {
  const response = await askProvider(http, url, options);
  const object = jsonObject(response);
  if (object === null) throw new AuthError(502, `the answer of ${new URL(url).host} is no JSON object`);
  // GitHub says 200 to a code that it does not know.
  if (typeof object.error === "string") throw providerError(502, object.error, object.error_description);
  return object;
}

function jsonObject(response: HTTPResponse): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(response.text());
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    // Not JSON, which the caller says in its own words.
    return null;
  }
}
