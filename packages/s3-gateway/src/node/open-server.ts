import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { InvalidValueError } from "@sluice/semaphore";

/** A certificate and its key, and what else Node's `tls` takes of them. */
export interface TlsOptions {
  /** PEM: the private key. */
  readonly key: string | Uint8Array;
  /** PEM: the certificate, with those between it and its root behind it. */
  readonly cert: string | Uint8Array;
  /** Of the key. */
  readonly passphrase?: string | undefined;
  /** `"TLSv1.2"` if left out. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3" | undefined;
}

/** What a connection may cost. Times in milliseconds. */
export interface ListenOptions {
  /** How many connections may be open; one more is closed at once. 4,096 if left out. */
  readonly maxConnections?: number | undefined;
  /** How long an idle connection is kept for its next request. 65,000 if left out. */
  readonly keepAliveTimeout?: number | undefined;
  /** In which the headers of a request, and a TLS handshake, must be over. 20,000 if left out. */
  readonly headersTimeout?: number | undefined;
  /** Bytes of the request line and the headers; more are answered with 431. 16,384 if left out. */
  readonly maxHeaderSize?: number | undefined;
  /** How many requests one connection may make before it is closed behind its answer. 10,000 if left out. */
  readonly maxRequestsPerSocket?: number | undefined;
  /** Left out, it is plain HTTP. */
  readonly tls?: TlsOptions | undefined;
}

const LONGEST = 2 ** 31 - 1;

/** A server that does not listen yet. Throws `ERR_INVALID_VALUE`, and what is wrong with a certificate. */
export function openServer(options: ListenOptions): Server | TlsServer {
  const { keepAliveTimeout = 65_000, headersTimeout = 20_000, tls } = options;
  const { maxConnections = 4_096, maxHeaderSize = 16_384, maxRequestsPerSocket = 10_000 } = options;
  for (const [name, value] of Object.entries({ keepAliveTimeout, headersTimeout })) {
    check(name, value, 1, LONGEST);
  }
  check("maxConnections", maxConnections, 1, LONGEST);
  check("maxHeaderSize", maxHeaderSize, 1_024, 2 ** 20);
  check("maxRequestsPerSocket", maxRequestsPerSocket, 1, LONGEST);
  const settings = {
    keepAliveTimeout,
    headersTimeout,
    maxHeaderSize,
    // How often Node looks whose headers are late; its own 30 seconds would let them be that much later.
    connectionsCheckingInterval: Math.max(50, Math.min(5_000, headersTimeout / 4)),
    // A large upload over a slow line takes as long as it takes: the gateway gives up those that stand still.
    requestTimeout: 0,
    // Who has vanished without a word is noticed.
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
  const server =
    tls === undefined
      ? createServer(settings)
      : createTlsServer({ ...settings, ...secureContext(tls), handshakeTimeout: headersTimeout });
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  // Beyond a number of headers Node drops them without a word; they are bounded by their size, and counted by us.
  server.maxHeadersCount = 0;
  return server;
}

/** As Node has it: what is left out is not there. */
export const secureContext = ({ key, cert, passphrase, minVersion = "TLSv1.2" }: TlsOptions) => ({
  key: asText(key),
  cert: asText(cert),
  minVersion,
  ...(passphrase === undefined ? {} : { passphrase }),
});

const asText = (pem: string | Uint8Array): string =>
  typeof pem === "string" ? pem : Buffer.from(pem).toString();

/** Resolves when the server listens; rejects with why it does not. */
export function listenOn(server: Server, port: number, hostname = "127.0.0.1"): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function check(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new InvalidValueError(what, value, `an integer from ${least} to ${most}`);
}
