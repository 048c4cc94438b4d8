import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import https from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../support/program.js";
import { openSocket, parseResponse, sendRaw } from "../support/raw-http.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { fixture, get, getHome, launchServer, startServer } from "./fixture-server.js";

describe("a server without a supervisor", () => {
  it("serves in its own process, and says so in one line", async () => {
    await using server = await startServer();

    const home = await getHome(server.url);

    expect(home).toMatchObject({ pid: server.pid, task: null, debug: false });
    expect(server.stderr.split("\n").filter((line) => line.includes("Serving"))).toHaveLength(1);
    expect(server.stderr).toContain(`(pid ${server.pid})`);
  });

  it.each([
    ["sockets", 405],
    ["node", 400],
  ])("speaks HTTP by the transport %s, which shows in a method that node:http does not know", async (name, status) => {
    await using server = await startServer(["--transport", name]);

    const answer = await sendRaw(server.port, "BREW / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

    expect(parseResponse(answer).status).toBe(status);
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "answers what is in flight at %s, runs its hooks, and exits 0",
    async (signal) => {
      await using folder = await temporaryFolder();
      const gate = join(folder.path, "gate");
      await using server = await startServer([], { env: { GATE: gate, HOOKS: "1" } });
      const socket = await openSocket(server.port);
      let answer = "";
      socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
      socket.write("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      await once(socket, "data");
      const closed = once(socket, "close");

      server.kill(signal);
      await server.saw(/Stopping/);
      await writeFile(gate, "");
      await closed;
      const { code } = await server.ended;

      expect(answer).toContain("begun");
      expect(answer).toContain("and done");
      expect(code).toBe(0);
      expect(server.stdout).toBe("hook: started null\nhook: shut down null\n");
      expect(server.stderr).toContain("every request was answered");
    },
  );

  it("cuts what has not ended at the deadline, counts it, and exits 1", async () => {
    await using server = await startServer(["--graceful-timeout", "0.2"], { env: { GATE: "/nowhere", HOOKS: "1" } });
    const socket = await openSocket(server.port);
    socket.write("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await once(socket, "data");

    server.kill("SIGTERM");
    const { code } = await server.ended;

    expect(code).toBe(1);
    expect(server.stderr).toContain("1 connection was cut");
    expect(server.stdout).toContain("hook: shut down");
  });

  it("stops at once at the second signal, and exits 1", async () => {
    await using server = await startServer([], { env: { GATE: "/nowhere" } });
    const socket = await openSocket(server.port);
    socket.write("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    await once(socket, "data");

    server.kill("SIGTERM");
    await server.saw(/Stopping/);
    server.kill("SIGTERM");
    const { code } = await server.ended;

    expect(code).toBe(1);
    expect(server.stderr).toContain("Stopped at once");
  });

  it.each(["throw", "reject"])(
    "answers what is in flight after an error that nobody caught (%s), and exits 1",
    async (kind) => {
      await using server = await startServer();

      const made = await get(`${server.url}/trouble/${kind}`, "POST");
      const { code } = await server.ended;

      expect(made.body).toBe("made");
      expect(code).toBe(1);
      expect(server.stderr).toMatch(
        /Uncaught exception[\s\S]*Error: (thrown|rejected) outside a request[\s\S]*server\.js:\d+/,
      );
    },
  );

  it("answers 500 for an exception inside a request, and serves on", async () => {
    await using server = await startServer();

    const boom = await get(`${server.url}/boom`);

    expect(boom.status).toBe(500);
    expect(boom.body).not.toContain("inside a request");
    expect((await getHome(server.url)).pid).toBe(server.pid);
  });

  it("says in one line who holds a port that is taken, and exits 1", async () => {
    const holder = createServer().listen(0);
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;

    await using server = launchServer(["--port", String(port)]);
    const { code, stderr } = await server.ended;
    holder.close();

    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(`Port ${port} is in use`);
    if (process.platform === "linux") expect(stderr).toContain(`(pid ${process.pid})`);
  });

  it("prints the app's own error once, with its place, when it cannot start", async () => {
    await using server = launchServer([], { env: { FAULT: "throw" } });
    const { code, stderr } = await server.ended;

    expect(code).toBe(1);
    expect(stderr.match(/the database is not there/g)).toHaveLength(1);
    expect(stderr).toMatch(/TypeError[\s\S]*server\.js:\d+/);
  });

  it("refuses an app with debug on, unless it is forced", async () => {
    await using refused = launchServer([], { env: { FAULT: "debug" } });
    const { code, stderr } = await refused.ended;
    await using forced = await startServer([], { env: { FAULT: "debug", TORNADO_FORCE_DEBUG: "1" } });

    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("TORNADO_FORCE_DEBUG=1");
    expect((await getHome(forced.url)).debug).toBe(true);
  });

  it("exits 2 on a word that it does not know, and names it", async () => {
    await using server = launchServer(["--prot", "80"]);
    const { code, stderr } = await server.ended;

    expect(code).toBe(2);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("--prot");
  });

  it("reads its options from the .env of the app, where the environment and the command line win", async () => {
    await using folder = await temporaryFolder();
    const root = join(folder.path, "dist");
    await mkdir(root);
    await writeFile(join(folder.path, ".env"), "TORNADO_HOST=localhost\nTORNADO_LOG_FORMAT=json\nTORNADO_PORT=1\n");

    await using server = launchServer([], { env: { APP_ROOT: root, TORNADO_LOG_FORMAT: "pretty" } });
    await server.saw(/Serving at http:\/\/localhost:\d+/);

    expect(server.stderr).not.toContain('{"');
  });

  it.each(["1", "2"])(
    "listens on a unix socket in place of a port, and removes a stale one (--fork %s)",
    async (fork) => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, "app.sock");
      const args = ["--unix-socket", path, "--fork", fork];
      const ask = async (): Promise<string> => {
        const [response] = await once(request({ socketPath: path, path: "/", agent: false }).end(), "response");
        const [body] = await once(response, "data");
        return String(body);
      };

      await using first = await startServer(args);
      const before = await ask();
      first.kill("SIGKILL");
      await first.ended;
      const isStale = existsSync(path);
      await using second = await startServer(args);
      const after = await ask();
      second.kill("SIGTERM");
      await second.ended;

      expect(JSON.parse(before).pid).not.toBe(JSON.parse(after).pid);
      expect([isStale, existsSync(path)]).toEqual([true, false]);
    },
  );

  it("serves HTTPS with a certificate and its key, and says which file is missing", async () => {
    await using folder = await temporaryFolder();
    const [cert, key] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
    const made = await run("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost"],
      ...["-keyout", key, "-out", cert],
    ]);
    expect(made.code, made.stderr).toBe(0);

    await using server = await startServer(["--ssl-cert", cert, "--ssl-key", key]);
    const [response] = await once(https.request(server.url, { rejectUnauthorized: false }).end(), "response");
    await using refused = launchServer(["--ssl-cert", cert, "--ssl-key", `${key}.old`]);
    const { code, stderr } = await refused.ended;

    expect(server.url).toMatch(/^https:/);
    expect(response.statusCode).toBe(200);
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("key.pem.old");
  });

  it("takes over the listening socket of another process with no connection refused", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const { fd } = (holder as unknown as { _handle: { fd: number } })._handle;
    // The shell gives the number that systemd would: that of the process that becomes the server.
    const command = `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$1" --fork 2`;
    const child = spawn("sh", ["-c", command, process.execPath, fixture], { stdio: ["ignore", "ignore", "pipe", fd] });
    await new Promise<void>((resolve) => {
      let log = "";
      child.stderr!.on("data", (text: Buffer) => {
        log += text;
        if (log.includes("Serving at")) resolve();
      });
    });
    holder.close();
    await once(holder, "close");

    const answers = await Promise.all(Array.from({ length: 20 }, () => getHome(url)));
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");

    expect(answers).toHaveLength(20);
    expect(code).toBe(0);
  });
});
