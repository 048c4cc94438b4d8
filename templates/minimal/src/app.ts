import { Application, RequestHandler } from "tornado/web";

class HelloHandler extends RequestHandler {
  get() {
    this.write("Hello, world\n");
  }
}

export function makeApp({ debug }: { debug: boolean }): Application {
  return new Application([["/", HelloHandler]], { debug, cookieSecret: process.env.COOKIE_SECRET });
}
