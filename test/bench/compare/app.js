/** The same small app as app.py: compare-with-tornado.js sends both the same bytes. */

import {
  Application,
  addslash,
  authenticated,
  ErrorHandler,
  Finish,
  HTTPError,
  RedirectHandler,
  RequestHandler,
  removeslash,
  StaticFileHandler,
  streamRequestBody,
} from "tornado/web";

export const cookieSecret = "It's a secret to everybody, and long enough to be one";

class Base extends RequestHandler {
  getCurrentUser() {
    return this.getSignedCookie("user");
  }
}

/** Makes a handler of its methods. */
function handler(methods) {
  const Made = class extends Base {};
  Object.assign(Made.prototype, methods);
  return Made;
}

const sorted = (map, show) =>
  Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, values]) => [name, show(values)]));

function allArguments() {
  this.write({
    last: this.getArgument("a", "none"),
    all: this.getArguments("a"),
    raw: this.getArguments("a", { strip: false }),
    query: this.getQueryArguments("a"),
    body: this.getBodyArguments("a"),
    needed: this.getArgument("need"),
  });
}

function member() {
  this.write("member");
}

function slash() {
  this.write("slash");
}

const Stream = handler({
  prepare() {
    this.received = 0;
  },
  dataReceived(chunk) {
    this.received += chunk.length;
  },
  post() {
    this.write(String(this.received));
  },
});
streamRequestBody(Stream);

const routes = {
  "/hello": {
    get() {
      this.write("hello");
    },
  },
  "/empty": { get() {}, post() {} },
  "/arguments": { get: allArguments, post: allArguments },
  "/names": {
    post() {
      const { bodyArguments, files } = this.request;
      const file = ({ filename, contentType, body }) => [filename, contentType, body.toString("latin1")];
      this.write({
        body: sorted(bodyArguments, (values) => values.map((value) => value.toString("latin1"))),
        files: sorted(files, (given) => given.map(file)),
      });
    },
  },
  "/positional/([^/]*)/(\\d+)?": {
    get(...path) {
      this.write({ path });
    },
  },
  "/status/(\\d+)": {
    get(code) {
      this.setStatus(Number(code));
    },
  },
  "/reason": {
    get() {
      this.setStatus(200, this.getArgument("reason", "Fine", { strip: false }));
    },
  },
  "/raise/(\\d+)": {
    get(code) {
      this.setHeader("X-Lost", "1");
      this.setCookie("kept", "1", { sameSite: null });
      this.write("lost");
      throw new HTTPError(Number(code), "for the log", { reason: this.getArgument("reason", undefined) });
    },
  },
  "/crash": {
    get() {
      throw new Error("boom");
    },
  },
  "/cookies": {
    get() {
      this.write(sorted(this.cookies, (value) => value));
    },
  },
  "/set-cookie": {
    get() {
      this.setCookie("a", this.getArgument("value", "1", { strip: false }), { sameSite: null });
      this.setCookie("b", "first");
      const attributes = { domain: "example.com", path: "/x", secure: true, httpOnly: true };
      this.setCookie("b", "2", { ...attributes, sameSite: "Strict", maxAge: 60 });
      this.setCookie("c", "3", { expires: new Date(Date.UTC(2030, 0, 2, 3, 4, 5)), sameSite: null });
    },
  },
  "/signed": {
    get() {
      const user = this.getSignedCookie("user")?.toString() ?? null;
      this.write({ user, version: this.getSignedCookieKeyVersion("user") });
    },
  },
  "/headers": {
    get() {
      this.setHeader("X-Number", 42);
      this.setHeader("X-Date", new Date(Date.UTC(2020, 0, 2, 3, 4, 5)));
      this.addHeader("X-Twice", "1");
      this.addHeader("X-Twice", "2");
      this.setHeader("X-Empty", "");
      this.clearHeader("Content-Type");
    },
  },
  "/redirect": {
    get() {
      const permanent = this.getArgument("permanent", "") === "1";
      return this.redirect(this.getArgument("to", "/hello?a=b c"), { permanent, external: true });
    },
  },
  "/flushed": {
    async get() {
      this.write("one ");
      await this.flush();
      this.write("two");
      await this.flush();
      this.finish(" three");
    },
  },
  "/early": {
    prepare() {
      this.finish("prepared");
    },
    get() {},
    post() {},
  },
  "/quiet": {
    get() {
      this.setStatus(202);
      this.write("so far");
      throw new Finish();
    },
  },
  "/no-etag": {
    get() {
      this.write("body");
    },
    computeEtag: () => null,
  },
  "/member": { get: authenticated(member), post: authenticated(member) },
  "/slash/?": { get: addslash(slash), post: addslash(slash) },
  "/no-slash(/*)": {
    get: removeslash(function get() {
      this.write("no slash");
    }),
  },
  "/xsrf": {
    prepare() {
      if (this.request.method === "POST") this.checkXsrfCookie();
    },
    post() {
      this.write("meant");
    },
  },
  "/language": {
    get() {
      this.write(this.getBrowserLocale().code);
    },
  },
  "/inspect": {
    get() {
      const { method, uri, path, query, version, host, hostName, protocol, remoteIp } = this.request;
      this.write({ method, uri, path, query, version, host: host.split(":")[0], hostName, protocol, remoteIp });
    },
  },
  "/json": {
    get() {
      this.write({ list: [1, 2, 3], text: "</script>é" });
    },
  },
  "/compressed": {
    get() {
      this.write("x".repeat(3000));
    },
  },
};

/** @param {string} path - The folder of the static files. */
export function makeApp(path) {
  const settings = {
    staticPath: path,
    cookieSecret,
    loginUrl: "/login",
    compressResponse: true,
    logFunction: () => {},
  };
  return new Application(
    [
      ...Object.entries(routes).map(([pattern, methods]) => [pattern, handler(methods)]),
      ["/stream", Stream],
      ["/moved/(.*)", RedirectHandler, { url: "/to/{0}" }],
      ["/error", ErrorHandler, { statusCode: 418 }],
      ["/files/(.*)", StaticFileHandler, { path, defaultFilename: "index.html" }],
    ],
    settings,
  );
}
