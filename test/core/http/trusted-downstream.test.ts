import { describe, expect, it } from "vitest";
import { HTTPHeaders } from "../../../src/core/http/headers.js";
import { networks, originBehindProxy, plainAddress } from "../../../src/core/http/trusted-downstream.js";

const peer = { remoteIp: "127.0.0.1", protocol: "http" };

function origin(headers: Record<string, string>, trusted: string[] = []) {
  const found = originBehindProxy(new HTTPHeaders(headers), peer, networks("trustedDownstream", trusted));
  return [found.remoteIp, found.protocol];
}

describe("originBehindProxy", () => {
  // Reference rows of section 4 and SV2; Tornado's own XHeaderTest.
  it.each<[Record<string, string>, string[], [string, string]]>([
    [{}, [], ["127.0.0.1", "http"]],
    [{ "X-Real-Ip": "4.4.4.4" }, [], ["4.4.4.4", "http"]],
    [{ "X-Forwarded-For": "127.0.0.1, 4.4.4.4" }, [], ["4.4.4.4", "http"]],
    [{ "X-Forwarded-For": "4.4.4.4, 5.5.5.5", "X-Real-Ip": "6.6.6.6" }, [], ["6.6.6.6", "http"]],
    [{ "X-Forwarded-For": "4.4.4.4, 5.5.5.5" }, ["5.5.5.5"], ["4.4.4.4", "http"]],
    [{ "X-Forwarded-For": "4.4.4.4, 5.5.5.5, 10.1.2.3" }, ["5.5.5.5", "10.0.0.0/8"], ["4.4.4.4", "http"]],
    [{ "X-Forwarded-For": "5.5.5.6, 5.5.5.5" }, ["5.5.5.0/24"], ["5.5.5.6", "http"]],
    [{ "X-Real-Ip": "2620:0:1cfe:face:b00c::3" }, [], ["2620:0:1cfe:face:b00c::3", "http"]],
    [{ "X-Real-Ip": "4.4.4.4<script>" }, [], ["127.0.0.1", "http"]],
    [{ "X-Forwarded-For": "4.4.4.4, 5.5.5.5<script>" }, [], ["127.0.0.1", "http"]],
    [{ "X-Real-Ip": "www.google.com" }, [], ["127.0.0.1", "http"]],
    [{ "X-Real-Ip": "127.1" }, [], ["127.0.0.1", "http"]],
    [{ "X-Scheme": "https" }, [], ["127.0.0.1", "https"]],
    [{ "X-Forwarded-Proto": "https" }, [], ["127.0.0.1", "https"]],
    [{ "X-Scheme": "http", "X-Forwarded-Proto": "https" }, [], ["127.0.0.1", "http"]],
    [{ "X-Forwarded-Proto": "https, http" }, [], ["127.0.0.1", "http"]],
    [{ "X-Forwarded-Proto": "http,https " }, [], ["127.0.0.1", "https"]],
    [{ "X-Scheme": "HTTPS" }, [], ["127.0.0.1", "http"]],
    [{ "X-Scheme": "unknown" }, [], ["127.0.0.1", "http"]],
    [{ X_Real_Ip: "4.4.4.4", X_Scheme: "https" }, [], ["127.0.0.1", "http"]],
  ])("reads %j, trusting %j", (headers, trusted, expected) => {
    expect(origin(headers, trusted)).toEqual(expected);
  });
});

describe("plainAddress", () => {
  it.each([
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["10.0.0.1", "10.0.0.1"],
    ["::1", "::1"],
    [undefined, "0.0.0.0"],
  ])("writes %j as %j", (address, expected) => {
    expect(plainAddress(address)).toBe(expected);
  });
});
