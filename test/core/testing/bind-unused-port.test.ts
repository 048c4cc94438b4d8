import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { bindUnusedPort } from "../../../src/core/testing/bind-unused-port.js";

it("holds a free port until its server is closed", async () => {
  const { server, port } = await bindUnusedPort();

  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
  server.close();
  await once(server, "close");

  const refused = connect(port, "127.0.0.1");
  const [error] = await once(refused, "error");
  expect(error.code).toBe("ECONNREFUSED");
});
