/**
 * Sends the vectors of the transport's tests to other servers too, and lists where they make something else of them:
 *
 *     node test/bench/http-differential.js [--all]
 *
 * Ours, node:http, nginx, HAProxy and Python's Tornado get the same bytes on free ports of the loopback; those that are not
 * installed are left out (`apt-get install nginx-light haproxy python3-tornado`). nginx and HAProxy answer themselves, so that their rows about bodies are
 * indicative. Then both stand in front of ours: a request that reaches our application without an answer of its own for the client has been smuggled.
 * Each difference needs a reason in `reasons`; the script exits 1 when one has none, or when a request was smuggled. `--all` lists every
 * vector rather than counts.
 */

import { execFile, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ask } from "./ask.js";
import { reasons } from "./differential/reasons.js";
import { loadTypeScript } from "./load-typescript.js";

const run = promisify(execFile);
/** What is not answered in this time is not answered. */
const silenceMs = 200;
const listsAll = process.argv.includes("--all");
const here = join(import.meta.dirname, "differential");
const folder = await mkdtemp(join(tmpdir(), "tornado-differential-"));
const children = [];

const { refused, served } = await loadTypeScript(join(import.meta.dirname, "../core/http/http1/proof/vectors.ts"));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function startOwn(file) {
  const child = fork(join(here, file), { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  children.push(child);
  const [port] = await once(child, "message");
  const calls = async () => {
    child.send("calls");
    const [count] = await once(child, "message");
    return count;
  };
  return { port, calls };
}

async function startProgram(command, args) {
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "ignore"] });
  children.push(child);
  await once(child, "spawn");
}

async function whenListening(port) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { statuses } = await ask(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", silenceMs);
    if (statuses.length > 0) return port;
    await sleep(50);
  }
  throw new Error(`Nothing answers on port ${port}.`);
}

