import { reasonPhrase } from "tornado/httputil";
import { HTTPError, RequestHandler } from "tornado/web";
import type { ChatApplication } from "../chat-application.js";
import { signedName } from "../user.js";

/** What all handlers of this app share. */
export class BaseHandler extends RequestHandler<object, ChatApplication> {
  /** Becomes `currentUser`, here and in templates. */
  override getCurrentUser(): string | null {
    return signedName(this);
  }

  /** Answers every error with a page that looks like the others. */
  override writeError(status: number): void | Promise<void> {
    return this.render("error.html", { status, reason: reasonPhrase(status) });
  }
}

/** Answers a URL that no route knows. */
export class NotFoundHandler extends BaseHandler {
  override prepare(): void {
    throw new HTTPError(404);
  }
}
