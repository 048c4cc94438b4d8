/** `tornado generate websocket`: a handler of WebSockets, its route and its test. */

import type { GeneratedApp, Generation } from "./generation.js";
import { generateRoutedClass } from "./routed-class.js";
import { sourceExtension } from "./source-file.js";
import { thingName } from "./thing-name.js";

/** Generates a WebSocket below `/ws`, so that a page may have the same name. */
export function generateWebSocket(app: GeneratedApp, typedName: string | undefined): Generation {
  const name = thingName("websocket", typedName, "WebSocket");
  const path = `/ws/${name.path}`;
  const isTyped = /ts$/.test(sourceExtension(app));
  return generateRoutedClass(app, {
    className: name.className,
    module: `websockets/${name.path}`,
    path,
    routeName: `ws-${name.path.replaceAll("/", "-")}`,
    source: webSocketSource(name.className, path, isTyped),
    test: webSocketTest(path),
  });
}

function webSocketSource(className: string, path: string, isTyped: boolean): string {
  const method = isTyped ? "override onMessage(message: string | Buffer)" : "onMessage(message)";
  return `import { WebSocketHandler } from "tornado/websocket";

/** Talks at ${path}. */
export class ${className} extends WebSocketHandler {
  ${method} {
    return this.writeMessage(\`You said: \${message}\`);
  }
}
`;
}

function webSocketTest(path: string): string {
  return `it("answers a message at ${path}", async () => {
  await using connection = await client.websocketConnect("${path}");

  await connection.writeMessage("hello");

  expect(await connection.readMessage()).toBe("You said: hello");
});
`;
}
