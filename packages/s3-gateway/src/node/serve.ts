import type { AddressInfo } from "node:net";
import { type AdminOptions, startAdmin } from "./admin.js";
import { Doorway } from "./doorway.js";
import { type ListenOptions, listenOn, openServer, type TlsOptions } from "./open-server.js";
import type { Served } from "./served.js";

//  listening ──close──▶ closing ──the last stream has ended, or the grace is over──▶ closed
//
//  While it closes, who waits for the budget is told 503, kept connections are closed behind their next answer, and the
//  health endpoint says that it is not ready. That one goes last.

export interface ServeOptions extends ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Where to listen. The loopback address if left out. */
  readonly hostname?: string | undefined;
  /** Milliseconds that `close` lets the streams in progress go on. 10,000 if left out. */
  readonly graceTimeout?: number | undefined;
  /** Health and metrics, on a port of their own, so that they hide no bucket. None if left out. */
  readonly admin?: AdminOptions | undefined;
}

export interface Serving extends AsyncDisposable {
  /** Such as `http://127.0.0.1:9000`. */
  readonly url: string;
  readonly port: number;
  /** Where health and metrics are, if anywhere. */
  readonly adminUrl: string | undefined;
  /** How many connections are open, and how many were turned away because there were too many. */
  readonly connections: number;
  readonly dropped: number;
  /** Uses another certificate from the next connection on. Throws if it is none, and without `tls`; then nothing has changed. */
  reload(tls: TlsOptions): void;
  /**
   * Takes no more connections, and waits for the requests in progress.
   *
   * - **Order:** who waits for the budget is told 503 at once, idle connections are closed, the others as they finish.
   * - **Abort:** none; what has not finished in the grace time is cut off.
   * - **Errors:** never rejects. Calling it again waits for the same end.
   */
  close(): Promise<void>;
}

/**
 * Serves a gateway over HTTP/1.1, or HTTPS.
 *
 * - **Order:** resolves when connections are accepted.
 * - **Abort:** none.
 * - **Errors:** the server's own, such as `EADDRINUSE`; `ERR_INVALID_VALUE`.
 *
 * @example
 * ```ts
 * await using serving = await serve(gateway, { port: 9000, admin: { port: 9001 } });
 * ```
 */
export async function serve(gateway: Served, options: ServeOptions): Promise<Serving> {
  const { port, hostname, graceTimeout = 10_000, tls } = options;
  const server = openServer(options);
  const doorway = new Doorway(server, gateway);
  await listenOn(server, port, hostname);
  const admin = options.admin && (await startAdmin(options.admin, gateway, doorway).catch(leave));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= doorway.close(graceTimeout).then(() => admin?.close());
    return closed;
  };

  async function leave(cause: unknown): Promise<never> {
    await doorway.close(0);
    throw cause;
  }

  return {
    url: urlOf(tls === undefined ? "http" : "https", server.address() as AddressInfo),
    port: (server.address() as AddressInfo).port,
    adminUrl: admin && urlOf("http", admin.address),
    get connections() {
      return doorway.connections;
    },
    get dropped() {
      return doorway.dropped;
    },
    reload: (next) => doorway.reload(next),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const urlOf = (scheme: string, { address, family, port }: AddressInfo): string =>
  `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
