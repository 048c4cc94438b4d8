import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitLock, waitForGit } from "../../src/dev/git-lock.js";
import { temporaryFolder } from "../support/temporary-folder.js";

describe("git's lock", () => {
  it("is that of the repository around the app", async () => {
    await using folder = await temporaryFolder("tornado-git");
    await mkdir(join(folder.path, ".git"));
    await mkdir(join(folder.path, "apps/shop"), { recursive: true });

    expect(gitLock(join(folder.path, "apps/shop"))).toBe(join(folder.path, ".git/index.lock"));
  });

  it("is waited for until it is gone", async () => {
    await using folder = await temporaryFolder("tornado-git");
    const lock = join(folder.path, "index.lock");
    await writeFile(lock, "");
    const order: string[] = [];

    const waited = waitForGit(lock).then(() => order.push("waited"));
    await rm(lock).then(() => order.push("gone"));
    await waited;

    expect(order).toEqual(["gone", "waited"]);
  });
});
