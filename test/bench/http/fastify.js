/** Fastify with the plugins that its documentation names for forms and files. */

import formbody from "@fastify/formbody";
import files from "@fastify/static";
import { Eta } from "eta";
import Fastify from "fastify";
import { greeting, page, ready, record, staticFolder, viewFolder } from "./serve.js";

const eta = new Eta({ views: viewFolder, cache: true });
const app = Fastify();
await app.register(formbody);
await app.register(files, { root: staticFolder, prefix: "/static/" });
app.get("/", (_request, reply) => reply.type("text/html; charset=UTF-8").send(greeting));
app.get("/json", () => record());
app.get("/users/:user/posts/:post", (request) => `${request.params.user} ${request.params.post}`);
app.get("/page", (_request, reply) => reply.type("text/html; charset=UTF-8").send(eta.render("./stories", page())));
app.post("/form", (request) => request.body.name);
await app.listen({ port: 0, host: "127.0.0.1" });
ready(app.server.address().port);
