import { Application } from "tornado/web";
import { NotFoundHandler } from "./handlers/base.js";
import { Entry } from "./modules/entry.js";
import { routes } from "./routes.js";
import { TodoList } from "./todo-list.js";

export async function makeApp({ debug }: { debug: boolean }): Promise<Application> {
  const cookieSecret = process.env.COOKIE_SECRET;
  if (!cookieSecret) throw new Error("COOKIE_SECRET is not set. Put one into .env, as .env.example shows.");

  const list = await TodoList.open(process.env.TODO_FILE || "data/todo.json");
  return new Application(routes({ list }), {
    debug,
    templatePath: "templates",
    staticPath: "static",
    cookieSecret,
    xsrfCookies: true,
    uiModules: { Entry },
    defaultHandlerClass: NotFoundHandler,
  });
}