/** With a backend, it is a proxy to it; otherwise it answers itself. */
async function startNginx(backendPort) {
  const port = await freePort();
  const config = join(folder, `nginx-${port}.conf`);
  const location = backendPort === undefined ? "return 200 called;" : `proxy_pass http://ours;`;
  const upstream = backendPort === undefined ? "" : `upstream ours { server 127.0.0.1:${backendPort}; keepalive 1; }`;
  await writeFile(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx-${port}.pid; error_log /dev/null; events {}
     http { access_log off; client_body_temp_path ${folder}/body-${port}; proxy_temp_path ${folder}/proxy-${port};
       fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s; client_max_body_size 1000000; ${upstream}
       server { listen 127.0.0.1:${port}; location / { ${location} proxy_http_version 1.1; proxy_set_header Connection "";
       proxy_set_header Host $http_host; proxy_request_buffering off; } } }`,
  );
  await startProgram("nginx", ["-c", config, "-p", folder, "-e", "/dev/null"]);
  return await whenListening(port);
}

async function startHAProxy(backendPort) {
  const port = await freePort();
  const config = join(folder, `haproxy-${port}.cfg`);
  const answer =
    backendPort === undefined
      ? "http-request return status 200 content-type text/plain string called"
      : "default_backend ours";
  const backend =
    backendPort === undefined ? "" : `backend ours\n  http-reuse always\n  server one 127.0.0.1:${backendPort}\n`;
  await writeFile(
    config,
    `defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\nfrontend front\n  bind 127.0.0.1:${port}\n  ${answer}\n${backend}`,
  );
  await startProgram("haproxy", ["-f", config, "-db"]);
  return await whenListening(port);
}

async function startPythonTornado() {
  const child = spawn("/usr/bin/python3", [join(here, "python-tornado.py")], { stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  let text = "";
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  const [, version, port] = /^(\S+) (\d+)/.exec(text) ?? [];
  if (port === undefined) throw new Error("Python's Tornado is not installed.");
  return { version, port: Number(port) };
}

async function versionOf(command, args) {
  const { stdout, stderr } = await run(command, args);
  return /(\d+\.\d+[.\d]*)/.exec(stdout + stderr)[1];
}

/** What a server made of a vector, in a word or two: how many it served, whether it then refused. */
function outcomeOf({ statuses, isClosed }, isApplications) {
  const servedCount = statuses.filter((status) => status < 300 || isApplications(status)).length;
  const last = statuses.find((status) => status >= 300 && !isApplications(status));
  if (statuses.length === 0) return isClosed ? "refused without a word" : "silence";
  if (last === undefined) return `served ${servedCount}`;
  return servedCount === 0 ? `refused ${last}` : `served ${servedCount}, refused ${last}`;
}

/** Statuses apart, two outcomes are the same when as much was served, and the rest refused. */
function isSame(one, other) {
  const shape = (outcome) => outcome.replace(/refused .*/, "refused");
  return shape(one) === shape(other);
}

async function askAll(port, isApplications = () => false, isLeftOut = () => false) {
  const outcomes = new Map();
  const left = [...refused, ...served].filter(({ what }) => !isLeftOut(what));
  const next = async () => {
    for (let vector = left.pop(); vector !== undefined; vector = left.pop()) {
      outcomes.set(vector.what, outcomeOf(await ask(port, vector.bytes, silenceMs), isApplications));
    }
  };
  await Promise.all(Array.from({ length: 16 }, next));
  return outcomes;
}

async function askThrough(proxyPort, ours, bytes, patienceMs) {
  const { statuses } = await ask(proxyPort, bytes, patienceMs);
  return { calls: await ours.calls(), answered: statuses.filter((status) => status === 200).length };
}

/** One vector after the other through a proxy to ours; each on a connection of its own, and the proxy's to ours is kept. */
async function findSmuggled(proxyPort, ours) {
  const found = [];
  let reached = 0;
  await ours.calls();
  for (const vector of [...refused, ...served]) {
    let { calls, answered } = await askThrough(proxyPort, ours, vector.bytes, silenceMs);
    reached += calls;
    // On a busy machine an answer may be late: what was smuggled once is smuggled again.
    if (calls > answered) ({ calls, answered } = await askThrough(proxyPort, ours, vector.bytes, 10 * silenceMs));
    if (calls > answered) found.push(`${vector.what}: ${calls} calls, ${answered} answers`);
  }
  return { found, reached };
}

let hasFailed = false;
try {
  const ours = await startOwn("tornado.js");
  const others = [["node", process.versions.node, (await startOwn("node-http.js")).port]];
  const missing = [];
  const add = async (name, start) => {
    try {
      others.push([name, ...(await start())]);
    } catch (error) {
      if (error.code !== "ENOENT" && !/not installed/.test(error.message)) throw error;
      missing.push(name);
    }
  };
  await add("nginx", async () => [await versionOf("nginx", ["-v"]), await startNginx()]);
  await add("haproxy", async () => [await versionOf("haproxy", ["-v"]), await startHAProxy()]);
  await add("tornado", async () => {
    const { version, port } = await startPythonTornado();
    // Before 6.3.3 (GHSA-qppv-j76h-2rpx) it never ends with a negative chunk size, and serves nobody else from then on.
    const isEndless = (what) => /^[0-5]|^6\.[0-2]/.test(version) && what === "a negative chunk size";
    return [version, port, (status) => status === 405, isEndless];
  });
  if (missing.length > 0) console.log(`Not installed, and left out: ${missing.join(", ")}.`);

  const mine = await askAll(ours.port);
  console.log(`${refused.length + served.length} vectors. Where other servers differ from ours:`);
  for (const [name, version, port, isApplications, isLeftOut] of others) {
    const theirs = await askAll(port, isApplications, isLeftOut);
    const byReason = new Map();
    for (const { what } of [...refused, ...served]) {
      if (!theirs.has(what)) {
        console.log(`\n${name} ${version} is not asked for "${what}", which hangs it.`);
        continue;
      }
      if (isSame(mine.get(what), theirs.get(what))) continue;
      const reason =
        reasons.find(({ server, vectors }) => (server === "any" || server === name) && vectors.test(what))?.why ??
        "NO REASON KNOWN";
      if (reason === "NO REASON KNOWN") hasFailed = true;
      if (!byReason.has(reason)) byReason.set(reason, []);
      byReason.get(reason).push(`${what}: ours ${mine.get(what)}, ${name} ${theirs.get(what)}`);
    }
    const total = [...byReason.values()].flat().length;
    console.log(`\n${name} ${version}: ${total} differences`);
    for (const [reason, differences] of byReason) {
      console.log(`  ${String(differences.length).padStart(3)}  ${reason}`);
      if (listsAll || reason === "NO REASON KNOWN")
        for (const difference of differences) console.log(`         ${difference}`);
    }
  }

  for (const [name, start] of [
    ["nginx", startNginx],
    ["haproxy", startHAProxy],
  ]) {
    if (missing.includes(name)) continue;
    const { found, reached } = await findSmuggled(await start(ours.port), ours);
    console.log(`\n${name} in front of ours: ${reached} requests passed on, ${found.length} smuggled`);
    for (const line of found) console.log(`  ${line}`);
    if (found.length > 0) hasFailed = true;
  }
} finally {
  for (const child of children) child.kill();
  await Promise.all(
    children.map((child) => (child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined)),
  );
  await rm(folder, { recursive: true, force: true });
}
process.exit(hasFailed ? 1 : 0);
