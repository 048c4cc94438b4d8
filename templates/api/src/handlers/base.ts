import { reasonPhrase } from "tornado/httputil";
import { HTTPError, RequestHandler } from "tornado/web";

/** What all handlers of this API share. */
export class BaseHandler<Kwargs extends object = object> extends RequestHandler<Kwargs> {
  /** Answers every error as JSON. What an `HTTPError` says is for the client; what any other error says is not. */
  override writeError(status: number, { error }: { error?: Error | undefined } = {}): void {
    const message = error instanceof HTTPError ? error.logMessage : null;
    this.write({ error: message ?? reasonPhrase(status) });
  }
}

/** Answers a URL that no route knows. */
export class NotFoundHandler extends BaseHandler {
  override prepare(): void {
    throw new HTTPError(404, `There is nothing at ${this.request.path}.`);
  }
}
