/** Hono on its own server for Node. */

import { serve } from "@hono/node-server";
import { serveStatic } from "@hono/node-server/serve-static";
import { Eta } from "eta";
import { Hono } from "hono";
import { greeting, page, ready, record, staticFolder, viewFolder } from "./serve.js";

const eta = new Eta({ views: viewFolder, cache: true });
const app = new Hono();
app.get("/", (context) => context.html(greeting));
app.get("/json", (context) => context.json(record()));
app.get("/users/:user/posts/:post", (context) =>
  context.text(`${context.req.param("user")} ${context.req.param("post")}`),
);
app.get("/page", (context) => context.html(eta.render("./stories", page())));
app.post("/form", async (context) => context.text((await context.req.parseBody()).name));
app.get("/static/*", serveStatic({ root: staticFolder, rewriteRequestPath: (path) => path.replace("/static", "") }));
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => ready(port));
