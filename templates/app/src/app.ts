import { Application } from "tornado/web";
import { NotFoundHandler } from "./handlers/base.js";
import { routes } from "./routes.js";

export function makeApp({ debug }: { debug: boolean }): Application {
  const cookieSecret = process.env.COOKIE_SECRET;
  if (!cookieSecret) throw new Error("COOKIE_SECRET is not set. Put one into .env, as .env.example shows.");

  return new Application(routes, {
    debug,
    templatePath: "templates",
    staticPath: "static",
    cookieSecret,
    xsrfCookies: true,
    loginUrl: "/sign-in",
    defaultHandlerClass: NotFoundHandler,
  });
}
