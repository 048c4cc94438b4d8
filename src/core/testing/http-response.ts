/** A response as a test looks at it. */

import type { HTTPHeaders } from "../http/headers.js";

/** A response that has arrived to its end. */
export class HTTPResponse {
  readonly code: number;
  readonly reason: string;
  readonly headers: HTTPHeaders;
  /** The bytes as sent: nothing is decompressed. */
  readonly body: Buffer;
  /** The address that answered, which redirects may have changed. */
  readonly effectiveUrl: string;

  constructor(code: number, reason: string, headers: HTTPHeaders, body: Buffer, effectiveUrl: string) {
    this.code = code;
    this.reason = reason;
    this.headers = headers;
    this.body = body;
    this.effectiveUrl = effectiveUrl;
  }

  /** The body as UTF-8. */
  text(): string {
    return this.body.toString("utf8");
  }

  /**
   * The body read as JSON.
   *
   * @throws SyntaxError that shows the beginning of the body when it is not JSON.
   */
  json<Value = unknown>(): Value {
    try {
      return JSON.parse(this.text()) as Value;
    } catch (error) {
      const beginning = JSON.stringify(this.text().slice(0, 200));
      throw new SyntaxError(`The response ${this.code} ${this.reason} is not JSON: ${beginning}`, { cause: error });
    }
  }
}
