/** TLS options of a stream: those of node:tls, and PEM files by name as Tornado takes them. */

import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocketOptions } from "node:tls";
import { TornadoError, toError } from "../errors.js";

/** TLS: everything that `node:tls` takes, or the names of PEM files. */
export interface StreamSSLOptions extends SecureContextOptions, Omit<TLSSocketOptions, keyof SecureContextOptions> {
  /** PEM file of the certificate, with those of the authorities between. */
  readonly certFile?: string;
  /** PEM file of its private key. */
  readonly keyFile?: string;
  /** PEM file of the authorities to believe, instead of those that Node knows. */
  readonly caCerts?: string;
  /** Checks the other end's certificate. A client does by default; a server does when `requestCert` is true. */
  readonly rejectUnauthorized?: boolean;
}

/**
 * Reads the files.
 *
 * @throws TornadoError `BAD_SSL_OPTIONS` when a file cannot be read.
 */
export function readSslFiles(options: StreamSSLOptions): Omit<StreamSSLOptions, "certFile" | "keyFile" | "caCerts"> {
  const { certFile, keyFile, caCerts, ...rest } = options;
  return {
    ...rest,
    ...(certFile === undefined ? undefined : { cert: readPem("certFile", certFile) }),
    ...(keyFile === undefined ? undefined : { key: readPem("keyFile", keyFile) }),
    ...(caCerts === undefined ? undefined : { ca: readPem("caCerts", caCerts) }),
  };
}

/**
 * Makes the context that connections with the same options can share.
 *
 * @throws TornadoError `BAD_SSL_OPTIONS` when a file cannot be read, or the key does not belong to the certificate.
 */
export function sslOptionsToContext(options: StreamSSLOptions): SecureContext {
  const read = readSslFiles(options);
  if (read.secureContext !== undefined) return read.secureContext;
  try {
    return createSecureContext(read);
  } catch (error) {
    throw new TornadoError(
      "BAD_SSL_OPTIONS",
      `The TLS options are not usable: ${toError(error).message}. Check that the key belongs to the certificate.`,
      { cause: error },
    );
  }
}

function readPem(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TornadoError(
      "BAD_SSL_OPTIONS",
      `${path} cannot be read (${toError(error).message}). Check "${name}" in the TLS options.`,
      { cause: error },
    );
  }
}
