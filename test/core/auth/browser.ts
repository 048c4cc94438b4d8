/** A visitor who is sent to a provider and back, for the tests of log-ins. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { HTTPResponse } from "../../../src/core/testing/http-response.js";
import type { TestClient } from "../../../src/core/testing/test-app.js";
import { listen } from "../httpclient/servers.js";

/** A request that a provider got. */
export interface ProviderRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
}

/** What a provider answers with: a redirect, text as a form, or an object as JSON. */
export interface ProviderAnswer {
  readonly status?: number;
  readonly location?: string;
  readonly text?: string;
  readonly json?: unknown;
}

export type Provide = (request: ProviderRequest) => ProviderAnswer | null;

/** Runs a provider; one that answers `null` does not answer. */
export async function startProvider(provide: Provide): Promise<string> {
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    const answer = provide({
      method: request.method!,
      path: pathname,
      query: searchParams,
      form: new URLSearchParams(Buffer.concat(chunks).toString()),
      headers: request.headers,
    });
    if (answer === null) return;
    if (answer.location !== undefined) response.setHeader("Location", answer.location);
    if (answer.json !== undefined) response.setHeader("Content-Type", "application/json");
    response.statusCode = answer.status ?? (answer.location === undefined ? 200 : 302);
    response.end(answer.json === undefined ? answer.text : JSON.stringify(answer.json));
  };
  return listen(createServer((request, response) => void respond(request, response)));
}

/** Asks the app for its log-in page; gives where the visitor is sent. */
export async function leave(client: TestClient, path = "/login"): Promise<URL> {
  const response = await client.fetch(path);
  if (response.code !== 302) throw new Error(`No redirect: ${response.code} ${response.text()}`);
  return new URL(response.headers.get("Location")!);
}

/** Visits the provider; gives the path of the app that it sends the visitor back to. */
export async function visit(url: URL): Promise<string> {
  const response = await fetch(url, { redirect: "manual" });
  const back = new URL(response.headers.get("Location")!);
  return back.pathname + back.search;
}

/** The whole way. */
export async function logIn(client: TestClient, path = "/login"): Promise<HTTPResponse> {
  return client.fetch(await visit(await leave(client, path)));
}
