/** RFC 6455 and 7692 from the wire, in the groups that the tests of others have. */

import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HTTPServer } from "../../../src/core/http/server.js";
import { subscribeToLog } from "../../../src/core/log.js";
import { Application } from "../../../src/core/web/application.js";
import { WebSocketHandler } from "../../../src/core/websocket/websocket-handler.js";
import { close, frame, RawWebSocket, text } from "./raw-websocket.js";

class Echo extends WebSocketHandler {
  override onMessage(message: string | Buffer) {
    return this.writeMessage(message);
  }
}

class CompressedEcho extends Echo {
  override getCompressionOptions() {
    return {};
  }
}

class WithoutTakeover extends Echo {
  override getCompressionOptions() {
    return { contextTakeover: false };
  }
}

let server: HTTPServer;
let forget: () => void;
beforeAll(async () => {
  forget = subscribeToLog(() => true);
  const app = new Application(
    [
      ["/ws", Echo],
      ["/deflate", CompressedEcho],
      ["/no-takeover", WithoutTakeover],
    ],
    { websocketMaxMessageSize: 100_000 },
  );
  server = await app.listen(0, { address: "127.0.0.1" });
});
afterAll(async () => {
  server.stop();
  await server.closeAllConnections();
  forget();
});

async function exchange(...frames: Uint8Array[]): Promise<string[]> {
  const websocket = await RawWebSocket.open(server.port);
  websocket.send(...frames);
  return await websocket.transcript();
}

const bye = close(1000);
const long = (length: number) => "*".repeat(length);

describe("framing", () => {
  it.each([0, 1, 125, 126, 127, 128, 65535, 65536, 100_000])("echoes text and bytes of length %d", async (length) => {
    const websocket = await RawWebSocket.open(server.port);
    const body = Buffer.alloc(length, "*");

    websocket.send(frame(1, body), frame(2, body), bye);

    const answers = [await websocket.read(), await websocket.read()];
    expect(answers.map((answer) => [answer?.opcode, answer?.payload.equals(body)])).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  it("takes a frame that comes byte by byte, and many that come at once", async () => {
    const websocket = await RawWebSocket.open(server.port);
    for (const byte of text("slowly")) websocket.send(Uint8Array.of(byte));
    websocket.send(...Array.from({ length: 200 }, (_, index) => text(String(index))), bye);

    expect(await websocket.transcript()).toEqual([
      "text slowly",
      ...Array.from({ length: 200 }, (_, index) => `text ${index}`),
      "close 1000",
    ]);
  });

  it.each([
    ["a frame without a mask", frame(1, "x", { isMasked: false })],
    ["a length of 64 bits with the highest one set", Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])],
  ])("refuses %s", async (_, bytes) => {
    expect(await exchange(bytes)).toEqual([expect.stringMatching(/^close 100[29]$/)]);
  });
});

describe("pings", () => {
  it.each([
    ["nothing", ""],
    ["text", "Hello"],
    ["bytes", Buffer.from([0, 255, 254, 0x80])],
    ["125 bytes", long(125)],
  ])("are answered with what they hold: %s", async (_, payload) => {
    const websocket = await RawWebSocket.open(server.port);
    websocket.send(frame(9, payload));

    const answer = await websocket.read();

    expect([answer?.opcode, answer?.payload]).toEqual([10, Buffer.from(payload as string)]);
  });

  it("may come between the pieces of a message", async () => {
    expect(await exchange(text("a", { isFinal: false }), frame(9, "p"), frame(0, "b"), bye)).toEqual([
      "pong p",
      "text ab",
      "close 1000",
    ]);
  });

  it("need not be asked for: a pong of its own accord is let be", async () => {
    expect(await exchange(frame(10, "unasked"), text("x"), bye)).toEqual(["text x", "close 1000"]);
  });

  it.each([
    ["more than 125 bytes", frame(9, long(126))],
    ["in pieces", frame(9, "x", { isFinal: false })],
  ])("are refused with %s", async (_, bytes) => {
    expect(await exchange(bytes)).toEqual(["close 1002"]);
  });
});

describe("reserved bits and opcodes", () => {
  it.each([1, 2, 3, 4, 5, 6, 7])("refuses the bits %d", async (rsv) => {
    expect(await exchange(text("first"), frame(1, "x", { rsv }), text("after"))).toEqual(["text first", "close 1002"]);
  });

  it.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])("refuses the opcode %d", async (opcode) => {
    expect(await exchange(text("first"), frame(opcode, "x"), text("after"))).toEqual(["text first", "close 1002"]);
  });
});

