/** The front door of `tornado/websocket`: handlers of WebSockets, and a client. */

// A client.
export { type MessageCallback, WebSocketClientConnection } from "./client-connection.js";
// Handlers.
export type { WebSocketCompressionOptions } from "./compression.js";
export type { OutgoingMessage, WriteMessageOptions } from "./connection.js";
// Errors of both.
export { WebSocketClosedError, WebSocketError } from "./errors.js";
export { type WebSocketConnectOptions, type WebSocketRequest, websocketConnect } from "./websocket-connect.js";
export { WebSocketHandler } from "./websocket-handler.js";
