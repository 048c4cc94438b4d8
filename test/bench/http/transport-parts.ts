/** What `transport.js` puts together, of which the package exports only a part. */

export { HTTPHeaders } from "../../../src/core/http/headers.js";
export { HTTP1Session } from "../../../src/core/http/http1/http1-session.js";
export { RequestReader } from "../../../src/core/http/http1/request-reader.js";
export { HTTPServer } from "../../../src/core/http/server.js";
export { Application } from "../../../src/core/web/application.js";
export { RequestHandler } from "../../../src/core/web/request-handler.js";
