/** node:http as it comes; the handler reads the body to its end, as frameworks do. */

import { createServer } from "node:http";
import { counter } from "./ready.js";

const { called, ready } = counter();
const server = createServer((request, response) => {
  const body = called();
  request.resume().on("end", () => response.end(body));
});
server.listen(0, "127.0.0.1", () => ready(server.address().port));
