import { Application } from "tornado/web";
import { NotFoundHandler } from "./handlers/base.js";
import { Notes } from "./notes.js";
import { routes } from "./routes.js";

export function makeApp({ debug }: { debug: boolean }): Application {
  // Made once in each process, and handed to the handlers that need it.
  const notes = new Notes();
  return new Application(routes({ notes }), { debug, defaultHandlerClass: NotFoundHandler });
}
