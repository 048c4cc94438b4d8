"""Python's Tornado, as installed: prints its port, and counts calls like the others."""

import asyncio
import logging
import sys

import tornado
import tornado.httpserver
import tornado.netutil
import tornado.web


class Any(tornado.web.RequestHandler):
    SUPPORTED_METHODS = tornado.web.RequestHandler.SUPPORTED_METHODS

    def answer(self):
        self.finish("called")

    get = head = post = delete = patch = put = options = answer


async def main():
    logging.disable(logging.CRITICAL)
    app = tornado.web.Application([(r".*", Any)])
    server = tornado.httpserver.HTTPServer(app, max_body_size=1_000_000)
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print(tornado.version, sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


sys.stdout.reconfigure(line_buffering=True)
asyncio.run(main())
