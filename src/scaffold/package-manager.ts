/** The package managers that may install an app: how each is recognised, and its words for the same things. */

/** What the generator and its messages need to know of a package manager. */
export interface PackageManager {
  readonly name: PackageManagerName;
  /** What a person types to install, as in `npm install`. */
  readonly installCommand: string;
  /** Arguments of an install that keeps quiet about funding and audits. */
  readonly installArguments: readonly string[];
  /** What a person types to run a script of package.json. */
  readonly runCommand: (script: string) => string;
  /** What a person types to run a published package without installing it. */
  readonly runPackage: string;
  /** Files that only this package manager needs, by path. */
  readonly extraFiles: Readonly<Record<string, string>>;
}

/** The values of `--package-manager`. */
export const PACKAGE_MANAGER_NAMES = ["npm", "pnpm", "yarn", "bun"] as const;

/** One of npm, pnpm, yarn and bun. */
export type PackageManagerName = (typeof PACKAGE_MANAGER_NAMES)[number];

/** What an install leaves behind, to be taken away again when it fails in a folder that was there before. */
export const INSTALL_TRACES = [
  "node_modules",
  "package-lock.json",
  "pnpm-lock.yaml",
  "yarn.lock",
  "bun.lock",
  "bun.lockb",
  ".yarn",
  ".pnp.cjs",
  ".pnp.loader.mjs",
] as const;

const PACKAGE_MANAGERS: Readonly<Record<PackageManagerName, PackageManager>> = {
  npm: {
    name: "npm",
    installCommand: "npm install",
    installArguments: ["install", "--no-audit", "--no-fund", "--no-progress"],
    runCommand: (script) => (script === "test" || script === "start" ? `npm ${script}` : `npm run ${script}`),
    runPackage: "npx",
    extraFiles: {},
  },
  pnpm: {
    name: "pnpm",
    installCommand: "pnpm install",
    installArguments: ["install", "--no-frozen-lockfile"],
    runCommand: (script) => `pnpm ${script}`,
    runPackage: "pnpm dlx",
    // pnpm runs no install script that it was not told of: the first key is for pnpm 10, the second for later ones. The file also makes
    // the app a root of its own when it lies inside another workspace.
    extraFiles: { "pnpm-workspace.yaml": "onlyBuiltDependencies:\n  - esbuild\nallowBuilds:\n  esbuild: true\n" },
  },
  yarn: {
    name: "yarn",
    installCommand: "yarn install",
    installArguments: ["install"],
    // `yarn check` of yarn 1 is a command of its own.
    runCommand: (script) => (script === "check" ? "yarn run check" : `yarn ${script}`),
    runPackage: "yarn dlx",
    // Later yarns take a folder for a project of its own only when it has a lock file; yarn 1 ignores the other one.
    extraFiles: { ".yarnrc.yml": "nodeLinker: node-modules\n", "yarn.lock": "" },
  },
  bun: {
    name: "bun",
    installCommand: "bun install",
    installArguments: ["install"],
    // `bun test` is its own test runner, so the word `run` is needed.
    runCommand: (script) => `bun run ${script}`,
    runPackage: "bunx",
    extraFiles: {},
  },
};

/** Gives what is known about a package manager. */
export function packageManagerNamed(name: PackageManagerName): PackageManager {
  return PACKAGE_MANAGERS[name];
}

/**
 * Finds the package manager that started this program by its `npm_config_user_agent`, such as `pnpm/10.1.0 npm/? node/v20.20.2`.
 *
 * What is on disk does not count: a lock file in a folder above belongs to another project. Default npm.
 */
export function detectPackageManager(environment: NodeJS.ProcessEnv): PackageManagerName {
  const name = environment.npm_config_user_agent?.split("/", 1)[0];
  return PACKAGE_MANAGER_NAMES.find((known) => known === name) ?? "npm";
}

/** Puts the words of another package manager into a text that is written for npm; what stands in a column stays in it. */
export function inWordsOf(packageManager: PackageManager, text: string): string {
  return text.replace(
    /npm (?:(install)|(?:run )?(test|start|(?<=run )[\w:-]+))( {2,})?/g,
    (found, install, script, gap) => {
      const words = install ? packageManager.installCommand : packageManager.runCommand(script);
      return gap ? words.padEnd(found.length) : words;
    },
  );
}
