/** Tests of apps: a running app with a client, expected log lines, free ports. */

export { bindUnusedPort, type UnusedPort } from "./bind-unused-port.js";
export { CookieJar } from "./cookie-jar.js";
export { ExpectedLog, type ExpectLogOptions, expectLog } from "./expect-log.js";
export { HTTPResponse } from "./http-response.js";
export type { FetchOptions } from "./send-request.js";
export { type TestAppOptions, TestClient, testApp } from "./test-app.js";
export type { TestHooks } from "./test-hooks.js";
