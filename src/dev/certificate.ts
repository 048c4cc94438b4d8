/** Makes the certificate of `tornado dev --https`: signed by itself, for this machine only, kept for the next time. */

import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { TornadoError, toError } from "../core/errors.js";

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const DAYS = 365;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Gives the certificate in a folder, or makes one there.
 *
 * @param hosts - Names and addresses besides localhost that it is for.
 * @throws TornadoError `NO_OPENSSL` when there is none and the program that makes them is not installed.
 */
export async function certificateIn(folder: string, hosts: readonly string[]): Promise<Certificate> {
  const certFile = join(folder, "cert.pem");
  const keyFile = join(folder, "key.pem");
  const names = [...new Set(["localhost", "127.0.0.1", "::1", ...hosts])];
  const known = read(certFile, keyFile);
  if (known !== undefined && isUsable(known, names)) return known;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const alternatives = names.map((name) => `${/^[\d.]+$|:/.test(name) ? "IP" : "DNS"}:${name}`).join(",");
  const args = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    String(DAYS),
  ];
  const subject = ["-subj", "/CN=localhost", "-addext", `subjectAltName=${alternatives}`];
  try {
    await promisify(execFile)("openssl", [...args, ...subject, "-keyout", keyFile, "-out", certFile]);
  } catch (error) {
    throw opensslError(toError(error));
  }
  chmodSync(keyFile, 0o600);
  const made = read(certFile, keyFile);
  if (made === undefined) throw opensslError(new Error("it wrote no files"));
  return made;
}

function read(certFile: string, keyFile: string): Certificate | undefined {
  try {
    return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  } catch {
    return undefined;
  }
}

function isUsable({ cert }: Certificate, names: readonly string[]): boolean {
  try {
    const parsed = new X509Certificate(cert);
    const isFor = (name: string) =>
      (/^[\d.]+$|:/.test(name) ? parsed.checkIP(name) : parsed.checkHost(name)) !== undefined;
    return Date.parse(parsed.validTo) > Date.now() + DAY_MS && names.every(isFor);
  } catch {
    return false;
  }
}

function opensslError(cause: Error): TornadoError {
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  return isMissing
    ? new TornadoError(
        "NO_OPENSSL",
        'The program "openssl", which makes the certificate, is not installed. Install it, or leave out --https.',
        { cause },
      )
    : new TornadoError(
        "NO_CERTIFICATE",
        `openssl could not make a certificate: ${cause.message.trim()}. Leave out --https.`,
        { cause },
      );
}
