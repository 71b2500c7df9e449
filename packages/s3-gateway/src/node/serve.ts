import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Gateway } from "@sluice/s3-gateway";
import { handle } from "./handle.js";

//  listening ──close──▶ closing ──the last stream has ended, or the grace is over──▶ closed

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Where to listen. The loopback address if left out. */
  readonly hostname?: string | undefined;
  /** Milliseconds that an idle connection is kept for its next request. 65,000 if left out. */
  readonly keepAliveTimeout?: number | undefined;
  /** Milliseconds in which the headers of a request must have arrived. 60,000 if left out. */
  readonly headersTimeout?: number | undefined;
  /** Milliseconds that `close` lets the streams in progress go on. 10,000 if left out. */
  readonly graceTimeout?: number | undefined;
}

export interface Serving {
  /** Such as `http://127.0.0.1:9000`. */
  readonly url: string;
  readonly port: number;
  /**
   * Takes no more requests, and waits for those in progress.
   *
   * - **Order:** idle connections are closed at once, the others as they finish.
   * - **Abort:** none; what has not finished in the grace time is cut off.
   * - **Errors:** never rejects. Calling it again waits for the same end.
   */
  close(): Promise<void>;
}

/**
 * Serves a gateway over HTTP.
 *
 * - **Order:** resolves when connections are accepted.
 * - **Abort:** none.
 * - **Errors:** the server's own, such as `EADDRINUSE`.
 *
 * @example
 * ```ts
 * const serving = await serve(gateway, { port: 9000 });
 * ```
 */
export async function serve(gateway: Pick<Gateway, "fetch">, options: ServeOptions): Promise<Serving> {
  const { port, hostname = "127.0.0.1", graceTimeout = 10_000 } = options;
  const server = createServer({
    keepAliveTimeout: options.keepAliveTimeout ?? 65_000,
    headersTimeout: options.headersTimeout ?? 60_000,
    // A large upload over a slow line takes as long as it takes: the gateway gives up those that stand still.
    requestTimeout: 0,
  });
  let closed: Promise<void> | undefined;
  const onRequest = (request: IncomingMessage, response: ServerResponse, asksFirst: boolean): void => {
    // A connection that becomes idle while the server closes has no next request to wait for.
    response.once("close", () => closed && server.closeIdleConnections());
    void handle(gateway, request, response, asksFirst);
  };
  server.on("request", (request, response) => onRequest(request, response, false));
  // Handled, or Node itself would ask for the body before there is room for it.
  server.on("checkContinue", (request, response) => onRequest(request, response, true));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${host}:${address.port}`,
    port: address.port,
    close: () => {
      closed ??= close(server, graceTimeout);
      return closed;
    },
  };
}

async function close(server: Server, graceTimeout: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const grace = setTimeout(() => server.closeAllConnections(), graceTimeout);
  await closed;
  clearTimeout(grace);
}
