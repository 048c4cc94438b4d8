"""Python's Tornado, in one process, with the answers of the other servers and no access log. Prints its port."""

import os
import sys
import types

import tornado.ioloop
import tornado.netutil
import tornado.httpserver
import tornado.web

GREETING = "Hello, world"
STATIC_FOLDER, PAGE_FOLDER = sys.argv[1:]
STORIES = [
    types.SimpleNamespace(
        id=1000 + index,
        title=f"Notes & queries, part <{index}>" if index % 5 == 0 else f"A story of the analytical engine, part {index}",
        author="Ada Lovelace" if index % 2 == 0 else "Charles Babbage",
        points=3 * index,
        isNew=index % 7 == 0,
    )
    for index in range(75)
]


class Hello(tornado.web.RequestHandler):
    def get(self):
        self.write(GREETING)


class Json(tornado.web.RequestHandler):
    def get(self):
        self.write({"id": 42, "name": "Ada Lovelace", "tags": ["mathematics", "engines"], "active": True})


class Post(tornado.web.RequestHandler):
    def get(self, user, post):
        self.write(f"{user} {post}")


class Form(tornado.web.RequestHandler):
    def post(self):
        self.write(self.get_body_argument("name"))


class Page(tornado.web.RequestHandler):
    def get(self):
        self.render("stories.html", title="Stories & notes", visitor="somebody", stories=STORIES)


application = tornado.web.Application(
    [
        (r"/", Hello),
        (r"/json", Json),
        (r"/users/([^/]+)/posts/([^/]+)", Post),
        (r"/form", Form),
        (r"/page", Page),
    ],
    static_path=STATIC_FOLDER,
    template_path=PAGE_FOLDER,
    log_function=lambda handler: None,
)
sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
tornado.httpserver.HTTPServer(application).add_sockets(sockets)
print(sockets[0].getsockname()[1], flush=True)
tornado.ioloop.IOLoop.current().start()
