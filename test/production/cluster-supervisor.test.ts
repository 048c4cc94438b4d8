import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSocket } from "../support/raw-http.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { get, getHome, Load, launchServer, startServer } from "./fixture-server.js";

/** A request on a raw socket whose answer has begun and does not end before GATE exists. */
async function beginSlowRequest(port: number): Promise<{ answer: Promise<string> }> {
  const socket = await openSocket(port);
  let text = "";
  socket.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  socket.on("error", () => {});
  const answer = new Promise<string>((resolve) => socket.once("close", () => resolve(text)));
  socket.write("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  await once(socket, "data");
  return { answer };
}

describe("the supervisor", () => {
  it("serves with N workers, says one line for each, and drains them at SIGTERM", async () => {
    await using folder = await temporaryFolder();
    const gate = join(folder.path, "gate");
    await using server = await startServer(["--fork", "2"], { env: { GATE: gate, HOOKS: "1" } });
    const slow = await beginSlowRequest(server.port);

    server.kill("SIGTERM");
    await server.saw(/SIGTERM: stopping/);
    await writeFile(gate, "");
    const answer = await slow.answer;
    const { code } = await server.ended;

    expect(answer).toContain("and done");
    expect(code).toBe(0);
    expect(server.workers(0)).toHaveLength(1);
    expect(server.workers(1)).toHaveLength(1);
    expect(server.workers(0)).not.toContain(server.pid);
    expect(server.stdout.match(/hook: shut down/g)).toHaveLength(2);
    expect(server.stderr).toContain("every request was answered");
  });

  it("leaves Ctrl-C, which a terminal sends to all of its processes, to the supervisor", async () => {
    await using server = await startServer(["--fork", "2"]);

    process.kill(-server.pid, "SIGINT");
    const { code } = await server.ended;

    expect(code).toBe(0);
    expect(server.stderr).not.toMatch(/is replaced|Uncaught/);
  });

  it("cuts at the deadline, exits 1, and logs how many", async () => {
    await using server = await startServer(["--fork", "2", "--graceful-timeout", "0.2"], { env: { GATE: "/nowhere" } });
    await beginSlowRequest(server.port);

    server.kill("SIGTERM");
    const { code } = await server.ended;

    expect(code).toBe(1);
    expect(server.stderr).toMatch(/Worker \d \(pid \d+\) cut 1 connection at the deadline/);
  });

  it("kills a worker that cannot drain, and exits 1", async () => {
    await using server = await startServer(["--fork", "2", "--graceful-timeout", "0", "--heartbeat-timeout", "0"]);
    await get(`${server.url}/trouble/hang`, "POST");

    server.kill("SIGTERM");
    const { code } = await server.ended;

    expect(code).toBe(1);
    expect(server.stderr).toMatch(/did not end in time and was killed/);
  });

  it("stops at once at the second signal, and exits 1", async () => {
    await using server = await startServer(["--fork", "2"], { env: { GATE: "/nowhere" } });
    await beginSlowRequest(server.port);

    server.kill("SIGINT");
    await server.saw(/SIGINT: stopping/);
    server.kill("SIGINT");
    const { code } = await server.ended;

    expect(code).toBe(1);
    expect(server.stderr).toContain("Stopped at once");
  });

  it("replaces a worker that is killed under load, with its task id, while the others serve", async () => {
    await using server = await startServer(["--fork", "2"]);
    const load = new Load(server.url, 4);
    const [victim] = server.workers(1);

    process.kill(victim!, "SIGKILL");
    await server.workerCount(1, 2);
    const successor = await server.until(() => {
      const [, pid] = server.workers(1);
      return pid;
    }, "name the successor");
    while ((await getHome(server.url)).pid !== successor);
    await load.stop();

    expect(server.stderr).toMatch(new RegExp(`Worker 1 \\(pid ${victim}\\) was killed by SIGKILL`));
    // Only what was in flight on that worker: at most one request for each of its connections.
    expect(load.failures.length).toBeLessThanOrEqual(4);
    expect(load.failures.every((failure) => failure === "ECONNRESET")).toBe(true);
    const tasks = new Map(load.answered.map(({ pid, task }) => [pid, task]));
    for (const [pid, task] of tasks) expect(server.workers(task!)).toContain(pid);
  });

  it("keeps the port open when all workers die at once: clients wait, and are not refused", async () => {
    await using server = await startServer(["--fork", "2"]);

    for (const pid of [...server.workers(0), ...server.workers(1)]) process.kill(pid, "SIGKILL");
    await server.saw(/was killed by SIGKILL[\s\S]*was killed by SIGKILL/);
    const home = await getHome(server.url);

    expect([server.workers(0)[1], server.workers(1)[1]]).toContain(home.pid);
  });

  it("kills and replaces a worker whose event loop hangs", async () => {
    await using server = await startServer(["--fork", "2", "--heartbeat-timeout", "0.5"]);

    await get(`${server.url}/trouble/hang`, "POST");
    await server.saw(/has not answered for 0\.5 s[\s\S]*was killed by SIGKILL[\s\S]*Worker \d started/);

    expect((await get(server.url)).status).toBe(200);
  });

  it("does not wait out the deadline for a worker that hangs while it stops", async () => {
    await using server = await startServer(["--fork", "2", "--heartbeat-timeout", "0.5", "--graceful-timeout", "600"]);
    await get(`${server.url}/trouble/hang`, "POST");

    server.kill("SIGTERM");
    const { code } = await server.ended;

    expect(code).toBe(1);
    expect(server.stderr).toMatch(/has not answered for 0\.5 s[\s\S]*did not end in time and was killed/);
  });

  it("replaces a worker that ends by itself, whatever its exit code", async () => {
    await using server = await startServer(["--fork", "2"]);

    await get(`${server.url}/trouble/exit`, "POST").catch(() => {});
    await server.saw(/exited with code 3: it is replaced[\s\S]*Worker \d started/);

    expect((await get(server.url)).status).toBe(200);
  });

  it("replaces a worker with an error that nobody caught before that has drained", async () => {
    await using folder = await temporaryFolder();
    const gate = join(folder.path, "gate");
    await using server = await startServer(["--fork", "2"], { env: { GATE: gate } });
    const slow = await beginSlowRequest(server.port);
    // Asks until both workers have thrown, so that the one with the slow request is among them.
    while (server.workers(0).length + server.workers(1).length < 4) {
      await get(`${server.url}/trouble/throw`, "POST");
      await server.saw(/Uncaught exception[\s\S]*thrown outside a request/);
      await getHome(server.url);
    }

    await writeFile(gate, "");

    expect(await slow.answer).toContain("and done");
  });

  it("reloads at SIGHUP under load without losing a request", async () => {
    await using folder = await temporaryFolder();
    const release = join(folder.path, "release");
    await writeFile(release, "1");
    await using server = await startServer(["--fork", "2"], { env: { RELEASE_FILE: release } });
    const kept = new Load(server.url, 3);
    const fresh = new Load(server.url, 1, false);

    for (const generation of [2, 3]) {
      await writeFile(release, String(generation));
      server.kill("SIGHUP");
      await server.workerCount(0, generation);
      await server.workerCount(1, generation);
      await server.until(
        () => (server.output.match(/Reloaded/g)?.length === generation - 1 ? true : undefined),
        "reload",
      );
    }
    await server.until(() => (server.output.match(/\) drained/g)?.length === 4 ? true : undefined), "drain the old");
    const home = await getHome(server.url);
    await kept.stop();
    await fresh.stop();

    expect(kept.failures).toEqual([]);
    expect(fresh.failures).toEqual([]);
    expect(kept.answered.length).toBeGreaterThan(100);
    expect(home.release).toBe("3");
  });

  it("keeps the old workers when a new one fails to start, and names the error", async () => {
    await using folder = await temporaryFolder();
    const release = join(folder.path, "release");
    await writeFile(release, "1");
    await using server = await startServer(["--fork", "2"], { env: { RELEASE_FILE: release } });
    const old = [...server.workers(0), ...server.workers(1)];
    const load = new Load(server.url, 2);

    await writeFile(release, "fault: throw");
    server.kill("SIGHUP");
    await server.saw(/The reload is given up[\s\S]*the database is not there/);
    const home = await getHome(server.url);
    await load.stop();

    expect(old).toContain(home.pid);
    expect(home.release).toBe("1");
    expect(load.failures).toEqual([]);
    expect(server.stderr).not.toContain("drained");
  });

  it("says in one line what a person can put right when a reload fails", async () => {
    await using folder = await temporaryFolder();
    const release = join(folder.path, "release");
    await writeFile(release, "1");
    await using server = await startServer(["--fork", "2"], { env: { RELEASE_FILE: release } });

    await writeFile(release, "fault: debug");
    server.kill("SIGHUP");
    await server.saw(/The reload is given up.*a new one failed: The app sets debug: true.*TORNADO_FORCE_DEBUG=1/);

    expect(server.stderr).not.toMatch(/^\s+at /m);
  });

  it.each([
    ["throw", /TypeError: the database is not there[\s\S]*server\.js:\d+/],
    ["exit", /exited with code 7 before it was ready/],
    ["debug", /TORNADO_FORCE_DEBUG=1/],
  ])("stops everything when a worker fails in the first boot (%s), and prints the error once", async (fault, error) => {
    await using server = launchServer(["--fork", "2"], { env: { FAULT: fault } });
    const { code, stderr } = await server.ended;

    expect(code).toBe(1);
    expect(stderr).toMatch(error);
    expect(stderr.match(new RegExp(error.source.split("[")[0]!, "g"))).toHaveLength(1);
    expect(stderr).not.toContain("Serving at");
  });

  it("stops while it starts when it is told to, and exits 0", async () => {
    await using server = launchServer(["--fork", "2"]);
    await server.saw(/Worker \d started/);

    server.kill("SIGTERM");
    const { code } = await server.ended;

    expect(code).toBe(0);
  });

  it("gives up after --max-restarts, drains the others, and exits 1", async () => {
    await using server = await startServer(["--fork", "2", "--max-restarts", "1"]);

    process.kill(server.workers(0)[0]!, "SIGKILL");
    await server.workerCount(0, 2);
    process.kill(server.workers(0)[1]!, "SIGKILL");
    const { code } = await server.ended;

    expect(code).toBe(1);
    expect(server.stderr).toMatch(/Giving up: workers ended 2 times/);
  });

  it("leaves no orphan when it is killed: its workers drain and end", async () => {
    await using folder = await temporaryFolder();
    const gate = join(folder.path, "gate");
    await using server = await startServer(["--fork", "2"], { env: { GATE: gate, HOOKS: "1" } });
    const slow = await beginSlowRequest(server.port);

    server.kill("SIGKILL");
    await server.saw(/hook: shut down/);
    await writeFile(gate, "");
    const answer = await slow.answer;
    // Its output is the workers', too: it ends when the last of them has.
    await server.ended;

    expect(answer).toContain("and done");
    expect(server.stdout.match(/hook: shut down/g)).toHaveLength(2);
  });

  it("leaves no worker behind that never returns from its code, when it is killed", async () => {
    await using server = await startServer(["--fork", "2", "--graceful-timeout", "0", "--heartbeat-timeout", "0"]);
    await get(`${server.url}/trouble/block`, "POST");

    server.kill("SIGKILL");
    const { signal } = await server.ended;

    expect(signal).toBe("SIGKILL");
  });

  it("says in one line who holds a port that is taken, before it starts a worker", async () => {
    const holder = createServer().listen(0);
    await once(holder, "listening");
    const { port } = holder.address() as AddressInfo;

    await using server = launchServer(["--fork", "2", "--port", String(port)]);
    const { code, stderr } = await server.ended;
    holder.close();

    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(`Port ${port} is in use`);
  });

  it("tells Prometheus what all workers did, also those that have ended", async () => {
    await using server = await startServer(["--fork", "2", "--metrics-port", "0"]);
    const [, metrics] = await server.saw(/Metrics at (http:\/\/127\.0\.0\.1:\d+\/metrics)/);
    const scrape = async () => (await get(metrics!)).body;
    for (let count = 0; count < 10; count += 1) await get(server.url);
    await get(`${server.url}/boom`);
    await get(`${server.url}/nothing`);

    const before = await scrape();
    process.kill(server.workers(0)[0]!, "SIGKILL");
    await server.workerCount(0, 2);
    const after = await scrape();

    for (const text of [before, after]) {
      expect(text).toContain('tornado_requests_total{status="2xx"} 10\n');
      expect(text).toContain('tornado_requests_total{status="4xx"} 1\n');
      expect(text).toContain('tornado_requests_total{status="5xx"} 1\n');
      expect(text).toContain('tornado_request_duration_seconds_bucket{le="+Inf"} 12\n');
      expect(text).toMatch(/tornado_resident_memory_bytes\{worker="0"\} \d{7,}\n/);
      expect(text).toMatch(/tornado_event_loop_delay_seconds\{worker="1",quantile="0\.99"\} 0?\.?\d/);
    }
    expect(before).toContain("tornado_worker_restarts_total 0\n");
    expect(after).toContain("tornado_worker_restarts_total 1\n");
    expect(after).toContain("tornado_workers 2\n");
  });
});
