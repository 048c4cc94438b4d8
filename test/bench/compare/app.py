"""The same small app as app.js, for Python's Tornado: compare-with-tornado.js sends both the same bytes."""

import asyncio
import datetime
import sys

import tornado
from tornado import web

SECRET = "It's a secret to everybody, and long enough to be one"


class Base(web.RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")


class Hello(Base):
    def get(self):
        self.write("hello")


class Empty(Base):
    def get(self):
        pass

    post = get


class Arguments(Base):
    def get(self, *path):
        self.write(
            {
                "last": self.get_argument("a", "none"),
                "all": self.get_arguments("a"),
                "raw": self.get_arguments("a", strip=False),
                "query": self.get_query_arguments("a"),
                "body": self.get_body_arguments("a"),
                "needed": self.get_argument("need"),
            }
        )

    post = get


class Names(Base):
    def post(self):
        files = {
            name: [[f["filename"], f["content_type"], f["body"].decode("latin-1")] for f in given]
            for name, given in sorted(self.request.files.items())
        }
        body = {name: [v.decode("latin-1") for v in given] for name, given in sorted(self.request.body_arguments.items())}
        self.write({"body": body, "files": files})


class Positional(Base):
    def get(self, *path):
        self.write({"path": list(path)})


class Status(Base):
    def get(self, code):
        self.set_status(int(code))


class Reason(Base):
    def get(self):
        self.set_status(200, self.get_argument("reason", "Fine", strip=False))


class Raise(Base):
    def get(self, code):
        self.set_header("X-Lost", "1")
        self.set_cookie("kept", "1")
        self.write("lost")
        raise web.HTTPError(int(code), "for the log", reason=self.get_argument("reason", None))


class Crash(Base):
    def get(self):
        raise ValueError("boom")


class Cookies(Base):
    def get(self):
        self.write({name: morsel.value for name, morsel in sorted(self.cookies.items())})


class SetCookie(Base):
    def get(self):
        self.set_cookie("a", self.get_argument("value", "1", strip=False))
        self.set_cookie("b", "first")
        self.set_cookie("b", "2", domain="example.com", path="/x", secure=True, httponly=True, samesite="Strict", max_age=60)
        self.set_cookie("c", "3", expires=datetime.datetime(2030, 1, 2, 3, 4, 5))


class Signed(Base):
    def get(self):
        value = self.get_secure_cookie("user")
        self.write({"user": value.decode() if value else None, "version": self.get_secure_cookie_key_version("user")})


class Headers(Base):
    def get(self):
        self.set_header("X-Number", 42)
        self.set_header("X-Date", datetime.datetime(2020, 1, 2, 3, 4, 5))
        self.add_header("X-Twice", "1")
        self.add_header("X-Twice", "2")
        self.set_header("X-Empty", "")
        self.clear_header("Content-Type")


class Redirect(Base):
    def get(self):
        self.redirect(self.get_argument("to", "/hello?a=b c"), permanent=self.get_argument("permanent", "") == "1")


class Flushed(Base):
    async def get(self):
        self.write("one ")
        await self.flush()
        self.write("two")
        await self.flush()
        self.finish(" three")


class EarlyFinish(Base):
    def prepare(self):
        self.finish("prepared")

    def get(self):
        self.write("never")

    post = get


class Quiet(Base):
    def get(self):
        self.set_status(202)
        self.write("so far")
        raise web.Finish()


class OwnEtag(Base):
    def get(self):
        self.write("body")

    def compute_etag(self):
        return None


class Member(Base):
    @web.authenticated
    def get(self):
        self.write("member")

    @web.authenticated
    def post(self):
        self.write("member")


class Slash(Base):
    @web.addslash
    def get(self):
        self.write("slash")

    @web.addslash
    def post(self):
        self.write("slash")


class NoSlash(Base):
    @web.removeslash
    def get(self, *_):
        self.write("no slash")


class Xsrf(Base):
    def check_xsrf_cookie(self):
        super().check_xsrf_cookie()

    def prepare(self):
        if self.request.method == "POST":
            self.check_xsrf_cookie()

    def post(self):
        self.write("meant")


class Language(Base):
    def get(self):
        self.write(self.get_browser_locale().code)


class Inspect(Base):
    def get(self):
        r = self.request
        self.write(
            {
                "method": r.method,
                "uri": r.uri,
                "path": r.path,
                "query": r.query,
                "version": r.version,
                "host": r.host.split(":")[0],
                "hostName": r.host_name,
                "protocol": r.protocol,
                "remoteIp": r.remote_ip,
            }
        )


class Json(Base):
    def get(self):
        self.write({"list": [1, 2, 3], "text": "</script>é"})


@web.stream_request_body
class Stream(Base):
    def prepare(self):
        self.received = 0

    def data_received(self, chunk):
        self.received += len(chunk)

    def post(self):
        self.write(str(self.received))


class Compressed(Base):
    def get(self):
        self.write("x" * 3000)


def make(static):
    return web.Application(
        [
            (r"/hello", Hello),
            (r"/empty", Empty),
            (r"/arguments", Arguments),
            (r"/names", Names),
            (r"/positional/([^/]*)/(\d+)?", Positional),
            (r"/status/(\d+)", Status),
            (r"/reason", Reason),
            (r"/raise/(\d+)", Raise),
            (r"/crash", Crash),
            (r"/cookies", Cookies),
            (r"/set-cookie", SetCookie),
            (r"/signed", Signed),
            (r"/headers", Headers),
            (r"/redirect", Redirect),
            (r"/moved/(.*)", web.RedirectHandler, {"url": "/to/{0}"}),
            (r"/flushed", Flushed),
            (r"/early", EarlyFinish),
            (r"/quiet", Quiet),
            (r"/no-etag", OwnEtag),
            (r"/member", Member),
            (r"/slash/?", Slash),
            (r"/no-slash(/*)", NoSlash),
            (r"/xsrf", Xsrf),
            (r"/language", Language),
            (r"/inspect", Inspect),
            (r"/json", Json),
            (r"/stream", Stream),
            (r"/compressed", Compressed),
            (r"/error", web.ErrorHandler, {"status_code": 418}),
            (r"/files/(.*)", web.StaticFileHandler, {"path": static, "default_filename": "index.html"}),
        ],
        static_path=static,
        cookie_secret=SECRET,
        login_url="/login",
        compress_response=True,
        log_function=lambda handler: None,
    )


async def main():
    app = make(sys.argv[1])
    server = app.listen(0, "127.0.0.1")
    port = list(server._sockets.values())[0].getsockname()[1]
    print(port, tornado.version, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
