/** The tests of a server once more, over the transport that stands on node:http. */

import { useTransport } from "./serve.js";

useTransport("node");
await import("./server.test.js");
await import("./hostile-requests.test.js");
await import("./request-body.test.js");
await import("./response-head.test.js");
await import("./upgrade.test.js");
await import("./drain.test.js");
await import("./listening.test.js");
await import("./server-options.test.js");
