/**
 * Visits every page of a site once, ten at a time, and prints their addresses.
 *
 *     node webspider.ts --start=http://127.0.0.1:8888/docs/
 */

import { AsyncHTTPClient, HTTPClientError } from "tornado/httpclient";
import { define, parseCommandLine } from "tornado/options";
import { Queue } from "tornado/queues";

const start = define("start", {
  default: "http://127.0.0.1:8888/",
  help: "the first page; only those below it are visited",
});
const workers = define("workers", { default: 10, help: "pages that are asked for at a time" });
const limit = define("limit", { default: 60, help: "seconds for everything together" });

const maxPageBytes = 2_000_000;

/** Gives the addresses that a page links to, without their fragments. */
async function linksOf(address: string): Promise<string[]> {
  const response = await http.fetch(address, { requestTimeout: 10, maxBodySize: maxPageBytes });
  if (!response.headers.get("Content-Type")?.startsWith("text/html")) return [];
  const { effectiveUrl } = response;
  return [...response.text().matchAll(/<a\s[^>]*?href="([^"]*)"/gi)]
    .map(([, href]) => href!.replaceAll("&amp;", "&"))
    .filter((href) => URL.canParse(href, effectiveUrl))
    .map((href) => new URL(href, effectiveUrl).href.split("#", 1)[0]!);
}

/** Visits what is in the queue, and puts what it finds there into it. */
async function work(): Promise<void> {
  for await (const address of queue) {
    try {
      const links = await linksOf(address);
      process.stdout.write(`${address}\n`);
      for (const link of links) await discover(link);
    } catch (error) {
      if (!(error instanceof HTTPClientError)) throw error;
      failed++;
      process.stderr.write(`${address}: ${error.message}\n`);
    } finally {
      queue.taskDone();
    }
  }
}

async function discover(address: string): Promise<void> {
  if (!address.startsWith(first) || discovered.has(address)) return;
  discovered.add(address);
  await queue.put(address);
}

parseCommandLine();
const first = new URL(start.value).href;
const http = new AsyncHTTPClient({ forceInstance: true, maxClients: workers.value });
const queue = new Queue<string>();
const discovered = new Set<string>();
let failed = 0;

await discover(first);
for (let count = 0; count < workers.value; count++) void work();
// Everything that was put in is done: no page is left, and none is being read that could bring more.
await queue.join({ timeout: limit.value });
await http.close();
process.stdout.write(`${discovered.size} pages, of which ${failed} could not be read.\n`);
if (failed > 0) process.exitCode = 1;
