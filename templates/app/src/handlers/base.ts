import { reasonPhrase } from "tornado/httputil";
import { HTTPError, RequestHandler } from "tornado/web";

/** What all handlers of this app share. */
export class BaseHandler extends RequestHandler {
  /** Becomes `currentUser`, here and in templates. The cookie's signature says that we wrote it ourselves. */
  override getCurrentUser(): string | null {
    return this.getSignedCookie("user")?.toString() ?? null;
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
