/** The two ways in which a message can break HTTP: what came in, and what was to go out. */

/** What a client sent is not acceptable. A handler that lets it pass answers with its status. */
export class HTTPInputError extends Error {
  /** Status code to answer with; 400 unless the input was too large or of a kind that is not supported. */
  readonly status: number;

  constructor(message: string, options?: ErrorOptions & { readonly status?: number }) {
    super(message, options);
    this.name = "HTTPInputError";
    this.status = options?.status ?? 400;
  }
}

/** What a handler tried to send contradicts itself, such as a body longer than its `Content-Length`. */
export class HTTPOutputError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HTTPOutputError";
  }
}
