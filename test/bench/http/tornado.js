/** Ours, with the whole lifecycle, Tornado's default headers and the SHA-1 ETag; the access log is off, as with the others. */

import { Application } from "tornado/web";
import { routes } from "./handlers.js";
import { pageFolder, ready, staticFolder } from "./serve.js";

const app = new Application(routes, { staticPath: staticFolder, templatePath: pageFolder, logFunction: () => {} });
const server = await app.listen(0, { address: "127.0.0.1" });
ready(server.port);
