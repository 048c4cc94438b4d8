/** Renders one scenario with one engine for some seconds of CPU time, and tells what a rendering took and what it printed. */

import { data } from "./data.js";

const [, , engine, scenario, seconds] = process.argv;
const { renderers } = await import(`./${engine}.js`);
const render = renderers[scenario];
/** What is printed is encoded too, as for a socket: only then is a text that was put together from pieces a whole one. */
const bytes = Buffer.alloc(2 ** 21);

function run(milliseconds) {
  const begun = process.cpuUsage();
  let renderings = 0;
  for (;;) {
    for (let index = 0; index < 20; index++) bytes.write(render(data[scenario]));
    renderings += 20;
    const { user, system } = process.cpuUsage(begun);
    if (user + system > milliseconds * 1000) return (user + system) / renderings;
  }
}

run(300);
const microseconds = run(Number(seconds) * 1000);
const text = render(data[scenario]).replace(/\s+/g, "").replaceAll("&#x27;", "&#39;").replaceAll("&#x3D;", "=");
process.send({ microseconds, text });
