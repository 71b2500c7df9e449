import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { S3Client } from "@aws-sdk/client-s3";
import type { ObjectStore, StoreLimits } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { type FetchStoreOptions, fetchStore } from "@sluice/s3-fetch";
import { type NodeTransportOptions, nodeStore } from "@sluice/s3-fetch/node";

export const KINDS = ["fetch", "node", "aws"] as const;
export type Kind = (typeof KINDS)[number];

/** A request as its bytes come in. */
export class RawRequest {
  /** The request line and the headers, as they were sent. */
  readonly head: string;
  readonly #socket: Socket;
  readonly #pieces: Buffer[] = [];
  #received = 0;
  #wake = (): void => {};
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;

  constructor(head: string, socket: Socket) {
    this.head = head;
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      if (socket.destroyed) resolve();
      else socket.once("close", () => resolve());
    });
  }

  get method(): string {
    return this.head.slice(0, this.head.indexOf(" "));
  }

  get target(): string {
    return this.head.split(" ")[1] ?? "";
  }

  header(name: string): string | undefined {
    return new RegExp(`^${name}: *(.*)$`, "im").exec(this.head)?.[1]?.trim();
  }

  get received(): number {
    return this.#received;
  }

  get body(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  /** Bytes that its head promises. */
  get length(): number {
    return Number(this.header("content-length") ?? 0);
  }

  take(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#received += bytes.byteLength;
    this.#wake();
  }

  /** Waits until that much of the body is here; all of it if left out. */
  async has(bytes = this.length): Promise<void> {
    while (this.#received < bytes) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Writes these very bytes of an answer. */
  write(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  answer(status: number, headers: Readonly<Record<string, string | number>> = {}, body = ""): void {
    const lines = Object.entries({ "content-length": Buffer.byteLength(body), ...headers });
    this.write(`HTTP/1.1 ${status} X\r\n${lines.map(([n, v]) => `${n}: ${v}\r\n`).join("")}\r\n${body}`);
  }

  refuse(status: number, code: string, headers: Readonly<Record<string, string>> = {}): void {
    this.answer(
      status,
      { "content-type": "application/xml", ...headers },
      `<Error><Code>${code}</Code></Error>`,
    );
  }

  /** Breaks the connection off. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  end(): void {
    this.#socket.end();
  }
}

/** A server of raw bytes in the place of a store, to see what comes over the wire, and when. */
export class RawUpstream {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #requests: RawRequest[] = [];
  readonly #closers: (() => void)[] = [];
  #wake = (): void => {};
  /** All requests that have begun. */
  count = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<RawUpstream> {
    const upstream = new RawUpstream();
    upstream.#server.listen(0, "127.0.0.1");
    await once(upstream.#server, "listening");
    return upstream;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next request, as soon as its head is here. */
  async next(): Promise<RawRequest> {
    while (this.#requests.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#requests.shift()!;
  }

  /** A store that asks this server. */
  store(kind: Kind, more: Partial<FetchStoreOptions> & NodeTransportOptions = {}): ObjectStore {
    const credentials = { accessKeyId: "UPSTREAM", secretAccessKey: "upstream-secret" };
    const options = { endpoint: this.endpoint, region: "us-east-1", credentials, ...more };
    if (kind === "fetch") return fetchStore(options);
    if (kind === "node") {
      const store = nodeStore(options);
      this.#closers.push(() => store.close());
      return store;
    }
    const { endpoint = this.endpoint } = more;
    const client = new S3Client({
      endpoint,
      region: "us-east-1",
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
    });
    this.#closers.push(() => client.destroy());
    const limits: Partial<StoreLimits> | undefined = more.limits;
    return awsStore(client, { limits, trailers: more.quirks?.trailers });
  }

  async close(): Promise<void> {
    for (const close of this.#closers) close();
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => this.#sockets.delete(socket));
    let pending = Buffer.alloc(0);
    let request: RawRequest | undefined;
    socket.on("data", (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      while (pending.byteLength > 0) {
        if (request === undefined || request.received >= request.length) {
          const end = pending.indexOf("\r\n\r\n");
          if (end < 0) return;
          request = new RawRequest(pending.toString("latin1", 0, end), socket);
          pending = pending.subarray(end + 4);
          this.count++;
          this.#requests.push(request);
          this.#wake();
        }
        const rest = request.length - request.received;
        if (rest > 0 && pending.byteLength > 0) request.take(pending.subarray(0, rest));
        pending = pending.subarray(rest);
      }
    });
  }
}
