import { once } from "node:events";
import { type AddressInfo, connect as connectPlain, createServer, type Server, Socket } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { TimeoutError } from "../../../src/core/async/timeout-error.js";
import { IOStream, SSLIOStream } from "../../../src/core/net/iostream.js";
import { sslOptionsToContext } from "../../../src/core/net/ssl-options.js";
import { StreamClosedError } from "../../../src/core/net/stream-errors.js";
import { TCPClient } from "../../../src/core/net/tcp-client.js";
import { TCPServer } from "../../../src/core/net/tcp-server.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { certificateIn } from "../../../src/dev/certificate.js";
import { type TemporaryFolder, temporaryFolder } from "../../support/temporary-folder.js";

let folder: TemporaryFolder;
let certFile: string;
let keyFile: string;
let plain: Server | undefined;

beforeAll(async () => {
  folder = await temporaryFolder("tls");
  await certificateIn(folder.path, []);
  certFile = join(folder.path, "cert.pem");
  keyFile = join(folder.path, "key.pem");
});
afterAll(() => folder[Symbol.asyncDispose]());
afterEach(() => plain?.close());

class LineServer extends TCPServer {
  override async handleStream(stream: IOStream) {
    expect(stream).toBeInstanceOf(SSLIOStream);
    await stream.write((await stream.readUntil("\n")).toString().toUpperCase());
    stream.close();
  }
}

/** Two streams that are connected. */
async function pair(): Promise<[server: IOStream, client: IOStream]> {
  plain = createServer({ allowHalfOpen: true });
  plain.listen(0, "127.0.0.1");
  await once(plain, "listening");
  const client = new IOStream();
  const accepted = once(plain, "connection");
  await client.connect({ port: (plain.address() as AddressInfo).port, host: "127.0.0.1" });
  return [new IOStream(((await accepted) as [Socket])[0]), client];
}

describe("startTls", () => {
  it("goes on encrypted at both ends, and keeps bytes that came early", async () => {
    const [server, client] = await pair();
    const serving = (async () => {
      expect((await server.readUntil("\n")).toString()).toBe("STARTTLS\n");
      await server.write("go\n");
      // The client's first bytes of TLS are here before the server begins it.
      while (server.socket.bytesRead < 100) await new Promise((resolve) => setImmediate(resolve));
      const encrypted = await server.startTls(true, { sslOptions: { certFile, keyFile } });
      await encrypted.write((await encrypted.readBytes(5)).toString().toUpperCase());
      return encrypted;
    })();
    await client.write("STARTTLS\n");
    await client.readUntil("\n");
    const told = new Promise<void>((resolve) => client.setCloseCallback(resolve));
    const encrypted = await client.startTls(false, { sslOptions: { caCerts: certFile }, serverHostname: "localhost" });
    await encrypted.write("hello");

    expect((await encrypted.readBytes(5)).toString()).toBe("HELLO");
    expect(client.closed()).toBe(true);
    (await serving).close();
    await expect(encrypted.readBytes(1)).rejects.toBeInstanceOf(StreamClosedError);
    await told;
  });

  it("refuses a stream that is in use", async () => {
    const [server, client] = await pair();
    const reading = client.readBytes(1);

    await expect(client.startTls(false)).rejects.toMatchObject({ code: "STREAM_BUSY" });
    server.close();
    await expect(reading).rejects.toBeInstanceOf(StreamClosedError);
    await expect(client.startTls(false)).rejects.toMatchObject({ code: "STREAM_BUSY" });
  });

  it.each([
    ["a certificate of nobody's", {}, "localhost", /self-signed/],
    ["a certificate for another name", { trusted: true }, "example.org", /example\.org/],
  ])("fails with %s", async (_, { trusted }: { trusted?: boolean }, serverHostname, message) => {
    const [server, client] = await pair();
    const serving = server.startTls(true, { sslOptions: { certFile, keyFile } }).catch(() => {});
    const sslOptions = trusted === true ? { caCerts: certFile } : {};

    await expect(client.startTls(false, { sslOptions, serverHostname })).rejects.toMatchObject({
      name: "StreamClosedError",
      message: expect.stringMatching(message),
    });
    const encrypted = await serving;
    encrypted?.close();
  });

  it("fails when the other end speaks no TLS, or hangs up", async () => {
    for (const answer of ["this is no TLS\n", undefined]) {
      const [server, client] = await pair();
      const handshake = client.startTls(false, { serverHostname: "localhost" });
      if (answer === undefined) server.close();
      else void server.write(answer);

      await expect(handshake).rejects.toBeInstanceOf(StreamClosedError);
      server.close();
    }
  });

  it.each([
    ["client", 1, false],
    ["server", 0, true],
  ] as const)("gives up as the %s when the other end says nothing, and closes", async (_, end, serverSide) => {
    const streams = await pair();
    const [mute, stream] = [streams[1 - end]!, streams[end]];

    const handshake = stream.startTls(serverSide, { sslOptions: { certFile, keyFile }, timeout: 0.05 });

    await expect(handshake).rejects.toBeInstanceOf(TimeoutError);
    await mute.readUntilClose();
    mute.close();
  });

  it("fails on the server's side when the client speaks no TLS", async () => {
    const [server, client] = await pair();
    const handshake = server.startTls(true, { sslOptions: { certFile, keyFile } });
    void client.write("GET / HTTP/1.1\r\n\r\n");

    await expect(handshake).rejects.toBeInstanceOf(StreamClosedError);
    client.close();
  });
});

