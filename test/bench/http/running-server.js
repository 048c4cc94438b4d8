/** A server of the benchmark in a process of its own, whatever it is written in. */

import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pageFolder, staticFolder } from "./serve.js";

/** Debian's, for which python3-tornado is packaged. */
const python = "/usr/bin/python3";
/** USER_HZ, in which Linux counts a process's time for everyone to see: 100 on all that it runs on today. */
const microsecondsPerTick = 10_000;

/** Starts a server and answers with its port, how to read its CPU time, and how to stop it. */
export function startServer(name) {
  return name === "python-tornado" ? startPython(name) : startNode(name);
}

async function startNode(name) {
  const child = fork(join(import.meta.dirname, `${name}.js`), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [port] = await once(child, "message");
  const cpuMicroseconds = async () => {
    child.send("cpu");
    const [microseconds] = await once(child, "message");
    return microseconds;
  };
  return { port, cpuMicroseconds, stop: () => stop(child) };
}

async function startPython(name) {
  const script = join(import.meta.dirname, `${name}.py`);
  const child = spawn(python, [script, staticFolder, pageFolder], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout.setEncoding("utf8"), "data");
  const cpuMicroseconds = async () => {
    // The fields behind the name, which may hold spaces; user and system time are the 14th and 15th of all.
    const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
  };
  return { port: Number(line), cpuMicroseconds, stop: () => stop(child) };
}

async function stop(child) {
  const ended = once(child, "exit");
  child.kill();
  await ended;
}

/** Whether Python's Tornado can be compared with at all. */
export async function hasPythonTornado() {
  const [code] = await once(spawn(python, ["-c", "import tornado"], { stdio: "ignore" }), "exit").catch(() => [1]);
  return code === 0;
}
