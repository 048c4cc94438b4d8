/** Sends one request of a test, and nothing that the test did not ask for. */

import { type IncomingMessage, request as sendHttpRequest } from "node:http";
import { HTTPHeaders, type HTTPHeadersInit } from "../http/headers.js";
import { HTTPResponse } from "./http-response.js";

/** What a test's request says. One of `body`, `form` and `json` at most. */
export interface FetchOptions {
  /** Default `GET`, or `POST` when there is something to send. */
  readonly method?: string;
  readonly headers?: HTTPHeadersInit;
  /** Sent as it is; a `FormData` as multipart/form-data, `URLSearchParams` as a form. */
  readonly body?: string | Uint8Array | URLSearchParams | FormData;
  /** Sent as a form: a list gives several values of a name. */
  readonly form?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Follows redirects within the app, at most five. Default false: a test usually wants to see them. */
  readonly followRedirects?: boolean;
  /** Gives up, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A request with its body as bytes. */
export interface PreparedRequest {
  readonly method: string;
  readonly headers: HTTPHeaders;
  readonly body: Buffer | null;
}

/** Turns what a test wrote into bytes and headers. */
export async function prepareRequest(options: FetchOptions): Promise<PreparedRequest> {
  const headers = new HTTPHeaders(options.headers);
  const encoded = await encodeBody(options);
  if (encoded?.contentType && !headers.has("Content-Type")) headers.set("Content-Type", encoded.contentType);
  const method = options.method ?? (encoded === null ? "GET" : "POST");
  return { method, headers, body: encoded?.bytes ?? null };
}

/** Sends a request on a connection of its own, and waits for the whole response. */
export function sendRequest(
  url: URL,
  target: string,
  request: PreparedRequest,
  signal?: AbortSignal,
): Promise<HTTPResponse> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | string[]> = {};
    for (const [name] of request.headers) headers[name] = request.headers.getList(name);
    const outgoing = sendHttpRequest(
      {
        host: url.hostname,
        port: url.port,
        path: target,
        method: request.method,
        headers,
        // A connection each: none is left open to keep the process alive when the test has ended.
        agent: false,
        ...(signal === undefined ? {} : { signal }),
      },
      (incoming) => readResponse(incoming, new URL(target, url).href).then(resolve, reject),
    );
    outgoing.on("error", reject);
    outgoing.end(request.body ?? undefined);
  });
}

async function readResponse(incoming: IncomingMessage, effectiveUrl: string): Promise<HTTPResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = HTTPHeaders.fromRaw(incoming.rawHeaders);
  return new HTTPResponse(incoming.statusCode!, incoming.statusMessage!, headers, Buffer.concat(chunks), effectiveUrl);
}

async function encodeBody(options: FetchOptions): Promise<{ bytes: Buffer; contentType: string | null } | null> {
  const { body, form, json } = options;
  if ([body, form, json].filter((part) => part !== undefined).length > 1) {
    throw new TypeError('fetch() takes one of "body", "form" and "json". Leave out the others.');
  }
  if (json !== undefined) return { bytes: Buffer.from(JSON.stringify(json)), contentType: "application/json" };
  if (form !== undefined) return { bytes: Buffer.from(encodeForm(form)), contentType: formType };
  if (body === undefined) return null;
  if (typeof body === "string") return { bytes: Buffer.from(body), contentType: null };
  if (body instanceof Uint8Array) return { bytes: Buffer.from(body), contentType: null };
  if (body instanceof URLSearchParams) return { bytes: Buffer.from(body.toString()), contentType: formType };
  // The platform's own encoder of multipart bodies, which is otherwise out of reach.
  const encoder = new Response(body);
  return { bytes: Buffer.from(await encoder.arrayBuffer()), contentType: encoder.headers.get("content-type") };
}

const formType = "application/x-www-form-urlencoded";

function encodeForm(form: NonNullable<FetchOptions["form"]>): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    for (const one of typeof value === "string" ? [value] : value) pairs.append(name, one);
  }
  return pairs.toString();
}
