/**
 * Sends the same bytes to the same small app in Tornado and here, and prints where the answers differ:
 * `npm run build && node test/bench/compare-with-tornado.js`. It needs Debian's python3-tornado.
 *
 * Headers are compared without their order and the case of their names; JSON by its value; `Server`, `Date`, and the policy of our
 * error pages are left out. What is left is to be found among the deliberate differences of docs/coming-from-tornado.md.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configureLogging } from "tornado/log";
import { makeApp } from "./compare/app.js";
import { requests } from "./compare/requests.js";

/** An answer whose connection is not closed by then is taken for one that stays open. */
const patienceMs = 2000;
const files = {
  "a.txt": "0123456789",
  "style.css": "body{}",
  "p.png": "PNG",
  "x.unknown": "?",
  "b.gz": "gz",
  "robots.txt": "robots",
  "big.js": "y".repeat(100_000),
  "folder/index.html": "<i>",
};

function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), "compare-"));
  mkdirSync(join(folder, "folder"));
  mkdirSync(join(folder, "bare"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
    utimesSync(join(folder, name), 1_600_000_000, 1_600_000_000);
  }
  return folder;
}

async function startTornado(folder) {
  const child = spawn("/usr/bin/python3", [join(import.meta.dirname, "compare/app.py"), folder], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error("Tornado does not start. Install python3-tornado."))),
  ]);
  const [port, version] = String(line).trim().split(" ");
  return { child, port: Number(port), version };
}

function send(port, bytes) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(Buffer.from(bytes, "latin1"));
  });
}

function read(text) {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return { status: text, headers: [], body: "" };
  const [status, ...lines] = text.slice(0, headEnd).split("\r\n");
  const fields = lines.map((line) => [
    line.slice(0, line.indexOf(":")).toLowerCase(),
    line.slice(line.indexOf(":") + 1).trim(),
  ]);
  const isJson = fields.some(([name, value]) => name === "content-type" && value.startsWith("application/json"));
  // Python writes blanks into JSON, which changes its length and its hash.
  const omitted = ["server", "date", "content-security-policy", ...(isJson ? ["etag", "content-length"] : [])];
  const headers = fields
    .filter(([name]) => !omitted.includes(name))
    .map(([name, value]) => `${name}: ${name === "expires" ? "…" : value}`);
  const raw = text.slice(headEnd + 4);
  return { status, headers, body: isJson ? canonicalJson(raw) : raw };
}

function canonicalJson(text) {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(text, "latin1").toString()));
  } catch {
    return text;
  }
}

function differences(theirs, ours) {
  const only = (some, others) => some.filter((header) => !others.includes(header)).join(", ");
  return [
    [theirs.status, ours.status],
    [only(theirs.headers, ours.headers), only(ours.headers, theirs.headers)],
    [JSON.stringify(theirs.body), JSON.stringify(ours.body)],
  ].filter(([one, other]) => one !== other);
}

configureLogging({ level: "none" });
const folder = makeFolder();
const tornado = await startTornado(folder);
const server = await makeApp(folder).listen(0, { address: "127.0.0.1" });
let different = 0;
for (const bytes of requests) {
  const [theirs, ours] = await Promise.all([send(tornado.port, bytes), send(server.port, bytes)]);
  const found = differences(read(theirs), read(ours));
  if (found.length === 0) continue;
  different++;
  console.log(JSON.stringify(bytes).slice(0, 200));
  for (const [one, other] of found) console.log(`  Tornado  ${one.slice(0, 200)}\n  here     ${other.slice(0, 200)}`);
}
console.log(`${requests.length} requests, ${different} answers differ from those of Tornado ${tornado.version}.`);
tornado.child.kill();
server.stop();
await server.closeAllConnections();
rmSync(folder, { recursive: true });
