/** Options of a server and limits of single requests, each on a real socket. */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, it } from "vitest";
import { sendRaw } from "../../support/raw-http.js";
import { answer, Conversation, RecordingDelegate, serve } from "./serve.js";

it.each<[string[], string, string]>([
  [[], "198.51.100.1, 192.0.2.9", "192.0.2.9"],
  [["192.0.2.9"], "198.51.100.1, 192.0.2.9", "198.51.100.1"],
  [["192.0.2.0/24", "2001:db8::/32"], "198.51.100.1, 2001:db8::5, 192.0.2.9", "198.51.100.1"],
  [["192.0.2.9"], "spoofed, 192.0.2.9", "127.0.0.1"],
])("trustedDownstream %j skips the proxies in %s", async (trustedDownstream, forwarded, expected) => {
  const server = await serve((request) => answer(request.connection, request.remoteIp), {
    xheaders: true,
    trustedDownstream,
  });

  const text = await sendRaw(
    server.port,
    `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: ${forwarded}\r\n\r\n`,
  );

  expect(text.endsWith(`\r\n\r\n${expected}`)).toBe(true);
});

it("setBodyTimeout limits the body of one request", async () => {
  const delegate = new RecordingDelegate({ headersReceived: () => delegate.connection.setBodyTimeout(0.05) });
  const server = await serve(delegate);
  const conversation = await Conversation.open(server);

  conversation.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");

  expect(await conversation.end()).toMatch(/^HTTP\/1\.1 408 /);
});

it("getSslCertificate gives the certificate that the client has shown", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tornado-client-"));
  const pem = ["-keyout", join(folder, "key"), "-out", join(folder, "cert")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Ada"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...pem], { stdio: "ignore" });
  const cert = readFileSync(join(folder, "cert"), "utf8");
  const key = readFileSync(join(folder, "key"), "utf8");
  rmSync(folder, { recursive: true });
  const server = await serve(
    (request) => answer(request.connection, String(request.getSslCertificate()?.subject.CN ?? "nobody")),
    { sslOptions: { cert, key, requestCert: true, ca: cert, rejectUnauthorized: false } },
  );
  const ask = async (client: object) => {
    const socket = connect({ port: server.port, host: "127.0.0.1", rejectUnauthorized: false, ...client });
    await once(socket, "secureConnect");
    const conversation = new Conversation(socket);
    conversation.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return (await conversation.end()).split("\r\n\r\n")[1];
  };

  expect(await ask({ cert, key })).toBe("Ada");
  expect(await ask({})).toBe("nobody");
});
