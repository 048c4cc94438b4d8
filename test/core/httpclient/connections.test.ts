/** How the client gets to a server: TLS, proxies, unix sockets, interfaces. */

import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { HTTPRequestOptions } from "../../../src/core/httpclient/http-request.js";
import type { HTTPClientError } from "../../../src/core/httpclient/http-response.js";
import { run } from "../../support/program.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { type Echo, echo, failure, listen, makeClient, serve } from "./servers.js";

let certFile = "";
let keyFile = "";

beforeAll(async () => {
  const folder = await temporaryFolder("httpclient");
  [certFile, keyFile] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")] as [string, string];
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost";
  const names = ["-addext", "subjectAltName=DNS:localhost,DNS:app.example"];
  await run("openssl", [...words.split(" "), ...names, "-keyout", keyFile, "-out", certFile]);
  return () => folder[Symbol.asyncDispose]();
});

/** A server by TLS; its URL names `localhost`, as the certificate does. */
async function serveTls(listener: RequestListener, options: object = {}): Promise<string> {
  const server = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile), ...options }, listener);
  return (await listen(server, "https")).replace("127.0.0.1", "localhost");
}

describe("TLS", () => {
  it.each<[string, () => HTTPRequestOptions]>([
    ["an authority in a file", () => ({ caCerts: certFile })],
    ["no check", () => ({ validateCert: false })],
    ["what node:tls takes", () => ({ sslOptions: { ca: readFileSync(certFile) } })],
    ["sslOptions before the other fields", () => ({ sslOptions: { rejectUnauthorized: false }, caCerts: "/nowhere" })],
  ])("works with %s", async (_, options) => {
    const url = await serveTls(echo);

    expect((await makeClient().fetch(url, options())).code).toBe(200);
  });

  it.each<[string, (url: string) => string, () => HTTPRequestOptions]>([
    ["an unknown authority", (url) => url, () => ({})],
    ["the certificate of another name", (url) => url.replace("localhost", "127.0.0.1"), () => ({ caCerts: certFile })],
    [
      "a server without TLS",
      (url) => url,
      () => ({ validateCert: false, hostnameMapping: true }) as HTTPRequestOptions,
    ],
  ])("refuses %s as `tls`", async (name, change, options) => {
    const isPlain = name.includes("without");
    const url = isPlain ? (await serve(echo)).replace("http:", "https:") : await serveTls(echo);

    const error = await failure<HTTPClientError>(makeClient().fetch(change(url), isPlain ? {} : options()));

    expect(error).toMatchObject({ code: 599, kind: "tls" });
    expect(error.message).toContain("TLS connection");
  });

  it("does not use a connection that was not checked for a request that asks for the check", async () => {
    const url = await serveTls(echo);
    const client = makeClient();

    await client.fetch(url, { validateCert: false });

    expect(await failure(client.fetch(url))).toMatchObject({ kind: "tls" });
  });

  it("works with new sslOptions for every request, of which only the latest are remembered", async () => {
    const url = await serveTls(echo);
    const client = makeClient();
    const ca = readFileSync(certFile);

    for (let count = 0; count < 40; count++) await client.fetch(url, { sslOptions: { ca } });

    expect((await client.fetch(url, { caCerts: certFile })).code).toBe(200);
  });

  it("checks the name of the URL when the hostnameMapping leads elsewhere", async () => {
    const address = new URL(await serveTls(echo)).host;
    const hostnameMapping = { "app.example": address, "other.example": address };
    const client = makeClient({ hostnameMapping, defaults: { caCerts: certFile } });

    expect((await client.fetch("https://app.example/")).code).toBe(200);
    expect(await failure(client.fetch("https://other.example/"))).toMatchObject({ kind: "tls" });
  });

  it("shows a client certificate to the server that asks for it, and to no other origin", async () => {
    const seen: boolean[] = [];
    const mutual = { requestCert: true, rejectUnauthorized: false };
    const isShown: RequestListener = (request, response) => {
      const { raw } = (request.socket as unknown as { getPeerCertificate(): { raw?: Buffer } }).getPeerCertificate();
      seen.push(raw !== undefined);
      if (request.url === "/") response.end();
      else response.writeHead(302, { Location: `https://${request.url!.slice(1)}/` }).end();
    };
    const [first, second] = [await serveTls(isShown, mutual), await serveTls(isShown, mutual)];
    const identities: HTTPRequestOptions[] = [
      { caCerts: certFile, clientCert: certFile, clientKey: keyFile },
      { sslOptions: { ca: readFileSync(certFile), cert: readFileSync(certFile), key: readFileSync(keyFile) } },
    ];

    for (const identity of identities) await makeClient().fetch(`${first}/${new URL(second).host}`, identity);

    expect(seen).toEqual([true, false, true, false]);
  });

  it.each(["caCerts", "clientCert"])("names the file of %s that cannot be read", async (name) => {
    const error = await failure(makeClient().fetch("https://localhost/", { [name]: "/nowhere/file.pem" }));

    expect(error).toMatchObject({ code: "UNREADABLE_CERTIFICATE" });
    expect(error.message).toMatch(new RegExp(`/nowhere/file.pem .*"${name}"`));
  });
});

