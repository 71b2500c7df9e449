import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** S3's code of an error. */
  readonly code: string | undefined;
}

/** A connection on which a test writes the very bytes that it means. */
export class RawConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake = (): void => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    const changed = (): void => this.#wake();
    socket.on("data", (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      changed();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      changed();
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, "127.0.0.1");
    const connection = new RawConnection(socket);
    await once(socket, "connect");
    return connection;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(bytes: Uint8Array | string): void {
    this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** One byte at a time, each in a write of its own. */
  async trickle(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#closed; at++) {
      await new Promise<void>((resolve) => {
        this.#socket.write(bytes.subarray(at, at + 1), () => resolve());
      });
    }
  }

  /** No more is sent; what comes back is still read. */
  end(): void {
    this.#socket.end();
  }

  /** The next answer, or undefined if the connection has ended without one. */
  async answer(method = "PUT"): Promise<RawAnswer | undefined> {
    for (;;) {
      const head = this.#received.indexOf("\r\n\r\n");
      if (head >= 0) {
        const lines = this.#received.subarray(0, head).toString("latin1").split("\r\n");
        const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(lines[0]!)?.[1]);
        const headers = Object.fromEntries(
          lines
            .slice(1)
            .map((line) => [line.split(":")[0]!.toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
        );
        const bare = method === "HEAD" || status === 204 || status === 304 || status < 200;
        const length = bare ? 0 : Number(headers["content-length"] ?? 0);
        const end = head + 4 + length;
        if (this.#received.length >= end) {
          const text = this.#received.subarray(head + 4, end).toString();
          this.#received = this.#received.subarray(end);
          if (status === 100) continue;
          return { status, headers, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] };
        }
      }
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Resolves when the other side has closed it. */
  async untilClosed(): Promise<void> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** The head of a request. */
export const head = (
  method: string,
  target: string,
  headers: Readonly<Record<string, string | number>>,
): string =>
  [
    `${method} ${target} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\r\n");
