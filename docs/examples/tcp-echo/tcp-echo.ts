/**
 * Sends each line back to who has sent it, over TCP.
 *
 *     node tcp-echo.ts --port=9000
 *     node tcp-echo.ts --connect=127.0.0.1:9000 --message="Hello, world"
 */

import { splitHostAndPort } from "tornado/httputil";
import type { IOStream } from "tornado/iostream";
import { applicationLog } from "tornado/log";
import { define, parseCommandLine } from "tornado/options";
import { TCPClient } from "tornado/tcpclient";
import { TCPServer } from "tornado/tcpserver";

const port = define("port", { default: 9000, help: "port to serve on; 0 for a free one", metavar: "PORT" });
const connect = define("connect", {
  default: "",
  help: "sends a message to this server instead",
  metavar: "HOST:PORT",
});
const message = define("message", { default: "Hello, world", help: "the message", metavar: "TEXT" });

const maxLineBytes = 10_000;

class EchoServer extends TCPServer {
  override async handleStream(stream: IOStream, address: { readonly host: string }) {
    applicationLog.info(`${address.host} has come`);
    // Ends when the client leaves: reading from a stream that is closed throws an error that the server understands.
    for (;;) await stream.write(await stream.readUntil("\n", { maxBytes: maxLineBytes }));
  }
}

async function serve() {
  const server = await new EchoServer().listen(port.value, "127.0.0.1");
  applicationLog.info(`Echoes at 127.0.0.1:${server.port}`);
}

async function ask(target: string) {
  const [host, serverPort] = splitHostAndPort(target);
  if (serverPort === null) throw new Error(`--connect=${target} has no port. Write it as in 127.0.0.1:9000.`);
  const stream = await new TCPClient().connect(host, serverPort, { timeout: 5 });
  await stream.write(`${message.value}\n`);
  process.stdout.write(await stream.readUntil("\n", { maxBytes: maxLineBytes }));
  stream.close();
}

parseCommandLine();
await (connect.value === "" ? serve() : ask(connect.value));
