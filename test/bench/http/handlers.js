/** Our handlers, for the benchmark over sockets and for the one without: both must measure the same. */

import { RequestHandler } from "tornado/web";
import { greeting, page, record } from "./serve.js";

class Hello extends RequestHandler {
  get() {
    this.write(greeting);
  }
}

class Json extends RequestHandler {
  get() {
    this.write(record());
  }
}

class Post extends RequestHandler {
  get({ user, post }) {
    this.write(`${user} ${post}`);
  }
}

class Form extends RequestHandler {
  post() {
    this.write(this.getBodyArgument("name"));
  }
}

class Page extends RequestHandler {
  get() {
    this.render("stories.html", page());
  }
}

/** The routes that all servers of the benchmark have, but for the static files. */
export const routes = [
  ["/", Hello],
  ["/json", Json],
  ["/users/:user/posts/:post", Post],
  ["/form", Form],
  ["/page", Page],
];
