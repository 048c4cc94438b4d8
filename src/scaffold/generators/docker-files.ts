/** The Dockerfile of an app, and the list of what it must not copy. */

import type { GeneratedApp } from "./generation.js";

/** How an install that changes no list of packages is asked for, by the list it goes by. */
const INSTALLS: readonly { readonly list: string; readonly command: string; readonly build: string }[] = [
  { list: "package-lock.json", command: "npm ci", build: "npm run build" },
  { list: "pnpm-lock.yaml", command: "corepack enable && pnpm install --frozen-lockfile", build: "pnpm run build" },
  { list: "yarn.lock", command: "corepack enable && yarn install --frozen-lockfile", build: "yarn run build" },
  { list: "bun.lock", command: "npm install -g bun && bun install --frozen-lockfile", build: "bun run build" },
];

/** Files that change what an install does. */
const INSTALL_SETTINGS = [".npmrc", ".yarnrc.yml", "pnpm-workspace.yaml"];

/** Gives Dockerfile and .dockerignore. */
export function dockerFiles(app: GeneratedApp): Readonly<Record<string, string>> {
  return { Dockerfile: dockerfile(app), ".dockerignore": IGNORED };
}

function dockerfile(app: GeneratedApp): string {
  const has = (path: string) => app.read(path) !== undefined;
  const install = INSTALLS.find(({ list }) => has(list));
  const lists = ["package.json", ...(install === undefined ? [] : [install.list]), ...INSTALL_SETTINGS.filter(has)];
  return `# docker build -t my-app . && docker run --env-file .env -p 8888:8888 my-app

# Builds in one image and serves from another, so that what is served from has no packages, sources or tools in it.
FROM node:24-slim AS build
WORKDIR /app
# The lists of packages first: as long as they stay the same, Docker takes the installed packages from its cache.
COPY ${lists.join(" ")} ./
RUN ${install?.command ?? "npm install"}
COPY . .
RUN ${install?.build ?? "npm run build"}

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production
# dist runs with Node.js alone: templates and static files are in it.
COPY --from=build /app/dist ./dist
# Not root, so that a hole in the app is not one in the container. The port is above 1023 for the same reason.
USER node
EXPOSE 8888
# Any answer but a failure is a good one; ask for a page of your own if "/" is a costly one.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.TORNADO_PORT || 8888)).then((response) => process.exit(response.status < 500 ? 0 : 1), () => process.exit(1))"]
# One worker for each CPU. In a container, localhost is the container itself: 0.0.0.0 lets its network in.
# In this form, without a shell, Docker's SIGTERM reaches the server, which then answers what it has begun. Docker waits 10
# seconds for that, the server up to 30: raise the one with "docker stop --time", or lower the other with
# TORNADO_GRACEFUL_TIMEOUT. Behind a proxy that sets X-Real-Ip and X-Scheme, add "--xheaders".
CMD ["node", "dist/server.js", "--fork", "0", "--host", "0.0.0.0"]
`;
}

const IGNORED = `# Made anew inside the image.
node_modules
dist
coverage
.tornado

# Secrets come with the container ("docker run --env-file .env"): an image is copied to places that must not know them.
.env
.env.*
!.env.example

# Would spoil the cache of the build, and are not needed in it.
.git
*.log
Dockerfile
.dockerignore
deploy
`;
