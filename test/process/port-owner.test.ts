import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { describePortOwner, portOwner } from "../../src/process/port-owner.js";

// Only Linux has the /proc that tells it.
describe.runIf(process.platform === "linux")("the owner of a port", () => {
  it.each(["127.0.0.1", "::"])("is the process that listens on it at %s", async (host) => {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;

    const owner = await portOwner(port);
    const words = await describePortOwner(port);
    server.close();

    expect(owner?.pid).toBe(process.pid);
    expect(words).toMatch(new RegExp(`^ by "node.*" \\(pid ${process.pid}\\)$`));
  });

  it("is nobody for a port that is free", async () => {
    const server = createServer().listen(0);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");

    expect(await portOwner(port)).toBeUndefined();
    expect(await describePortOwner(port)).toBe("");
  });
});
