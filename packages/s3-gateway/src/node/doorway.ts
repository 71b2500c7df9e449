import { setMaxListeners } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import { InvalidValueError } from "@sluice/semaphore";
import { handle } from "./handle.js";
import { secureContext, type TlsOptions } from "./open-server.js";
import type { Served } from "./served.js";

//  open ──close──▶ closing: no new connections, nobody waits for the budget any more ──the last has ended──▶ closed
//                    └──the grace is over──▶ the others are cut off ──▶ closed

/** Who comes in through a server, and how they leave. */
export class Doorway {
  /** Connections that were turned away. */
  dropped = 0;
  readonly #server: Server;
  readonly #closing = new AbortController();
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, gateway: Served) {
    this.#server = server;
    // One for each request that waits: they are bounded by the gateway.
    setMaxListeners(0, this.#closing.signal);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("drop", () => {
      this.dropped++;
    });
    const onRequest = (request: IncomingMessage, response: ServerResponse, asksFirst: boolean): void => {
      // A connection that becomes idle while the server closes has no next request to wait for.
      response.once("close", () => this.isClosing && server.closeIdleConnections());
      void handle(gateway, request, response, { asksFirst, closing: this.#closing.signal });
    };
    server.on("request", (request, response) => onRequest(request, response, false));
    // Handled, or Node itself would ask for the body before there is room for it.
    server.on("checkContinue", (request, response) => onRequest(request, response, true));
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  get isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  reload(tls: TlsOptions): void {
    if (!(this.#server instanceof TlsServer)) {
      throw new InvalidValueError("tls", undefined, "given to serve, to be another one later");
    }
    this.#server.setSecureContext(secureContext(tls));
  }

  /** Never rejects. */
  async close(graceTimeout: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#closing.abort();
    const grace = setTimeout(() => this.#cutOff(), graceTimeout);
    await closed;
    clearTimeout(grace);
  }

  // Not only those that Node knows requests of: a TLS handshake is none.
  #cutOff(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
  }
}
