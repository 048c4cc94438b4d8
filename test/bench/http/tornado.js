/** Ours, with the whole lifecycle, Tornado's default headers and the SHA-1 ETag; the access log is off, as with the others. */

import { Application, RequestHandler } from "tornado/web";
import { greeting, page, pageFolder, ready, record, staticFolder } from "./serve.js";

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

const app = new Application(
  [
    ["/", Hello],
    ["/json", Json],
    ["/users/:user/posts/:post", Post],
    ["/form", Form],
    ["/page", Page],
  ],
  { staticPath: staticFolder, templatePath: pageFolder, logFunction: () => {} },
);
const server = await app.listen(0, { address: "127.0.0.1" });
ready(server.port);
