/** Head and body leave together however they are made of: what comes over the wire must not tell which way they took. */

import { once } from "node:events";
import { expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import { openSocket, sendRaw } from "../../support/raw-http.js";
import { serve } from "./serve.js";

const bodies: [string, string | Uint8Array][] = [
  ["a short text", "hello"],
  ["a text beyond ASCII", "héllo – 日本 😀"],
  ["a text beyond latin-1 as long as its bytes would be short", "日".repeat(3000)],
  ["short bytes", Buffer.from([0, 127, 128, 255, 13, 10])],
  ["a part of a larger buffer", Buffer.from("0123456789").subarray(3, 7)],
  ["bytes of another kind", new Uint8Array([1, 200, 3])],
  ["a text at the limit of copying", "x".repeat(16 * 1024)],
  ["a text beyond the limit", "x".repeat(16 * 1024 + 1)],
  ["a long text beyond ASCII", "é".repeat(100_000)],
  ["long bytes", Buffer.alloc(1_000_000, 0xe9)],
  ["nothing", ""],
];

it.each(bodies.flatMap(([what, body]) => ["plain", "näïve", "日本"].map((header) => [what, header, body] as const)))(
  "%s arrives as it is, with the header %s, pipelined or alone",
  async (_what, header, body) => {
    const bytes = Buffer.from(body as string);
    const server = await serve(({ connection, version }) => {
      const headers = new HTTPHeaders({
        "X-Text": header,
        "Content-Length": String(bytes.length),
        "X-Version": version,
      });
      connection.writeHeaders({ code: 200, reason: "OK" }, headers, body);
      connection.finish();
    });
    const head = (last: string, version = "1.1") => `GET / HTTP/${version}\r\nHost: a\r\n${last}\r\n`;
    const closing = "Connection: close\r\n";
    const sent = async (request: string) => Buffer.from(await sendRaw(server.port, request), "latin1");

    const kept = await sent(head("") + head("") + head(closing));
    const old = await sent(head("", "1.0"));

    const value = header === "日本" ? Buffer.from(header) : Buffer.from(header, "latin1");
    const answer = (version: string, connection: string) =>
      Buffer.concat([
        Buffer.from("HTTP/1.1 200 OK\r\nX-Text: "),
        value,
        Buffer.from(`\r\nContent-Length: ${bytes.length}\r\nX-Version: HTTP/${version}\r\n${connection}\r\n`),
        bytes,
      ]);
    expect(kept.equals(Buffer.concat([answer("1.1", ""), answer("1.1", ""), answer("1.1", closing)]))).toBe(true);
    expect(old.equals(answer("1.0", closing)) || old.equals(answer("1.0", ""))).toBe(true);
  },
);

it.each([
  ["a fraction", 200.5, "OK"],
  ["no number", Number.NaN, "OK"],
  ["an interim status", 103, "Early Hints"],
  ["a code of four digits", 1000, "OK"],
  ["a negative code", -200, "OK"],
  ["a reason with a line end", 200, "OK\r\nSet-Cookie: a=b"],
  ["a reason with a line feed", 200, "OK\nX: 1"],
  ["a reason with a NUL", 200, "O\0K"],
  ["a reason beyond latin-1", 200, "日本"],
])("a status line is refused while another answer is possible: %s", async (_what, code, reason) => {
  const server = await serve(({ connection }) => {
    try {
      connection.writeHeaders({ code, reason }, new HTTPHeaders({ "Content-Length": "0" }));
    } catch {
      connection.writeHeaders({ code: 500, reason: "Not that" }, new HTTPHeaders({ "Content-Length": "0" }));
    }
    connection.finish();
  });

  const text = await sendRaw(server.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

  expect(text).toBe("HTTP/1.1 500 Not that\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
});

it("is called back for when it has left", async () => {
  const calls: string[] = [];
  const server = await serve(({ connection }) => {
    const headers = new HTTPHeaders({ "Content-Length": "2" });
    connection.writeHeaders({ code: 200, reason: "OK" }, headers, "ok", () => calls.push("first"));
    connection.finish((error) => calls.push(`finished ${error ?? ""}`));
  });
  const socket = await openSocket(server.port);

  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(socket, "data");
  while (calls.length < 2) await new Promise(setImmediate);
  socket.destroy();

  expect(calls).toEqual(["first", "finished "]);
});

it.each<[string, Record<string, string | string[]>, string]>([
  ["a length that is none", { "Content-Length": "x" }, "hello"],
  ["a coding that is not done", { "Transfer-Encoding": "gzip" }, "hello"],
  ["two codings, of which one is not done", { "Transfer-Encoding": ["gzip", "chunked"] }, "hello"],
  ["more bytes than its length", { "Content-Length": "2" }, "hello"],
])("is called back for with an error if it cannot be sent: %s", async (_what, fields, chunk) => {
  const calls: unknown[] = [];
  const server = await serve(({ connection }) => {
    connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders(fields), chunk, (error) => calls.push(error));
  });
  const socket = await openSocket(server.port);
  socket.on("error", () => {});

  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await new Promise((resolve) => socket.once("close", resolve));
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);

  expect(calls).toEqual([expect.any(Error)]);
});

it("closes the connection if any of its Connection fields says so", async () => {
  const server = await serve(({ connection }) => {
    const headers = new HTTPHeaders({ Connection: ["close", "x-hop"], "Content-Length": "2", "X-Hop": "1" });
    connection.writeHeaders({ code: 200, reason: "OK" }, headers, "hi");
    connection.finish();
  });

  const text = await sendRaw(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

  expect(text).toMatch(/hi$/);
});