describe("a TCPServer with TLS", () => {
  it("is reached by SSLIOStream and by TCPClient", async () => {
    const server = await new LineServer({ sslOptions: { certFile, keyFile } }).listen(0, "127.0.0.1");
    const sslOptions = { caCerts: certFile };
    const streams = [
      await new SSLIOStream(undefined, { sslOptions }).connect({ host: "localhost", port: server.port, family: 4 }),
      await new SSLIOStream(undefined, { sslOptions }).connect(
        { host: "127.0.0.1", port: server.port },
        { serverHostname: "localhost" },
      ),
      await new TCPClient().connect("127.0.0.1", server.port, { sslOptions }),
    ];

    for (const stream of streams) {
      await stream.write("line\n");
      expect((await stream.readUntilClose()).toString()).toBe("LINE\n");
    }
    server.stop();
  });

  it("logs a client that speaks none, and serves the next", async () => {
    const server = await new LineServer({ sslOptions: { certFile, keyFile } }).listen(0, "127.0.0.1");
    const socket = connectPlain(server.port, "127.0.0.1");
    socket.on("error", () => {});
    await expectLog("tornado.general", /TLS handshake with .*127\.0\.0\.1 failed/).during(async () => {
      socket.write("GET / HTTP/1.1\r\n\r\n");
      socket.resume();
      await once(socket, "close");
    });

    const stream = await new TCPClient().connect("127.0.0.1", server.port, { sslOptions: { caCerts: certFile } });
    await stream.write("a\n");
    expect((await stream.readUntil("\n")).toString()).toBe("A\n");
    server.stop();
  });

  it.each([
    ["no certificate", () => ({}), /has? no certificate|have no certificate/],
    ["a file that is not there", () => ({ certFile: "/nowhere.pem", keyFile }), /nowhere\.pem cannot be read/],
    ["a certificate that is none", () => ({ cert: "x", key: "y" }), /are not usable/],
  ])("refuses %s", (_, sslOptions, message) => {
    const make = () => new LineServer({ sslOptions: sslOptions() });

    expect(make).toThrow(expect.objectContaining({ code: "BAD_SSL_OPTIONS", message: expect.stringMatching(message) }));
  });
});

it("makes a context that connections can share", async () => {
  const server = await new LineServer({ sslOptions: { certFile, keyFile } }).listen(0, "127.0.0.1");
  const secureContext = sslOptionsToContext({ caCerts: certFile });
  for (const line of ["a\n", "b\n"]) {
    const stream = await new TCPClient().connect("127.0.0.1", server.port, { sslOptions: { secureContext } });
    await stream.write(line);
    expect((await stream.readUntil("\n")).toString()).toBe(line.toUpperCase());
  }
  server.stop();
});

it("has no handshake to wait for on a plain socket", async () => {
  await expect(new SSLIOStream(new Socket()).waitForHandshake()).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
});