describe("a connection that was kept open", () => {
  it("serves requests whose timeouts differ a little", async () => {
    let connections = 0;
    const url = await listen(createServer(echo).on("connection", () => connections++));
    const client = makeClient();

    for (const requestTimeout of [9, 8.75, 8.5]) {
      await client.fetch(url, { requestTimeout });
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(connections).toBe(1);
  });

  /** Answers the first request of a connection, and ends it without a word at the second. */
  function serveOnceEach(): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createTcpServer((socket) => {
      let count = 0;
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        asked.push(chunk.toString().split(" ", 1)[0]!);
        if (++count === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        else socket.destroy();
      });
    });
    return listen(server).then((url) => ({ url, asked }));
  }

  it("and is closed the moment it is used again costs a GET nothing", async () => {
    const { url, asked } = await serveOnceEach();
    const client = makeClient();
    await client.fetch(url);
    await new Promise((resolve) => setImmediate(resolve));

    const response = await client.fetch(url);

    expect(response.text()).toBe("ok");
    expect(asked).toEqual(["GET", "GET", "GET"]);
  });

  it("is not tried again for a request that may change something", async () => {
    const { url, asked } = await serveOnceEach();
    const client = makeClient();
    await client.fetch(url);
    await new Promise((resolve) => setImmediate(resolve));

    const error = await failure(client.fetch(url, { method: "POST", body: "pay" }));

    expect(error).toMatchObject({ kind: "closed" });
    expect(asked).toEqual(["GET", "POST"]);
  });

  it("is the only one that a request is sent again for", async () => {
    let asked = 0;
    const url = await listen(
      createTcpServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", () => {
          asked++;
          socket.destroy();
        });
      }),
    );

    expect(await failure(makeClient().fetch(url))).toMatchObject({ kind: "closed" });
    expect(asked).toBe(1);
  });
});

