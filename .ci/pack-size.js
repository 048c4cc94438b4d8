/** Prints what `npm pack` would publish: its size, and the folders in it. Fails when something else slipped in. */
import { execFileSync } from "node:child_process";

const [report] = JSON.parse(
  execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8" }),
);
const allowed = /^(bin|dist|templates|docs)\/|^(package\.json|README\.md|LICENSE)$/;
const strangers = report.files.map((file) => file.path).filter((path) => !allowed.test(path));

const sizes = new Map();
for (const file of report.files) {
  const folder = file.path.includes("/") ? `${file.path.split("/")[0]}/` : file.path;
  sizes.set(folder, (sizes.get(folder) ?? 0) + file.size);
}
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1).padStart(8)} kB`;
for (const [folder, size] of sizes) console.log(`${kilobytes(size)}  ${folder}`);
console.log(`${kilobytes(report.unpackedSize)}  unpacked, ${report.entryCount} files`);
console.log(`${kilobytes(report.size)}  packed`);

if (strangers.length > 0) {
  console.error(`These files do not belong in the package: ${strangers.join(", ")}. Correct "files" in package.json.`);
  process.exitCode = 1;
}
