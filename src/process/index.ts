/** The entry point `tornado/process`: more processes of this program, and other programs. */

export { cpuCount } from "./cpu-count.js";
export { forkProcesses } from "./fork-processes.js";
export { CalledProcessError, Subprocess, type SubprocessOptions, type SubprocessStdio } from "./subprocess.js";
export { taskId } from "./task-id.js";