describe("fragmentation", () => {
  const part = (opcode: number, payload: string, isFinal = false) => frame(opcode, payload, { isFinal });

  it.each<[string, Buffer[], string[]]>([
    ["two pieces", [part(1, "a"), part(0, "b", true)], ["text ab", "close 1000"]],
    ["empty pieces", [part(1, ""), part(0, ""), part(0, "", true)], ["text", "close 1000"]],
    ["empty pieces around one", [part(1, ""), part(0, "a"), part(0, "", true)], ["text a", "close 1000"]],
    ["bytes", [part(2, "a"), part(0, "b"), part(0, "c", true)], ["binary abc", "close 1000"]],
    [
      "a character cut in two",
      [frame(1, Buffer.from([0xc3]), { isFinal: false }), frame(0, Buffer.from([0xa9]))],
      ["text é", "close 1000"],
    ],
    ["a continuation of nothing", [part(0, "a", true)], ["close 1002"]],
    ["a piece of nothing", [part(0, "a")], ["close 1002"]],
    ["a message within another", [part(1, "a"), part(1, "b", true)], ["close 1002"]],
    ["a continuation after the end", [part(1, "a"), part(0, "b", true), part(0, "c", true)], ["text ab", "close 1002"]],
  ])("with %s", async (_, frames, expected) => {
    expect(await exchange(...frames, bye)).toEqual(expected);
  });

  it("has a limit of pieces, so that tiny ones cannot fill the memory (CVE-2026-48779)", async () => {
    const pieces = Array.from({ length: 20_000 }, () => part(0, ""));

    expect(await exchange(part(1, ""), ...pieces)).toEqual(["close 1008"]);
  });
});

describe("UTF-8", () => {
  it.each(["κόσμε", "\u0000", "\u{10FFFF}", "\uFFFE", "𐀀", "Hello-µ@ßöäüàá-UTF-8!!"])("takes %j", async (valid) => {
    expect(await exchange(text(valid), bye)).toEqual([`text ${valid}`, "close 1000"]);
  });

  it.each([
    ["a lone continuation byte", "80"],
    ["a cut sequence", "ce"],
    ["a surrogate", "eda080"],
    ["an overlong slash", "c0af"],
    ["an overlong of four bytes", "f08080af"],
    ["beyond U+10FFFF", "f4908080"],
    ["the byte 0xFE", "fe"],
    ["text before it", "68656c6c6ff5"],
  ])("refuses %s", async (_, hex) => {
    expect(await exchange(frame(1, Buffer.from(hex, "hex")))).toEqual(["close 1007"]);
  });

  it("is not asked of bytes", async () => {
    const websocket = await RawWebSocket.open(server.port);
    websocket.send(frame(2, Buffer.from("fe", "hex")));

    expect((await websocket.read())?.payload.toString("hex")).toBe("fe");
  });
});

describe("closing", () => {
  it.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
    "answers %d with itself",
    async (code) => {
      expect(await exchange(close(code, "why"))).toEqual([`close ${code}`]);
    },
  );

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535])("refuses %d", async (code) => {
    expect(await exchange(close(code))).toEqual(["close 1002"]);
  });

  it.each<[string, Buffer, string]>([
    ["no code", close(), "close"],
    ["half a code", frame(8, Buffer.from([3])), "close 1002"],
    ["a reason of 123 bytes", close(1000, long(123)), "close 1000"],
    [
      "a reason that is too long",
      frame(8, Buffer.concat([Buffer.from([3, 232]), Buffer.alloc(124, 42)])),
      "close 1002",
    ],
    ["a reason that is no UTF-8", frame(8, Buffer.from([3, 232, 0xfe])), "close 1007"],
  ])("with %s", async (_, bytes, expected) => {
    expect(await exchange(bytes)).toEqual([expected]);
  });

  it("is the end: nothing after it counts", async () => {
    expect(await exchange(close(1000), text("late"), frame(9, "late"))).toEqual(["close 1000"]);
  });

  it("ends a message in pieces", async () => {
    expect(await exchange(text("a", { isFinal: false }), close(1000))).toEqual(["close 1000"]);
  });
});

