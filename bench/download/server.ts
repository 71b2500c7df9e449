import { createHash, randomFillSync } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WARM_UP } from "./plan.js";

// node server.js CONFIG: an S3 with objects of any size, made up as they are read: /bucket/BYTES has so many of them. Says
// {"endpoint"} when it listens, and what was read when stdin has ended.

export interface ServerConfig {
  /** Bytes a second of each connection; 0 for as many as it takes. */
  readonly rate: number;
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

export interface Listening {
  readonly endpoint: string;
  /** SHA-256 of the object of `WARM_UP` bytes, in hex. */
  readonly digest: string;
}

export interface Served {
  /** Requests that were answered with bytes. */
  readonly requests: number;
  readonly connections: number;
}

const PERIOD = 2 ** 20 - 7;
const SLICE = 64 * 1024;

const config = JSON.parse(process.argv[2]!) as ServerConfig;
setTimeout(() => process.exit(3), config.deadline).unref();

// Twice the period, so that a slice at any place is one view.
const content = Buffer.alloc(2 * PERIOD);
randomFillSync(content, 0, PERIOD).copy(content, PERIOD, 0, PERIOD);

const bytesAt = (at: number, length: number): Buffer => {
  const from = at % PERIOD;
  return content.subarray(from, from + Math.min(length, PERIOD));
};

let requests = 0;
let connections = 0;
const freeAt = new WeakMap<Socket, number>();

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const size = Number(new URL(request.url!, "http://server").pathname.split("/").at(-1));
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from ?? 0);
  const end = Math.min(to ? Number(to) : size - 1, size - 1);
  response.writeHead(from === undefined ? 200 : 206, {
    "accept-ranges": "bytes",
    "content-length": end - start + 1,
    "content-type": "application/octet-stream",
    etag: `"${size.toString(16).padStart(32, "0")}"`,
    "last-modified": "Sat, 01 Jan 2000 00:00:00 GMT",
    "x-amz-request-id": "0123456789ABCDEF",
    ...(from === undefined ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === "HEAD") return void response.end();
  requests++;
  const socket = request.socket;
  let wake = (): void => undefined;
  for (const event of ["drain", "close"]) response.on(event, () => wake());
  for (let at = start; at <= end && !response.destroyed; ) {
    const slice = bytesAt(at, Math.min(SLICE, end - at + 1));
    at += slice.length;
    if (config.rate > 0) await paced(socket, slice.length);
    if (!response.write(slice) && !response.destroyed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  response.end();
}

/** Waits until the connection may have so many bytes more. */
async function paced(socket: Socket, bytes: number): Promise<void> {
  const now = performance.now();
  const free = Math.max(freeAt.get(socket) ?? now, now - 20);
  freeAt.set(socket, free + (bytes / config.rate) * 1_000);
  if (free > now) await new Promise((resolve) => setTimeout(resolve, free - now));
}

function digest(): string {
  const hash = createHash("sha256");
  for (let at = 0; at < WARM_UP; at += SLICE) hash.update(bytesAt(at, SLICE));
  return hash.digest("hex");
}

const server = createServer((request, response) => void serve(request, response));
server.on("connection", () => connections++);
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  const words: Listening = { endpoint: `http://127.0.0.1:${port}`, digest: digest() };
  process.stdout.write(`${JSON.stringify(words)}\n`);
});

// Also when whoever started this is gone.
process.stdin.resume().once("close", () => {
  process.stdout.write(`${JSON.stringify({ requests, connections } satisfies Served)}\n`, () =>
    process.exit(0),
  );
});
