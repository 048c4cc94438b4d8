import { ChatApplication } from "./chat-application.js";
import { NotFoundHandler } from "./handlers/base.js";
import { Message } from "./modules/message.js";
import { routes } from "./routes.js";

export function makeApp({ debug }: { debug: boolean }): ChatApplication {
  const cookieSecret = process.env.COOKIE_SECRET;
  if (!cookieSecret) throw new Error("COOKIE_SECRET is not set. Put one into .env, as .env.example shows.");

  return new ChatApplication(routes, {
    debug,
    templatePath: "templates",
    staticPath: "static",
    cookieSecret,
    xsrfCookies: true,
    uiModules: { Message },
    defaultHandlerClass: NotFoundHandler,
    // A line of chat is short, and a connection that says nothing may be dead.
    websocketMaxMessageSize: 10_000,
    websocketPingInterval: 30,
  });
}