describe("limits", () => {
  it.each<[string, Buffer[]]>([
    ["a frame", [text(long(100_001))]],
    ["the pieces of a message", [text(long(60_000), { isFinal: false }), frame(0, long(60_000))]],
    ["a length that is only said", [Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4])]],
  ])("refuses too much in %s", async (_, frames) => {
    expect(await exchange(...frames)).toEqual(["close 1009"]);
  });
});

describe("permessage-deflate", () => {
  const offer = (parameters = "") => `Sec-WebSocket-Extensions: permessage-deflate${parameters}`;
  const deflate = (content: string) => deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const inflate = (payload: Buffer) =>
    inflateRawSync(Buffer.concat([payload, Buffer.from("0000ffff", "hex")]), { finishFlush: constants.Z_SYNC_FLUSH });

  it.each<[string, string, string | null]>([
    ["/deflate", "", "permessage-deflate"],
    ["/deflate", "; client_max_window_bits", "permessage-deflate"],
    ["/deflate", "; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=10"],
    ["/deflate", '; client_max_window_bits="12"', "permessage-deflate; client_max_window_bits=12"],
    ["/deflate", "; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"],
    ["/deflate", "; server_max_window_bits=16", null],
    ["/deflate", "; server_max_window_bits=8", null],
    ["/deflate", "; server_max_window_bits", null],
    ["/deflate", "; unknown", null],
    ["/deflate", "; client_no_context_takeover; client_no_context_takeover", null],
    ["/deflate", "; unknown, permessage-deflate", "permessage-deflate"],
    ["/deflate", "=constructor", null],
    ["/no-takeover", "", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"],
    ["/ws", "", null],
  ])("at %s agrees to the offer %j by %j", async (path, parameters, expected) => {
    const websocket = await RawWebSocket.open(server.port, path, offer(parameters));

    const agreed = /^Sec-WebSocket-Extensions: (.*)\r$/m.exec(websocket.head)?.[1] ?? null;
    expect(agreed === null ? null : agreed.split("; ").sort()).toEqual(
      expected === null ? null : expected.split("; ").sort(),
    );
  });

  it.each(["constructor", "toString; a=1", ",,;;==", "\x01", "x-webkit-deflate-frame"])(
    "is not disturbed by %j",
    async (extensions) => {
      const websocket = await RawWebSocket.open(
        server.port,
        "/deflate",
        `Sec-WebSocket-Extensions: ${extensions}`,
      ).catch(() => null);

      expect(websocket?.head ?? "HTTP/1.1 400 ").toMatch(/^HTTP\/1\.1 (?:101|400) /);
    },
  );

  it.each(["/deflate", "/no-takeover"])("at %s carries messages both ways, one after the other", async (path) => {
    const websocket = await RawWebSocket.open(server.port, path, offer());

    for (const content of ["", "Hello", long(50_000), "Hello"]) {
      websocket.send(frame(1, deflate(content), { rsv: 4 }));
      const answer = (await websocket.read())!;
      if (path === "/no-takeover") {
        const shown = answer.rsv === 4 ? inflate(answer.payload) : answer.payload;
        expect(shown.toString()).toBe(content);
      } else {
        expect(answer.rsv).toBe(4);
      }
    }
  });

  it("takes messages in pieces, and ones that are not compressed", async () => {
    const websocket = await RawWebSocket.open(server.port, "/no-takeover", offer());
    const bytes = deflate("Hello");

    websocket.send(
      frame(1, bytes.subarray(0, 3), { rsv: 4, isFinal: false }),
      frame(0, bytes.subarray(3)),
      text("plain"),
      bye,
    );

    expect(await websocket.transcript()).toEqual(["text Hello", "text plain", "close 1000"]);
  });

  it.each<[string, () => Buffer, string]>([
    ["a bomb", () => frame(1, deflate(long(5_000_000)), { rsv: 4 }), "close 1009"],
    ["what is no deflate", () => frame(1, Buffer.from("ffffffff", "hex"), { rsv: 4 }), "close 1007"],
    ["a compressed ping", () => frame(9, deflate("x"), { rsv: 4 }), "close 1002"],
    [
      "text that is no UTF-8",
      () =>
        frame(1, deflateRawSync(Buffer.from([0xfe]), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4), {
          rsv: 4,
        }),
      "close 1007",
    ],
  ])("refuses %s", async (_, make, expected) => {
    const websocket = await RawWebSocket.open(server.port, "/deflate", offer());
    websocket.send(make());

    expect(await websocket.transcript()).toEqual([expected]);
  });
});
