import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Upstream } from "../gateway.js";

/** A request that a gateway has sent on, as it comes in. */
export class Passed {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  received = 0;
  /** Settles when the connection is gone, or the answer sent. */
  readonly closed: Promise<unknown>;
  #wake = (): void => {};

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.closed = once(response, "close");
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => {
      this.received += chunk.byteLength;
      this.#wake();
    });
  }

  /**
   * Waits for that much of the body.
   *
   * - **Order:** one call at a time.
   * - **Abort:** cannot be stopped.
   * - **Errors:** none.
   */
  async has(bytes: number): Promise<void> {
    while (this.received < bytes) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** A server in the place of a store, with credentials that it gives when the test says so. */
export interface Scripted {
  readonly upstream: Upstream;
  /** The next request to the store. */
  next(): Promise<Passed>;
  /** The next that asks for credentials. */
  asked(): Promise<Passed>;
  close(): Promise<void>;
}

/**
 * Starts one. With `atOnce`, credentials are given at once.
 *
 * - **Order:** resolves when connections are accepted.
 * - **Abort:** cannot be stopped.
 * - **Errors:** the server's own.
 */
export async function openUpstream({ atOnce }: { readonly atOnce: boolean }): Promise<Scripted> {
  const requests = queue<Passed>();
  const asked = queue<Passed>();
  const server = createServer((request, response) => {
    const passed = new Passed(request, response);
    if (request.url !== "/credentials") return requests.put(passed);
    if (atOnce) return give(passed);
    asked.put(passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    upstream: { endpoint, credentialsAt: `${endpoint}/credentials` },
    next: requests.take,
    asked: asked.take,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers who asks for credentials. */
export function give({ response }: Passed): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ accessKeyId: "UPSTREAM", secretAccessKey: "upstream-secret" }));
}

function queue<T>(): { put(item: T): void; take(): Promise<T> } {
  const items: T[] = [];
  let wake = (): void => {};
  return {
    put(item) {
      items.push(item);
      wake();
    },
    async take() {
      while (items.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return items.shift()!;
    },
  };
}