describe("a proxy", () => {
  interface Seen {
    readonly line: string;
    readonly authorization: string | undefined;
    readonly secret: string | undefined;
  }

  /** A forward proxy that wants `ada:hunter22`, or nothing. */
  async function startProxy({ password = "" } = {}): Promise<{ seen: Seen[]; proxyHost: string; proxyPort: number }> {
    const seen: Seen[] = [];
    const wanted = password === "" ? undefined : `Basic ${Buffer.from(`ada:${password}`).toString("base64")}`;
    const server = createServer((request, response) => {
      note(request);
      if (request.headers["proxy-authorization"] !== wanted) return void response.writeHead(407).end("who?");
      response.end("by the proxy");
    });
    const note = ({
      method,
      url,
      headers,
    }: {
      method?: string;
      url?: string;
      headers: NodeJS.Dict<string | string[]>;
    }) =>
      seen.push({
        line: `${method} ${url}`,
        authorization: headers["proxy-authorization"] as string | undefined,
        secret: headers.authorization as string | undefined,
      });
    server.on("connect", (request, socket) => {
      note(request);
      socket.on("error", () => {});
      if (request.headers["proxy-authorization"] !== wanted) {
        return void socket.end("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n");
      }
      const upstream = connect(Number(request.url!.split(":")[1]), "127.0.0.1");
      upstream.on("error", () => socket.destroy());
      upstream.on("connect", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
      socket.on("close", () => upstream.destroy());
    });
    const { hostname, port } = new URL(await listen(server as Server));
    return { seen, proxyHost: hostname, proxyPort: Number(port) };
  }

  it("gets the whole address of an http URL", async () => {
    const { seen, ...proxy } = await startProxy({ password: "hunter22" });

    const response = await makeClient().fetch("http://example.com/x?a=1", {
      ...proxy,
      proxyUsername: "ada",
      proxyPassword: "hunter22",
      proxyAuthMode: "basic",
      headers: { Authorization: "Bearer t0ken" },
    });

    expect(response.text()).toBe("by the proxy");
    expect(response.effectiveUrl).toBe("http://example.com/x?a=1");
    expect(seen).toEqual([
      {
        line: "GET http://example.com/x?a=1",
        authorization: `Basic ${Buffer.from("ada:hunter22").toString("base64")}`,
        secret: "Bearer t0ken",
      },
    ]);
  });

  it("tunnels an https URL, and sees nothing of the request", async () => {
    const url = await serveTls(echo);
    const { seen, ...proxy } = await startProxy({ password: "hunter22" });
    const options = { ...proxy, proxyUsername: "ada", proxyPassword: "hunter22", caCerts: certFile };
    const headers = [["X-A", "1"] as const, ["X-A", "2"] as const, ["Authorization", "Bearer t0ken"] as const];
    const client = makeClient();

    const response = await client.fetch(`${url}/x`, { ...options, headers });
    await client.fetch(`${url}/y`, options);

    const asked = response.json<Echo>();
    expect(asked).toMatchObject({ url: "/x", headers: { authorization: "Bearer t0ken", "x-a": "1, 2" } });
    expect(asked.headers["proxy-authorization"]).toBeUndefined();
    expect(asked.headers.host).toBe(new URL(url).host);
    expect(seen.every(({ line, secret }) => line.startsWith("CONNECT localhost:") && secret === undefined)).toBe(true);
  });

  it("checks the certificate of the server behind the tunnel", async () => {
    const url = await serveTls(echo);
    const { seen: _, ...proxy } = await startProxy();

    expect(await failure(makeClient().fetch(url, proxy))).toMatchObject({ kind: "tls" });
  });

  it.each<[string, string, object]>([
    ["http", "http://example.com/", { code: 407, kind: "status" }],
    ["https", "https://example.com/", { code: 599, kind: "proxy" }],
  ])("that refuses an %s URL is told, and its password is not (CVE-2026-48615)", async (_, url, expected) => {
    const { seen, ...proxy } = await startProxy({ password: "another" });

    const error = await failure(makeClient().fetch(url, { ...proxy, proxyUsername: "ada", proxyPassword: "hunter22" }));

    expect(error).toMatchObject(expected);
    expect(seen.length).toBe(1);
    const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
    expect(shown).not.toContain("hunter22");
    expect(shown).not.toContain(Buffer.from("ada:hunter22").toString("base64"));
  });

  it("that is not there is named", async () => {
    const error = await failure(makeClient().fetch("https://example.com/", { proxyHost: "127.0.0.1", proxyPort: 1 }));

    expect(error).toMatchObject({ kind: "refused" });
    expect(error.message).toContain("example.com by the proxy 127.0.0.1:1");
  });

  it("that hangs up instead of opening a tunnel is asked once", async () => {
    let asked = 0;
    const proxy = createTcpServer((socket) => {
      asked++;
      socket.on("error", () => {}).once("data", () => socket.end());
    });
    const { port } = new URL(await listen(proxy));

    const error = await failure(
      makeClient().fetch("https://example.com/", { proxyHost: "127.0.0.1", proxyPort: Number(port) }),
    );

    expect(error).toMatchObject({ kind: "proxy" });
    expect(asked).toBe(1);
  });

  it("is not for expect100Continue and not for unix sockets", async () => {
    const proxy = { proxyHost: "127.0.0.1", proxyPort: 1 };
    const client = makeClient();

    const expecting = client.fetch("http://a/", { ...proxy, method: "POST", body: "x", expect100Continue: true });
    await expect(expecting).rejects.toThrow(TypeError);
    await expect(client.fetch("http://a/", { ...proxy, unixSocket: "/tmp/x" })).rejects.toThrow(TypeError);
  });
});

describe.skipIf(process.platform === "win32")("a unix socket", () => {
  async function serveUnix(listener: RequestListener): Promise<string> {
    const folder = await temporaryFolder("unix");
    const path = join(folder.path, "s");
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onTestFinished(async () => {
      server.closeAllConnections();
      server.close();
      await folder[Symbol.asyncDispose]();
    });
    return path;
  }

  it("is connected to, whatever the host of the URL", async () => {
    const unixSocket = await serveUnix(echo);

    const response = await makeClient().fetch("http://docker/containers", { unixSocket });

    expect(response.json<Echo>()).toMatchObject({ url: "/containers", headers: { host: "docker" } });
  });

  it("is kept for redirects to the same origin only", async () => {
    const elsewhere = await serve((_, response) => response.end("elsewhere"));
    const unixSocket = await serveUnix((request, response) => {
      const to = request.url === "/same" ? "/end" : `${elsewhere}/end`;
      if (request.url === "/end") response.end("by the socket");
      else response.writeHead(302, { Location: to }).end();
    });
    const client = makeClient();

    expect((await client.fetch("http://docker/same", { unixSocket })).text()).toBe("by the socket");
    expect((await client.fetch("http://docker/other", { unixSocket })).text()).toBe("elsewhere");
  });

  it("that nobody listens on is named", async () => {
    const error = await failure(makeClient().fetch("http://docker/", { unixSocket: "/nowhere/socket" }));

    expect(error).toMatchObject({ kind: "refused" });
    expect(error.message).toContain("the socket /nowhere/socket");
  });
});

describe("networkInterface", () => {
  it.each(["127.0.0.2", "lo"])("is where the connection comes from: %s", async (networkInterface) => {
    if (process.platform !== "linux") return;
    const url = await serve((request, response) => response.end(request.socket.remoteAddress));

    const response = await makeClient().fetch(url, { networkInterface });

    expect(response.text()).toBe(networkInterface === "lo" ? "127.0.0.1" : networkInterface);
  });
});

describe("allowIpv6", () => {
  it("turned off, leaves addresses of IPv6 alone", async () => {
    const url = (await serve(echo)).replace("127.0.0.1", "localhost");

    expect((await makeClient().fetch(url, { allowIpv6: false })).code).toBe(200);
    expect(await failure(makeClient().fetch("http://[::1]:1/", { allowIpv6: false }))).toMatchObject({ code: 599 });
  });
});
