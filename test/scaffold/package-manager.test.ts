import { expect, it } from "vitest";
import { detectPackageManager, inWordsOf, packageManagerNamed } from "../../src/scaffold/package-manager.js";

it.each([
  ["npm/11.19.1 node/v20.20.2 linux x64 workspaces/false", "npm"],
  ["pnpm/10.1.0 npm/? node/v20.20.2 linux x64", "pnpm"],
  ["yarn/1.22.22 npm/? node/v20.20.2 linux x64", "yarn"],
  ["yarn/4.5.0 npm/? node/v20.20.2 linux x64", "yarn"],
  ["bun/1.4.5 npm/? node/v20.20.2 linux x64", "bun"],
  ["deno/2.0.0", "npm"],
  ["", "npm"],
  [undefined, "npm"],
])("finds in the user agent %j the package manager %s", (userAgent, name) => {
  expect(detectPackageManager({ npm_config_user_agent: userAgent })).toBe(name);
});

it("keeps what stands in a column in it", () => {
  const text = "npm install       install\nnpm run check     check\nnpm start         serve\n";

  expect(inWordsOf(packageManagerNamed("yarn"), text)).toBe(
    "yarn install      install\nyarn run check    check\nyarn start        serve\n",
  );
});

it.each([
  ["npm", "npm install, npm run dev, npm test, npm start, npm run check"],
  ["pnpm", "pnpm install, pnpm dev, pnpm test, pnpm start, pnpm check"],
  // `yarn check` is a command of yarn 1 itself.
  ["yarn", "yarn install, yarn dev, yarn test, yarn start, yarn run check"],
  ["bun", "bun install, bun run dev, bun run test, bun run start, bun run check"],
] as const)("speaks the words of %s", (name, words) => {
  expect(inWordsOf(packageManagerNamed(name), "npm install, npm run dev, npm test, npm start, npm run check")).toBe(
    words,
  );
});
