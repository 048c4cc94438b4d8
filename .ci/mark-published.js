/** Runs before `npm publish`, and not before `npm pack`: notes in dist/ that this version is on the registry. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
mkdirSync("dist", { recursive: true });
writeFileSync("dist/published.json", `${JSON.stringify({ version })}\n`);
