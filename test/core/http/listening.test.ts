import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect as connectPlain, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { HTTPServer } from "../../../src/core/http/server.js";
import { sendRaw } from "../../support/raw-http.js";
import { answer, Conversation, counting, createServer as createHTTPServer, serve } from "./serve.js";

const get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tornado-http-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function served(path: string): Promise<HTTPServer> {
  const server = createHTTPServer((request) => answer(request.connection, request.connection.remoteIp));
  await server.listen({ path });
  onTestFinished(async () => {
    server.stop();
    await server.closeAllConnections();
  });
  return server;
}

describe.skipIf(process.platform === "win32")("a unix socket", () => {
  it("is served, by its owner only, and its clients have the address 0.0.0.0", async () => {
    const path = join(temporaryFolder(), "s");
    await served(path);
    const conversation = new Conversation(connectPlain(path));

    conversation.send(get);

    expect(await conversation.end()).toMatch(/0\.0\.0\.0$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("takes the place of one that nobody listens on any more", async () => {
    const path = join(temporaryFolder(), "s");
    const script = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
    try {
      execFileSync(process.execPath, ["-e", script, path]);
    } catch {
      // Killed, as asked: the socket file stays.
    }
    expect(statSync(path).isSocket()).toBe(true);

    await served(path);
    const conversation = new Conversation(connectPlain(path));
    conversation.send(get);

    expect(await conversation.end()).toContain("200 OK");
  });

  it("does not take the place of one that is in use", async () => {
    const path = join(temporaryFolder(), "s");
    await served(path);

    await expect(served(path)).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });

  it("does not take the place of a file", async () => {
    const path = join(temporaryFolder(), "s");
    writeFileSync(path, "mine");

    await expect(served(path)).rejects.toMatchObject({ code: "NOT_A_SOCKET" });

    expect(readFileSync(path, "utf8")).toBe("mine");
  });
});

describe("TLS", () => {
  let cert = "";
  let key = "";

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), "tornado-tls-"));
    const files = ["-keyout", join(folder, "key"), "-out", join(folder, "cert")];
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=localhost",
        ...files,
      ],
      { stdio: "ignore" },
    );
    cert = readFileSync(join(folder, "cert"), "utf8");
    key = readFileSync(join(folder, "key"), "utf8");
    rmSync(folder, { recursive: true });
  });

  async function openTls(port: number): Promise<TLSSocket> {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    return socket;
  }

  it("is served, and the protocol is https", async () => {
    const server = await serve((request) => answer(request.connection, request.fullUrl()), {
      sslOptions: { cert, key },
    });
    const conversation = new Conversation(await openTls(server.port));

    conversation.send(get);

    expect(await conversation.end()).toMatch(/https:\/\/a\/$/);
  });

  it("reads its certificate from files", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "cert"), cert);
    writeFileSync(join(folder, "key"), key);
    const sslOptions = { certFile: join(folder, "cert"), keyFile: join(folder, "key") };
    const server = await serve(counting().application, { sslOptions });
    const conversation = new Conversation(await openTls(server.port));

    conversation.send(get);

    expect(await conversation.end()).toMatch(/hello \/$/);
  });

  it("survives plain bytes on its port", async () => {
    const server = await serve(counting().application, { sslOptions: { cert, key } });

    await sendRaw(server.port, get);

    const conversation = new Conversation(await openTls(server.port));
    conversation.send(get);
    expect(await conversation.end()).toMatch(/hello \/$/);
  });

  it.each([
    ["no certificate", {}, /has no certificate/],
    ["a file that is not there", { certFile: "/nowhere/cert" }, /\/nowhere\/cert cannot be read/],
    ["a certificate that is none", { cert: "x", key: "y" }, /is not usable/],
  ])("refuses to start with %s", (_what, sslOptions, message) => {
    expect(() => new HTTPServer(counting().application, { sslOptions })).toThrow(message);
  });
});

describe("the options", () => {
  it.each([
    { maxBodySize: Number.NaN },
    { maxBodySize: -1 },
    { maxBodySize: "1mb" },
    { maxBodySize: 0 },
    { maxHeaderSize: 1.5 },
    { maxHeaderCount: Number.POSITIVE_INFINITY },
    { idleConnectionTimeout: 0 },
    { headerTimeout: -1 },
    { bodyTimeout: "10" },
    { bodyTimeout: 3_000_000 },
    { chunkSize: null as unknown as number, maxBufferSize: 2 ** 60 },
    { noKeepAlive: "yes" },
    { xheaders: "127.0.0.1" },
    { xheaders: ["localhost"] },
    { trustedDownstream: ["10.0.0.0/33"] },
    { protocol: "ftp" },
    { maxBodySise: 1 },
  ])("refuse to start with %j, naming the option (CVE-2026-12590's class)", (options) => {
    const name = Object.keys(options).at(-1)!;

    const construct = () => new HTTPServer(counting().application, options as object);

    expect(construct).toThrow(
      expect.objectContaining({ code: "BAD_SERVER_OPTION", message: expect.stringContaining(name) }),
    );
  });

  it("have Tornado's defaults, and the limits of the contract", () => {
    const { options } = new HTTPServer(counting().application);

    expect(options).toMatchObject({
      maxHeaderBytes: 16 * 1024,
      maxHeaderCount: 100,
      maxBodyBytes: 104_857_600,
      chunkSize: 65_536,
      idleConnectionTimeoutMs: 3_600_000,
      bodyTimeoutMs: undefined,
    });
  });

  it("say that a port is needed before it is asked for", () => {
    expect(() => new HTTPServer(counting().application).port).toThrow(/Call listen\(\) first/);
  });

  it("let the port be chosen by the system", async () => {
    const probe = createServer().listen(0);
    await once(probe, "listening");
    probe.close();
    const server = await serve(counting().application);

    expect(server.port).toBeGreaterThan(0);
    expect(server.address()).toMatchObject({ address: "127.0.0.1" });
  });
});
