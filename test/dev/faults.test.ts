import { execFile, execFileSync } from "node:child_process";
import { chmod, rename, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { RunningDevServer, smallApp } from "./running-dev-server.js";

const wordIs = (word: string) => `export const word: string = ${JSON.stringify(word)};\n`;
const run = promisify(execFile);

/** User namespaces let a test set limits of the system for itself alone. */
const hasNamespaces = succeeds("unshare", ["-Ur", "true"]);
const isRoot = process.getuid?.() === 0;
const hasOtherUser = !isRoot || succeeds("setpriv", ["--reuid", "65534", "--clear-groups", "true"]);
const hasPython = succeeds("/usr/bin/python3", ["--version"]);

describe("a dev server where something is wrong with the machine", () => {
  it.skipIf(!hasNamespaces)(
    "polls when the system has no file watches left, and says so (needs unshare -Ur)",
    async () => {
      await using server = await RunningDevServer.start(smallApp, {}, {}, [
        "unshare",
        "-Ur",
        "sh",
        "-c",
        'echo 3 > /proc/sys/user/max_inotify_watches && exec "$@"',
        "sh",
      ]);
      await server.program.saw(/limit of watched files is reached \(ENOSPC\)/);

      await server.save("src/word.ts", wordIs("polled"));
      await server.program.saw(/reloaded src\/word\.ts/);

      expect((await server.get("/")).body).toBe("polled");
    },
  );

  it.skipIf(!hasPython)(
    "serves what was saved without an event, and polls from the second time on (needs python3)",
    async () => {
      await using server = await RunningDevServer.start();
      await server.get("/");
      const saved: string[] = [];

      for (const word of ["again", "third"]) {
        await saveUnnoticed(server.path("src/word.ts"), saved.at(-1) ?? "first", word);
        saved.push((await server.get("/")).body);
      }
      await server.program.saw(/The system tells of no saved files here/);
      await saveUnnoticed(server.path("src/word.ts"), "third", "forth");
      await server.program.saw(/(?:reloaded src\/word\.ts[\s\S]*){3}/);

      expect(saved).toEqual(["again", "third"]);
      expect((await server.get("/")).body).toBe("forth");
    },
  );

  it.skipIf(!hasNamespaces)(
    "says that the disk is full, and comes back by itself when there is room (needs unshare -Urm)",
    async () => {
      await using server = await RunningDevServer.start(smallApp, {}, {}, [
        "unshare",
        "-Urm",
        "sh",
        "-c",
        'mkdir -p .tornado && mount -t tmpfs -o size=3m tmpfs .tornado && exec "$@"',
        "sh",
      ]);
      await server.get("/");
      const mounted = `/proc/${server.program.pid}/root${server.path(".tornado")}`;

      await writeFile(`${mounted}/ballast`, Buffer.alloc(4_000_000)).catch(() => {});
      // What changes no export needs no place on the disk.
      await server.save("src/word.ts", `${wordIs("later")}export const more = 1;\n`);
      await server.program.saw(/The disk is full: .* \(ENOSPC\)/);
      const full = await server.get("/");
      await rm(`${mounted}/ballast`);
      await server.program.saw(/restarted the app/);

      expect(full.body).toContain("the app comes back by itself");
      expect((await server.get("/")).body).toBe("later");
    },
  );

  it("goes on after its folder was renamed away and back", async () => {
    await using server = await RunningDevServer.start();
    await server.get("/");
    const away = `${server.root}-away`;

    await rename(server.root, away);
    const gone = await server.until("/", ({ status }) => status === 500);
    await rename(away, server.root);
    await server.save("src/word.ts", wordIs("back"));
    const back = await server.until("/", ({ body }) => body === "back");

    expect(gone.body).toContain("src/app.ts");
    expect(back.status).toBe(200);
  });

  it.skipIf(!hasOtherUser)("goes on when its files could not be read for a while (as root needs setpriv)", async () => {
    const asAnother = ["sh", "-c", 'chown -R 65534 . && exec setpriv --reuid 65534 --clear-groups "$@"', "sh"];
    await using server = await RunningDevServer.start(smallApp, {}, {}, isRoot ? asAnother : []);
    await server.get("/");

    await chmod(server.path("src"), 0);
    const closed = await server.until("/", ({ status }) => status === 500);
    await chmod(server.path("src"), 0o755);
    const open = await server.get("/");

    expect(closed.body).toContain("src/app.ts");
    expect(closed.body).not.toContain("reload-cycle");
    expect(open.body).toBe("first");
  });

  it("says that an app hangs, and gets out of it by the next save", async () => {
    await using server = await RunningDevServer.start();
    await server.begin("/loop");

    await server.program.saw(/has not answered for 5 s: its event loop is blocked\. Save a file to start it again/);
    await server.save("src/word.ts", wordIs("out"));

    expect((await server.get("/")).body).toBe("out");
  });

  it("restarts once for a checkout of 300 files", async () => {
    const modules = Array.from(
      { length: 300 },
      (_, index) => [`src/m${index}.ts`, `export const v${index} = 1;\n`] as const,
    );
    const imports = modules.map((_, index) => `import { v${index} } from "./m${index}.js";`).join("\n");
    const uses = `globalThis.total = ${modules.map((_, index) => `v${index}`).join(" + ")};`;
    const app = smallApp["src/app.ts"]!.replace(
      "this.write(word)",
      "this.write(String(Reflect.get(globalThis, 'total')))",
    );
    await using server = await RunningDevServer.start({
      ...smallApp,
      ...Object.fromEntries(modules),
      "src/app.ts": `${imports}\n${app.replace("class Home", `${uses.replace("globalThis.total", "(globalThis as any).total")}\nclass Home`)}`,
    });
    const git = (...args: string[]) =>
      run("git", ["-c", "user.name=t", "-c", "user.email=t@example.test", ...args], { cwd: server.root });
    expect((await server.get("/")).body).toBe("300");
    await git("init", "-q");
    await git("add", "src");
    await git("commit", "-qm", "one");
    await git("checkout", "-qb", "two");
    for (const [file, text] of modules) await server.save(file, text.replace("= 1", "= 2"));
    await server.until("/", ({ body }) => body === "600");
    await git("commit", "-qam", "two");
    await server.program.saw(/reloaded/);
    const before = reloads(server);

    await git("checkout", "-q", "-");
    const first = await server.get("/");
    await server.until("/", ({ body }) => body === "300");

    // Nothing in between is an error, and the first answer is of one branch or of the other.
    expect(["300", "600"]).toContain(first.body);
    expect(reloads(server) - before).toBeLessThanOrEqual(3);
    expect(server.program.output).not.toMatch(/cannot be built|has stopped|does not run/);
  });
});

function reloads(server: RunningDevServer): number {
  return server.program.output.match(/^reloaded/gm)?.length ?? 0;
}

/** Changes a file as a mounted folder does: the system raises no event for what is written through memory. */
async function saveUnnoticed(file: string, from: string, to: string): Promise<void> {
  const script =
    "import mmap, sys, os\nwith open(sys.argv[1], 'r+b') as f:\n m = mmap.mmap(f.fileno(), 0)\n i = m.find(sys.argv[2].encode())\n" +
    " m[i:i+len(sys.argv[2])] = sys.argv[3].encode()\n m.flush()\n m.close()\n";
  await run("/usr/bin/python3", ["-c", script, file, from, to]);
}

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    if (process.env.CI) throw new Error(`${command} ${args.join(" ")} must work in CI.`);
    return false;
  }
}
