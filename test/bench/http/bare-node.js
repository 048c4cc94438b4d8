/** The floor: node:http with no framework, and no more than each answer needs; its page is rendered by Eta. */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { Eta } from "eta";
import { greeting, page, ready, record, staticFolder, viewFolder } from "./serve.js";

const eta = new Eta({ views: viewFolder, cache: true });
const server = createServer((request, response) => {
  if (request.url === "/json") {
    response.setHeader("Content-Type", "application/json; charset=UTF-8");
    response.end(JSON.stringify(record()));
  } else if (request.url.startsWith("/users/")) {
    const [, , user, , post] = request.url.split("/");
    response.end(`${user} ${post}`);
  } else if (request.url === "/form") {
    let body = "";
    request.setEncoding("utf8").on("data", (text) => {
      body += text;
    });
    request.on("end", () => response.end(new URLSearchParams(body).get("name")));
  } else if (request.url === "/page") {
    response.setHeader("Content-Type", "text/html; charset=UTF-8");
    response.end(eta.render("./stories", page()));
  } else if (request.url === "/nowhere") {
    response.statusCode = 404;
    response.end("404: Not Found");
  } else if (request.url.startsWith("/static/")) {
    const path = join(staticFolder, "100k.js");
    response.setHeader("Content-Length", statSync(path).size);
    createReadStream(path).pipe(response);
  } else {
    response.setHeader("Content-Type", "text/html; charset=UTF-8");
    response.end(greeting);
  }
});
server.listen(0, "127.0.0.1", () => ready(server.address().port));
