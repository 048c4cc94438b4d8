/** Opens a URL in the person's browser. */

import { spawn } from "node:child_process";

/**
 * Opens it. `BROWSER` names another program, or `none`.
 *
 * @param onFailure - Told of the program that is not there, or found no browser.
 */
export function openBrowser(url: string, onFailure: (program: string) => void): void {
  const chosen = process.env.BROWSER;
  if (chosen === "none") return;
  const [command, args] = commandFor(url, chosen);
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.on("error", () => onFailure(command));
  child.on("exit", (code) => {
    if (code !== null && code !== 0) onFailure(command);
  });
  child.unref();
}

function commandFor(url: string, chosen: string | undefined): [string, string[]] {
  if (chosen !== undefined && chosen !== "") return [chosen, [url]];
  if (process.platform === "darwin") return ["open", [url]];
  // The first quoted argument of start is a title.
  if (process.platform === "win32") return ["cmd", ["/c", "start", '""', url.replaceAll("&", "^&")]];
  return ["xdg-open", [url]];
}
