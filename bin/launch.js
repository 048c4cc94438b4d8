/** What both programs do first: answer --version at once, refuse a Node.js that is too old, then load the program itself. */
import { existsSync, readFileSync } from "node:fs";

const packageFolder = new URL("../", import.meta.url);

/** Runs the program of that name, which is a module of dist/cli with a `main`. */
export async function launch(name) {
  const [argument, ...others] = process.argv.slice(2);
  if (others.length === 0 && (argument === "--version" || argument === "-V")) {
    process.stdout.write(`${JSON.parse(readFileSync(new URL("package.json", packageFolder), "utf8")).version}\n`);
    return;
  }
  const program = new URL(`dist/cli/${name}.js`, packageFolder);
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(
      `error: ${name} needs Node.js 20.19 or later, and this is ${process.versions.node}. Install a newer one.\n`,
    );
    process.exitCode = 1;
  } else if (!existsSync(program)) {
    process.stderr.write(`error: this checkout of ${name} is not built. Run "npm run build" in it first.\n`);
    process.exitCode = 1;
  } else {
    const { main } = await import(program.href);
    await main(process.argv.slice(2));
  }
}
