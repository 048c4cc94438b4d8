import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { addAcceptHandler, bindSockets, bindUnixSocket } from "../../../src/core/net/bind-sockets.js";
import { IOStream } from "../../../src/core/net/iostream.js";
import { DefaultResolver, isValidIp, OverrideResolver, type Resolver } from "../../../src/core/net/resolver.js";
import { StreamClosedError } from "../../../src/core/net/stream-errors.js";
import { TCPClient } from "../../../src/core/net/tcp-client.js";
import { type StreamAddress, TCPServer } from "../../../src/core/net/tcp-server.js";
import { expectLog } from "../../../src/core/testing/expect-log.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

class EchoServer extends TCPServer {
  readonly addresses: StreamAddress[] = [];

  override async handleStream(stream: IOStream, address: StreamAddress) {
    this.addresses.push(address);
    for (;;) await stream.write(await stream.readUntil("\n"));
  }
}

const echo = async (stream: IOStream, line: string) => {
  await stream.write(line);
  return (await stream.readUntil("\n")).toString();
};

describe("a TCPServer", () => {
  it("gives each connection as a stream, with its address", async () => {
    const server = await new EchoServer().listen(0, "127.0.0.1");
    const streams = await Promise.all([1, 2, 3].map(() => new TCPClient().connect("127.0.0.1", server.port)));

    expect(await Promise.all(streams.map((stream, index) => echo(stream, `${index}\n`)))).toEqual([
      "0\n",
      "1\n",
      "2\n",
    ]);
    expect(server.addresses.map(({ host }) => host)).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    expect(server.addresses.every(({ port }) => port > 0)).toBe(true);
    for (const stream of streams) stream.close();
    server.stop();
  });

  it("stops accepting, and serves on what is open", async () => {
    const server = await new EchoServer().listen(0, "127.0.0.1");
    const { port } = server;
    const stream = await new TCPClient().connect("127.0.0.1", port);
    await echo(stream, "before\n");
    server.stop();
    server.stop();

    await expect(new TCPClient().connect("127.0.0.1", port)).rejects.toBeInstanceOf(StreamClosedError);
    expect(await echo(stream, "after\n")).toBe("after\n");
    expect(() => server.port).toThrow(expect.objectContaining({ code: "NOT_LISTENING" }));
    stream.close();
  });

  it("logs what a handler throws, and closes its stream", async () => {
    class Broken extends TCPServer {
      override handleStream(): void {
        throw new Error("broken handler");
      }
    }
    const server = await new Broken().listen(0, "127.0.0.1");
    await expectLog("tornado.application", "handleStream()").during(async () => {
      const stream = await new TCPClient().connect("127.0.0.1", server.port);
      expect((await stream.readUntilClose()).length).toBe(0);
    });
    server.stop();
  });

  it("listens where bind() said, when it is started", async () => {
    const server = new EchoServer();
    server.bind(0, "127.0.0.1");
    expect(() => server.port).toThrow();
    await server.start();
    const stream = await new TCPClient().connect("127.0.0.1", server.port);

    expect(await echo(stream, "a\n")).toBe("a\n");
    await expect(server.start(4)).rejects.toThrow(/forkProcesses\(4\)/);
    stream.close();
    server.stop();
  });

  it("serves unix sockets", async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/echo`;
    const server = new EchoServer();
    server.addSocket(await bindUnixSocket(path));
    const stream = await new IOStream().connect({ path });

    expect(await echo(stream, "a\n")).toBe("a\n");
    expect(server.addresses).toEqual([{ host: "", port: 0 }]);
    stream.close();
    server.stop();
  });
});

it("logs an error of a socket that listens, and goes on", async () => {
  const [server] = await bindSockets(0, "127.0.0.1");
  using log = expectLog("tornado.general", "listens");

  server!.emit("error", new Error("accept EMFILE"));
  server!.close();

  expect(log.loggedStack).toBe(true);
});

describe("a TCPClient", () => {
  it("tries the next address when one does not answer", async () => {
    const server = await new EchoServer().listen(0, "127.0.0.1");
    const both: Resolver = {
      resolve: async (_host, port) => [
        { address: "::1", family: 6, port },
        { address: "127.0.0.1", family: 4, port },
      ],
    };
    const stream = await new TCPClient({ resolver: both }).connect("two.example", server.port);

    expect(await echo(stream, "a\n")).toBe("a\n");
    stream.close();
    server.stop();
  });

  it("says why no address answers", async () => {
    const server = await new EchoServer().listen(0, "127.0.0.1");
    const { port } = server;
    server.stop();
    const error = await new TCPClient().connect("127.0.0.1", port).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ name: "StreamClosedError", realError: { code: "ECONNREFUSED" } });
    await expect(new TCPClient().connect("no-such-host.invalid", 80)).rejects.toMatchObject({
      realError: { message: expect.stringContaining("no-such-host.invalid") },
    });
  });

  it("says that a name has no address", async () => {
    const client = new TCPClient({ resolver: { resolve: async () => [] } });

    await expect(client.connect("none.example", 80)).rejects.toThrow(
      'The stream is closed: "none.example" has no address.',
    );
  });

  it("gives up after its timeout, or on a signal", async () => {
    const never: Resolver = { resolve: () => new Promise(() => {}) };
    const client = new TCPClient({ resolver: never });
    const controller = new AbortController();
    const aborted = client.connect("a.example", 80, { signal: controller.signal });
    controller.abort(new Error("changed my mind"));

    await expect(aborted).rejects.toThrow("changed my mind");
    await expect(client.connect("a.example", 80, { signal: controller.signal })).rejects.toThrow("changed my mind");
    await expect(client.connect("a.example", 80, { timeout: 0.01 })).rejects.toThrow(/a\.example:80 .* within 0\.01 s/);
  });

  it("counts a handshake that does not end into its timeout", async () => {
    const silent = createServer(() => {});
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;

    await expect(new TCPClient().connect("127.0.0.1", port, { sslOptions: {}, timeout: 0.05 })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    silent.close();
  });

  it("connects from the address and port that it is told", async () => {
    const server = await new EchoServer().listen(0, "127.0.0.1");
    const stream = await new TCPClient().connect("127.0.0.1", server.port, { sourceIp: "127.0.0.2" });
    await echo(stream, "a\n");

    expect(server.addresses[0]!.host).toBe("127.0.0.2");
    stream.close();
    server.stop();
  });
});

describe("bindSockets", () => {
  it("opens the same free port on all kinds of addresses", async () => {
    const servers = await bindSockets(0);
    const addresses = servers.map((server) => server.address() as AddressInfo);

    expect(new Set(addresses.map(({ port }) => port)).size).toBe(1);
    expect(addresses[0]!.address).toBe("0.0.0.0");
    for (const server of servers) server.close();
  });

  it("can be told one kind", async () => {
    const servers = await bindSockets(0, null, { family: 4 });

    expect(servers.map((server) => (server.address() as AddressInfo).family)).toEqual(["IPv4"]);
    for (const server of servers) server.close();
  });

  it("says in words what is wrong", async () => {
    const [server] = await bindSockets(0, "127.0.0.1");
    const { port } = server!.address() as AddressInfo;

    await expect(bindSockets(port, "127.0.0.1")).rejects.toMatchObject({ code: "PORT_IN_USE" });
    await expect(bindSockets(0, "192.0.2.1")).rejects.toMatchObject({ code: "ADDRESS_NOT_AVAILABLE" });
    await expect(bindSockets(0, "no-such-host.invalid")).rejects.toMatchObject({ name: "TornadoError" });
    server!.close();
  });

  it("has handlers added and taken away", async () => {
    const [server] = await bindSockets(0, "127.0.0.1");
    const { port } = server!.address() as AddressInfo;
    const seen: (string | undefined)[] = [];
    const remove = addAcceptHandler(server!, (socket, address) => {
      seen.push(address);
      socket.end();
      throw new Error("broken");
    });
    const visit = async () => {
      const socket = connect(port, "127.0.0.1");
      socket.resume();
      await once(socket, "close");
    };
    await expectLog("tornado.application", "accept handler").during(visit);
    remove();
    server!.once("connection", (socket) => socket.end());
    await visit();

    expect(seen).toEqual(["127.0.0.1"]);
    server!.close();
  });
});

describe("bindUnixSocket", () => {
  it("replaces a file that nobody listens on, and no other", async () => {
    await using folder = await temporaryFolder();
    await writeFile(`${folder.path}/file`, "");

    await expect(bindUnixSocket(`${folder.path}/file`)).rejects.toMatchObject({ code: "NOT_A_SOCKET" });
    const server = await bindUnixSocket(`${folder.path}/socket`);
    await expect(bindUnixSocket(`${folder.path}/socket`)).rejects.toMatchObject({ code: "PORT_IN_USE" });
    server.close();
  });
});

describe("resolvers", () => {
  it("find addresses, in the port that was asked for", async () => {
    const resolver = new DefaultResolver();

    expect(await resolver.resolve("127.0.0.1", 80)).toEqual([{ address: "127.0.0.1", family: 4, port: 80 }]);
    expect(await resolver.resolve("localhost", 80, 4)).toEqual([{ address: "127.0.0.1", family: 4, port: 80 }]);
  });

  it.each([
    ["a.example", 80, 0, "127.0.0.1", 80],
    ["a.example", 443, 0, "127.0.0.2", 8443],
    ["a.example", 443, 4, "127.0.0.3", 9443],
    ["127.0.0.9", 80, 0, "127.0.0.9", 80],
  ] as const)("send %s:%i/%i to %s:%i", async (host, port, family, address, toPort) => {
    const resolver = new OverrideResolver({
      "a.example": "127.0.0.1",
      "a.example:443": { host: "127.0.0.2", port: 8443 },
      "a.example:443/4": { host: "127.0.0.3", port: 9443 },
    });

    expect(await resolver.resolve(host, port, family)).toEqual([{ address, family: 4, port: toPort }]);
  });

  it.each([
    ["127.0.0.1", true],
    ["::1", true],
    ["1.2.3", false],
    ["localhost", false],
    ["", false],
    ["127.0.0.1 ", false],
  ])("know whether %j is an address: %s", (text, isAddress) => {
    expect(isValidIp(text)).toBe(isAddress);
  });
});
