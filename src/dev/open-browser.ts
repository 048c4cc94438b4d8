/** Opens a URL in the person's browser. */

import { spawn } from "node:child_process";

/** Opens it, or does nothing where there is no browser to be found. `BROWSER` names another program, or `none`. */
export function openBrowser(url: string): void {
  const chosen = process.env.BROWSER;
  if (chosen === "none") return;
  const [command, args] = commandFor(url, chosen);
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}

function commandFor(url: string, chosen: string | undefined): [string, string[]] {
  if (chosen !== undefined && chosen !== "") return [chosen, [url]];
  if (process.platform === "darwin") return ["open", [url]];
  // The first quoted argument of start is a title.
  if (process.platform === "win32") return ["cmd", ["/c", "start", '""', url.replaceAll("&", "^&")]];
  return ["xdg-open", [url]];
}
