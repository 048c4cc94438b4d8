import { reasonPhrase } from "tornado/httputil";
import { HTTPError, RequestHandler } from "tornado/web";
import type { TodoList } from "../todo-list.js";

export interface Resources {
  readonly list: TodoList;
}

/** What all handlers of this app share. */
export class BaseHandler<Kwargs extends object = object> extends RequestHandler<Kwargs> {
  /** Answers every error with a page that looks like the others. */
  override writeError(status: number): void | Promise<void> {
    return this.render("error.html", { status, reason: reasonPhrase(status) });
  }
}

/** What the handlers of the list share. */
export class ListBaseHandler extends BaseHandler<Resources> {
  protected list!: TodoList;

  override initialize({ list }: Resources): void {
    this.list = list;
  }

  /** @throws HTTPError 404 for an entry that somebody has removed. */
  protected requireEntry(id: string): void {
    if (!this.list.has(id)) throw new HTTPError(404);
  }
}

/** Answers a URL that no route knows. */
export class NotFoundHandler extends BaseHandler {
  override prepare(): void {
    throw new HTTPError(404);
  }
}
